"""AdaRR found step by step: what a layer of a transformer is compared with."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array

from icl_core.algorithms.ridge import Spectrum, spectrum
from icl_core.arrays import WeightPath
from icl_core.tasks.linear import Prompts
from icl_core.validation import Config, integer


@dataclass(frozen=True, kw_only=True)
class IterativeAdaRR(Config):
    """AdaRR by gradient descent, for the noise estimate and for the ridge solution at once.

    Each iteration takes a step on least squares, v <- v + eta (alpha - Sigma v), reads the noise
    off its residuals, s = (lam - 2 <v, alpha> + v^T Sigma v) / (n - d), and takes a step on ridge
    regression of that strength, w <- w + eta' (alpha - (Sigma + s I) w), from v = w = 0. The steps
    are the best constant ones for the prompt's largest and smallest eigenvalue of Sigma,
    eta = 2 / (l_1 + l_d) and eta' = 2 / (l_1 + l_d + 2 s). Undefined (NaN) for n <= d.

    Source: paper 2, section 5, which names the method and gives no step sizes.
    """

    steps: int

    name = "iterative_rr"

    def __post_init__(self) -> None:
        self._set(steps=integer("The number of iterations", self.steps, (1, 1000)))

    def weight_path(self, prompts: Prompts) -> WeightPath:
        """[steps+1, batch, d], from w = 0."""
        return _descend(spectrum(prompts.moments), prompts.num_context, self.steps)


@partial(jax.jit, static_argnames="steps")
def _descend(eigen: Spectrum, num_context: Any, steps: int) -> WeightPath:
    """In the eigenbasis of Sigma, where every coordinate descends alone."""
    values, a = eigen.eigenvalues, eigen.a
    ends = values[:, :1] + values[:, -1:]
    dof = num_context - a.shape[-1]

    def step(state: tuple[Array, Array], _: None) -> tuple[Any, Array]:
        v, w = state
        v = v + 2 / jnp.where(ends > 0, ends, 1) * (a - values * v)
        residuals = eigen.lam - jnp.sum(v * (2 * a - values * v), axis=-1)
        noise = jnp.maximum(residuals, 0) / jnp.maximum(dof, 1)
        s = jnp.where(dof > 0, noise, jnp.nan)[:, None]
        total = ends + 2 * s
        w = w + 2 / jnp.where(total == 0, 1, total) * (a - (values + s) * w)
        return (v, w), w

    start = jnp.zeros_like(a)
    _, path = jax.lax.scan(step, (start, start), length=steps)
    return jnp.einsum("nij,knj->kni", eigen.U, jnp.concatenate([start[None], path]))
