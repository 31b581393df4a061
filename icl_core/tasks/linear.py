"""Noisy linear regression in context (paper 2, section 2), as tokens or as second moments.

w ~ N(0, I_d); x_i ~ N(0, I_d), i = 1..n; y_i = <w, x_i> + xi_i, xi_i ~ N(0, sigma_tau^2) with
sigma_tau constant within a prompt. The query x_t ~ N(0, I_d) is never drawn: losses are exact over
it (see `analysis.loss`).
"""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct
from jaxtyping import Array, Float

from icl_core.arrays import Key, in_float64
from icl_core.tasks.noise import FixedNoise, NoiseLaw, noise_from_dict, noise_to_dict
from icl_core.validation import Config, integer, mapping

Seed = int | tuple[int, ...]
"""Of numpy's generators: (seed, stream, index) names independent streams."""


@dataclass(frozen=True, kw_only=True)
class LinearTask(Config):
    """Input dimension d, context length n and noise law of a problem."""

    dim: int
    num_context: int
    noise: NoiseLaw

    def __post_init__(self) -> None:
        self._set(
            dim=integer("The dimension d", self.dim, "dim"),
            num_context=integer("The context length n", self.num_context, "num_context"),
        )

    def to_dict(self) -> dict[str, Any]:
        return {
            "dim": self.dim,
            "num_context": self.num_context,
            "noise": noise_to_dict(self.noise),
        }

    @classmethod
    def from_dict(cls, values: Any) -> "LinearTask":
        given = mapping("The task", values)
        return super().from_dict(given | {"noise": noise_from_dict(given.get("noise"))})


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
        top = jnp.concatenate([self.Sigma, self.alpha[..., None]], axis=-1)
        bottom = jnp.concatenate([self.alpha, self.lam[..., None]], axis=-1)
        return jnp.concatenate([top, bottom[..., None, :]], axis=-2)


@struct.dataclass
class Prompts:
    """A batch of prompts by their moments, with what was hidden from the learner.

    moments [batch]; sigma [batch], the noise level; w [batch, d], the true weights;
    num_context, n (a scalar array, so that another n costs no compilation).
    """

    moments: Moments
    sigma: Float[Array, "batch"]
    w: Float[Array, "batch dim"]
    num_context: Float[Array, ""]


@struct.dataclass
class Tokens:
    """A batch of prompts by their tokens: X [batch, n, d], y [batch, n], sigma [batch], w."""

    X: Float[Array, "batch n dim"]
    y: Float[Array, "batch n"]
    sigma: Float[Array, "batch"]
    w: Float[Array, "batch dim"]


def sample_tokens(
    rng_key: Key, sigma: Float[Array, "batch"], *, dim: int, num_context: int
) -> Tokens:
    """Contexts of n tokens with the given noise levels."""
    keys = jax.random.split(rng_key, 3)
    batch, dtype = sigma.shape[0], sigma.dtype
    X = jax.random.normal(keys[0], (batch, num_context, dim), dtype)
    w = jax.random.normal(keys[1], (batch, dim), dtype)
    xi = sigma[:, None] * jax.random.normal(keys[2], (batch, num_context), dtype)
    return Tokens(X=X, y=jnp.einsum("bnd,bd->bn", X, w) + xi, sigma=sigma, w=w)


def moments_of(X: Float[Array, "*batch n dim"], y: Float[Array, "*batch n"]) -> Moments:
    """Second moments of given tokens."""
    return Moments(
        Sigma=jnp.einsum("...ni,...nj->...ij", X, X),
        alpha=jnp.einsum("...n,...ni->...i", y, X),
        lam=jnp.einsum("...n,...n->...", y, y),
    )


def prompts_of(tokens: Tokens) -> Prompts:
    """The same prompts by their moments."""
    return Prompts(
        moments=moments_of(tokens.X, tokens.y),
        sigma=tokens.sigma,
        w=tokens.w,
        num_context=jnp.asarray(tokens.X.shape[1], tokens.X.dtype),
    )


