"""Noisy linear regression in context (paper 2, section 2), as tokens or as second moments.

w ~ N(0, I_d); x_i, i = 1..n, from the input law, N(0, I_d) unless said otherwise;
y_i = <w, x_i> + xi_i, xi_i ~ N(0, sigma_tau^2) with sigma_tau constant within a prompt. The query
x_t, of the same law as the x_i, is never drawn: losses are exact over it (see `analysis.loss`).
Paper 1 has uniform inputs and no noise.
"""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct
from jaxtyping import Float

from icl_core.arrays import Array, Key, Scalar, namespace
from icl_core.errors import InputError
from icl_core.tasks.base import Context, Draw, Seed
from icl_core.tasks.inputs import (
    STANDARD,
    GaussianInputs,
    InputLaw,
    inputs_from_dict,
    inputs_to_dict,
)
from icl_core.tasks.noise import FixedNoise, NoiseLaw, noise_from_dict, noise_to_dict
from icl_core.validation import Config, integer, mapping, required

MAX_DRAWN_CONTEXT = 10_000
"""Longest context of inputs that are drawn token by token."""
BLOCK = 4_000_000
"""Numbers of tokens drawn at a time: memory stays flat."""


@dataclass(frozen=True, kw_only=True)
class LinearTask(Config):
    """Input dimension d, context length n, noise law and input law of a problem."""

    dim: int = required(integer, "The dimension d", "dim")
    num_context: int = required(integer, "The context length n", "num_context")
    noise: NoiseLaw
    inputs: InputLaw = STANDARD

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.inputs, GaussianInputs) and self.num_context > MAX_DRAWN_CONTEXT:
            raise InputError(
                f"The context length n is {self.num_context}: inputs that are not Gaussian are "
                f"drawn token by token, {MAX_DRAWN_CONTEXT} at most; lower n."
            )

    @property
    def query_variances(self) -> Float[np.ndarray, "dim"]:
        """E x_j^2 of each coordinate of an input."""
        return self.inputs.variances(self.dim)

    def draw(
        self,
        seed: Seed | np.random.Generator,
        count: int,
        queries: int = 1,
        dtype: type[np.float32 | np.float64] = np.float64,
    ) -> Draw:
        """`count` prompts by their tokens, with queries and the noiseless <w, x> at them.

        `draw_prompts` draws others, by their moments, and much faster.
        """
        if self.num_context > MAX_DRAWN_CONTEXT:
            raise InputError(
                f"The context length n is {self.num_context}: what is drawn token by token has "
                f"{MAX_DRAWN_CONTEXT} at most; lower n."
            )
        rng = np.random.default_rng(seed)
        X, asked = (
            self.inputs.draw(rng, (count, number, self.dim), dtype)
            for number in (self.num_context, queries)
        )
        w = rng.standard_normal((count, self.dim), dtype)
        sigma = np.asarray(self.noise.quantile(rng.random(count)), dtype)
        xi = sigma[:, None] * rng.standard_normal((count, self.num_context), dtype)
        y = np.einsum("bnd,bd->bn", X, w) + xi
        truth = np.einsum("bqd,bd->bq", asked, w)
        return Draw(context=Tokens(X=X, y=y, sigma=sigma, w=w), queries=asked, truth=truth)

    @property
    def target_variance(self) -> float:
        """E y^2 = sum_j E x_j^2 + E sigma_tau^2."""
        return float(self.query_variances.sum()) + self.noise.second_moment

    def to_dict(self) -> dict[str, Any]:
        """Inputs N(0, I_d) are left out, as in files from before there were others."""
        inputs = {} if self.inputs == STANDARD else {"inputs": inputs_to_dict(self.inputs)}
        return {
            "dim": self.dim,
            "num_context": self.num_context,
            "noise": noise_to_dict(self.noise),
        } | inputs

    @classmethod
    def from_dict(cls, values: Any) -> "LinearTask":
        given = mapping("The task", values)
        laws: dict[str, Any] = {"noise": noise_from_dict(given.get("noise"))}
        if "inputs" in given:
            laws["inputs"] = inputs_from_dict(given["inputs"])
        return super().from_dict(given | laws)


