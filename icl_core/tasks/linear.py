"""Noisy linear regression in context (paper 2, section 2), as tokens or as second moments.

w ~ N(0, I_d); x_i ~ N(0, I_d), i = 1..n; y_i = <w, x_i> + xi_i, xi_i ~ N(0, sigma_tau^2) with
sigma_tau constant within a prompt. The query x_t ~ N(0, I_d) is never drawn: losses are exact over
it (see `analysis.loss`).
"""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from flax import struct
from jaxtyping import Array, Float

from icl_core.arrays import Key, in_float64, key_of
from icl_core.tasks.noise import NoiseLaw, noise_from_dict, noise_to_dict, sample_sigma
from icl_core.validation import Config, integer, mapping


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


def sample_prompts(
    rng_key: Key,
    sigma: Float[Array, "batch"],
    *,
    dim: int,
    num_context: Any,
    w_scale: Float[Array, "batch"] | None = None,
) -> Prompts:
    """Prompts with the given noise levels, drawn without tokens where n > d.

    `w_scale` draws the true weights from N(0, w_scale^2 I) instead of N(0, I).

    Bartlett's decomposition: Sigma = T T^T with T lower triangular, T_ii^2 ~ chi2(n - i + 1) for
    i = 1..d and N(0, 1) below the diagonal; X^T xi = sigma T z and |xi|^2 = sigma^2 (|z|^2 + c)
    with z ~ N(0, I_d), c ~ chi2(n - d). The cost does not depend on n, and n may be traced.
    For n <= d, where the decomposition does not hold, the rows of T^T are the n tokens themselves,
    below d - n rows of zeros, and z is the noise.
    """
    n = jnp.asarray(num_context, sigma.dtype)
    batch, dtype = sigma.shape[0], sigma.dtype
    normal_key, square_key = jax.random.split(rng_key)
    normal = jax.random.normal(normal_key, (batch, dim + 2, dim), dtype)
    normal, w, z = normal[:, :-2], normal[:, -2], normal[:, -1]
    if w_scale is not None:
        w = w * w_scale[:, None]
    rest_dof = jnp.maximum(n - dim, 1)
    dof = jnp.append(jnp.maximum(n - jnp.arange(dim), 1), rest_dof)
    squares = jax.random.chisquare(
        square_key, dof.astype(dtype), shape=(batch, dim + 1), dtype=dtype
    )
    diagonal = jnp.sqrt(squares[:, :dim, None]) * jnp.eye(dim, dtype=dtype)[None]
    few = n <= dim
    shown = (jnp.arange(dim) < n).astype(dtype)[None]
    T = jnp.where(few, normal * shown[None], jnp.tril(normal, -1) + diagonal)
    z = jnp.where(few, z * shown, z)
    rest = jnp.where(few, 0, squares[:, dim])
    Sigma = jnp.einsum("bik,bjk->bij", T, T)
    Xt_xi = sigma[:, None] * jnp.einsum("bik,bk->bi", T, z)
    Sigma_w = jnp.einsum("bij,bj->bi", Sigma, w)
    noise_energy = sigma**2 * (jnp.sum(z * z, axis=-1) + rest)
    lam = jnp.sum(w * (Sigma_w + 2 * Xt_xi), axis=-1) + noise_energy
    return Prompts(
        moments=Moments(Sigma=Sigma, alpha=Sigma_w + Xt_xi, lam=lam),
        sigma=sigma,
        w=w,
        num_context=n,
    )


_sample = jax.jit(sample_prompts, static_argnames="dim")


@in_float64
def draw_prompts(task: LinearTask, seed: int | Key, count: int) -> Prompts:
    """`count` float64 prompts of a task, noise levels included; deterministic in `seed`."""
    sigma_key, prompt_key = jax.random.split(key_of(seed))
    sigma = sample_sigma(task.noise, sigma_key, (count,))
    return _sample(prompt_key, sigma, dim=task.dim, num_context=float(task.num_context))