@in_float64
def draw_prompts(
    task: LinearTask, seed: Seed, count: int, *, x_scale: Any = 1.0, w_scale: Any = 1.0
) -> Prompts:
    """`count` float64 prompts of a task, noise levels included, drawn without tokens where n > d.

    Deterministic in `seed`; numpy's generators draw chi-square variates thirty times as fast as
    JAX's on a CPU, and compile nothing. `x_scale` and `w_scale` (up to [count, d]) multiply the
    coordinates of all inputs and of the true weights.

    Bartlett's decomposition: Sigma = T T^T with T lower triangular, T_ii^2 ~ chi2(n - i + 1) for
    i = 1..d and N(0, 1) below the diagonal; X^T xi = sigma T z and |xi|^2 = sigma^2 (|z|^2 + c)
    with z ~ N(0, I_d), c ~ chi2(n - d). The cost does not depend on n. For n <= d, where the
    decomposition does not hold, the rows of T^T are the n tokens themselves, below d - n rows of
    zeros, and z is the noise.
    """
    d, n = task.dim, task.num_context
    rng = np.random.default_rng(seed)
    sigma = np.asarray(task.noise.quantile(jnp.asarray(rng.random(count))))
    w = rng.standard_normal((count, d)) * w_scale
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
    T *= np.broadcast_to(x_scale, (count, d))[..., None]
    Sigma = T @ T.mT
    Xt_xi = sigma[:, None] * (T @ z[..., None])[..., 0]
    Sigma_w = (Sigma @ w[..., None])[..., 0]
    noise_energy = sigma**2 * (np.sum(z * z, axis=-1) + rest)
    lam = np.sum(w * (Sigma_w + 2 * Xt_xi), axis=-1) + noise_energy
    moments = Moments(Sigma=Sigma, alpha=Sigma_w + Xt_xi, lam=lam)  # type: ignore[arg-type]
    return Prompts(moments=moments, sigma=sigma, w=w, num_context=np.float64(n))  # type: ignore[arg-type]


@in_float64
def at_levels(task: LinearTask, seed: Seed, sigmas: Float[np.ndarray, "levels"]) -> Prompts:
    """One prompt at several noise levels: the same inputs, weights and noise but for its size.

    Row k is what `draw_prompts` draws from `seed` at the fixed level sigmas[k]: alpha is linear in
    sigma and lam quadratic.
    """
    unit = draw_prompts(task.replace(noise=FixedNoise(value=1.0)), seed, 1)
    Sigma, w = np.asarray(unit.moments.Sigma[0]), np.asarray(unit.w[0])
    Xt_xi = np.asarray(unit.moments.alpha[0]) - Sigma @ w
    signal, mixed = w @ Sigma @ w, w @ Xt_xi
    energy = float(unit.moments.lam[0]) - signal - 2 * mixed
    sigma = np.asarray(sigmas, np.float64)
    return Prompts(
        moments=Moments(
            Sigma=np.broadcast_to(Sigma, (len(sigma), *Sigma.shape)),  # type: ignore[arg-type]
            alpha=Sigma @ w + sigma[:, None] * Xt_xi,  # type: ignore[arg-type]
            lam=signal + 2 * sigma * mixed + sigma**2 * energy,  # type: ignore[arg-type]
        ),
        sigma=sigma,  # type: ignore[arg-type]
        w=np.broadcast_to(w, (len(sigma), task.dim)),  # type: ignore[arg-type]
        num_context=unit.num_context,
    )


def embedded(prompts: Prompts, dim: int) -> Prompts:
    """The same prompts among `dim` dimensions, of which all but their own hold nothing.

    So that prompts of several dimensions share one shape and one compiled program.
    """
    moments = prompts.moments
    more = dim - moments.alpha.shape[-1]
    return prompts.replace(  # type: ignore[attr-defined]
        moments=Moments(
            Sigma=np.pad(moments.Sigma, ((0, 0), (0, more), (0, more))),  # type: ignore[arg-type]
            alpha=np.pad(moments.alpha, ((0, 0), (0, more))),  # type: ignore[arg-type]
            lam=moments.lam,
        ),
        w=np.pad(prompts.w, ((0, 0), (0, more))),
    )