@struct.dataclass
class Moments:
    """All that an attention layer sees of a context.

    Sigma [..., d, d] = sum x x^T; alpha [..., d] = sum y x; lam [...] = sum y^2.
    """

    Sigma: Float[Array, "*batch dim dim"]
    alpha: Float[Array, "*batch dim"]
    lam: Float[Array, "*batch"]

    def gram(self) -> Float[Array, "*batch dim+1 dim+1"]:
        """G = sum e e^T with e = (x, y)."""
        xp = namespace(self)
        top = xp.concatenate([self.Sigma, self.alpha[..., None]], axis=-1)
        bottom = xp.concatenate([self.alpha, self.lam[..., None]], axis=-1)
        return xp.concatenate([top, bottom[..., None, :]], axis=-2)


@struct.dataclass
class Prompts:
    """A batch of prompts by their moments, with what was hidden from the learner.

    moments [batch]; sigma [batch], the noise level; w [batch, d], the true weights;
    num_context, n.
    """

    moments: Moments
    sigma: Float[Array, "batch"]
    w: Float[Array, "batch dim"]
    num_context: Scalar


@struct.dataclass
class Tokens(Context):
    """A batch of contexts with what was hidden from the learner: sigma [batch], w [batch, d]."""

    sigma: Float[Array, "batch"]
    w: Float[Array, "batch dim"]


def sample_tokens(
    rng_key: Key,
    sigma: Float[Array, "batch"],
    *,
    dim: int,
    num_context: int,
    inputs: InputLaw = STANDARD,
) -> Tokens:
    """Contexts of n tokens with the given noise levels."""
    keys = jax.random.split(rng_key, 3)
    batch, dtype = sigma.shape[0], sigma.dtype
    X = inputs.sample(keys[0], (batch, num_context, dim), dtype)
    w = jax.random.normal(keys[1], (batch, dim), dtype)
    xi = sigma[:, None] * jax.random.normal(keys[2], (batch, num_context), dtype)
    return Tokens(X=X, y=jnp.einsum("bnd,bd->bn", X, w) + xi, sigma=sigma, w=w)


def moments_of(X: Float[Array, "*batch n dim"], y: Float[Array, "*batch n"]) -> Moments:
    """Second moments of given tokens."""
    xp = namespace(X, y)
    return Moments(Sigma=X.mT @ X, alpha=xp.vecmat(y, X), lam=xp.vecdot(y, y))


def prompts_of(context: Context) -> Prompts:
    """The same prompts by their moments; what a bare context hides, sigma and w, is NaN."""
    X, y = context.X, context.y
    if not isinstance(context, Tokens):
        unknown = namespace(X).full_like(X[:, 0], np.nan)
        context = Tokens(X=X, y=y, sigma=unknown[:, 0], w=unknown)
    return Prompts(
        moments=moments_of(X, y),
        sigma=context.sigma,
        w=context.w,
        num_context=X.dtype.type(X.shape[1]),
    )


def draw_prompts(
    task: LinearTask, seed: Seed, count: int, *, x_scale: Any = 1.0, w_scale: Any = 1.0
) -> Prompts:
    """`count` float64 prompts of a task, noise levels included.

    Deterministic in `seed`; numpy's generators draw chi-square variates thirty times as fast as
    JAX's on a CPU, and compile nothing. `x_scale` and `w_scale` (up to [count, d]) multiply the
    coordinates of all inputs and of the true weights. Gaussian inputs with n > d are drawn without
    tokens (`_bartlett`).
    """
    rng = np.random.default_rng(seed)
    sigma = np.asarray(task.noise.quantile(rng.random(count)))
    w = rng.standard_normal((count, task.dim)) * w_scale
    if isinstance(task.inputs, GaussianInputs):
        Sigma, Xt_xi, noise_energy = _bartlett(task, rng, sigma)
    else:
        Sigma, Xt_xi, noise_energy = _by_tokens(task, rng, sigma)
    if np.ndim(x_scale):
        scale = np.broadcast_to(x_scale, w.shape)
        Sigma, Xt_xi = scale[:, :, None] * Sigma * scale[:, None], scale * Xt_xi
    Sigma_w = (Sigma @ w[..., None])[..., 0]
    lam = np.sum(w * (Sigma_w + 2 * Xt_xi), axis=-1) + noise_energy
    moments = Moments(Sigma=Sigma, alpha=Sigma_w + Xt_xi, lam=lam)
    n = np.float64(task.num_context)
    return Prompts(moments=moments, sigma=sigma, w=w, num_context=n)


def at_levels(
    task: LinearTask, seed: Seed, sigmas: Float[np.ndarray, "levels"], count: int = 1
) -> Prompts:
    """`count` prompts, each at several noise levels: the same inputs, weights and noise but for
    its size.

    Level by level: rows count k to count (k + 1) are what `draw_prompts` draws from `seed` at the
    fixed level sigmas[k]. alpha is linear in sigma and lam quadratic.
    """
    unit = draw_prompts(task.replace(noise=FixedNoise(value=1.0)), seed, count)
    Sigma, w = np.asarray(unit.moments.Sigma), np.asarray(unit.w)
    Sigma_w = (Sigma @ w[..., None])[..., 0]
    Xt_xi = np.asarray(unit.moments.alpha) - Sigma_w
    signal, mixed = np.sum(w * Sigma_w, axis=-1), np.sum(w * Xt_xi, axis=-1)
    energy = np.asarray(unit.moments.lam) - signal - 2 * mixed
    levels = len(sigmas)
    level = np.asarray(sigmas, np.float64)[:, None]
    alpha = Sigma_w + level[..., None] * Xt_xi
    return Prompts(
        moments=Moments(
            Sigma=np.tile(Sigma, (levels, 1, 1)),
            alpha=alpha.reshape(-1, task.dim),
            lam=np.ravel(signal + 2 * level * mixed + level**2 * energy),
        ),
        sigma=np.repeat(level, count),
        w=np.tile(w, (levels, 1)),
        num_context=unit.num_context,
    )


def _bartlett(
    task: LinearTask, rng: np.random.Generator, sigma: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sigma, X^T xi and |xi|^2 of Gaussian inputs, without tokens where n > d.

    Bartlett's decomposition: Sigma = T T^T with T lower triangular, T_ii^2 ~ chi2(n - i + 1) for
    i = 1..d and N(0, 1) below the diagonal; X^T xi = sigma T z and |xi|^2 = sigma^2 (|z|^2 + c)
    with z ~ N(0, I_d), c ~ chi2(n - d). The cost does not depend on n. For n <= d, where the
    decomposition does not hold, the rows of T^T are the n tokens themselves, below d - n rows of
    zeros, and z is the noise. Inputs N(0, C) have C^(1/2) T in the place of T.
    """
    d, n, count = task.dim, task.num_context, len(sigma)
    z = rng.standard_normal((count, d))
    T = np.zeros((count, d, d))
    if n > d:
        rows, columns = np.tril_indices(d, -1)
        T[:, rows, columns] = rng.standard_normal((count, len(rows)))
        squares = rng.chisquare(np.append(n - np.arange(d), n - d), (count, d + 1))
        T[:, range(d), range(d)] = np.sqrt(squares[:, :d])
        rest = squares[:, d]
    else:
        T[:, :, :n] = rng.standard_normal((count, d, n))
        z[:, n:] = 0
        rest = np.zeros(count)
    if task.inputs != STANDARD:
        T *= np.sqrt(task.query_variances)[:, None]
    Xt_xi = sigma[:, None] * (T @ z[..., None])[..., 0]
    return T @ T.mT, Xt_xi, sigma**2 * (np.sum(z * z, axis=-1) + rest)


def _by_tokens(
    task: LinearTask, rng: np.random.Generator, sigma: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sigma, X^T xi and |xi|^2 of any inputs, from tokens drawn and forgotten block by block."""
    d, n, count = task.dim, task.num_context, len(sigma)
    Sigma, Xt_xi, energy = np.empty((count, d, d)), np.zeros((count, d)), np.zeros(count)
    size = max(1, BLOCK // (n * d))
    for first in range(0, count, size):
        rows = slice(first, first + size)
        X = task.inputs.draw(rng, (len(sigma[rows]), n, d))
        Sigma[rows] = X.mT @ X
        if sigma[rows].any():
            xi = sigma[rows, None] * rng.standard_normal(X.shape[:2])
            Xt_xi[rows] = (xi[:, None] @ X)[:, 0]
            energy[rows] = np.sum(xi * xi, axis=-1)
    return Sigma, Xt_xi, energy
