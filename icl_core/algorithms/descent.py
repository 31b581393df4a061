"""Gradient methods in weight space: what the layers of a linear transformer are compared with.

The objective of a prompt is 1/(2n) sum_i (<w, x_i> - y_i)^2, as in paper 1. All start at w = 0.
"""

from dataclasses import dataclass

import numpy as np

from icl_core.arrays import Array, WeightPath, eye_like, namespace, numpy_or_xla, scan
from icl_core.models.predictor import Method
from icl_core.tasks.linear import Prompts
from icl_core.validation import Config, integer, number, required

Pair = tuple[Array, Array]


def _steps(name: str, values: tuple[float, ...] | float, limits: str) -> tuple[float, ...]:
    given = values if isinstance(values, (list, tuple)) else (values,)
    integer("The number of steps", len(given), (1, 1000))
    return tuple(number(name, value, limits) for value in given)


@dataclass(frozen=True, kw_only=True)
class GradientDescent(Config, Method):
    """w <- w + (eta_k / n) (alpha - Sigma w) for each step size eta_k (paper 1, equation 5)."""

    etas: tuple[float, ...] = required(_steps, "The step size eta", "eta")

    name = "gd"

    def weight_path(self, prompts: Prompts) -> WeightPath:
        """[K+1, batch, d], from w = 0."""
        return gradient_descent(prompts, np.asarray(self.etas, prompts.sigma.dtype))


@dataclass(frozen=True, kw_only=True)
class GDPlusPlus(Config, Method):
    """Gradient descent whose inputs are also transformed, x <- (I - gamma_k Sigma) x, each step.

    Sigma is that of the inputs of the step, gamma is not divided by n (paper 1, appendix A.10).
    """

    etas: tuple[float, ...] = required(_steps, "The step size eta", "eta")
    gammas: tuple[float, ...] = required(_steps, "The preconditioning strength gamma", "gamma")

    name = "gdpp"

    def __post_init__(self) -> None:
        super().__post_init__()
        integer("The number of gammas", len(self.gammas), (len(self.etas), len(self.etas)))

    def weight_path(self, prompts: Prompts) -> WeightPath:
        """[K+1, batch, d], from w = 0."""
        dtype = prompts.sigma.dtype
        return gdpp(prompts, np.asarray(self.etas, dtype), np.asarray(self.gammas, dtype))


def gradient_descent(prompts: Prompts, etas: Array) -> WeightPath:
    """Weights after 0..K steps of gradient descent with step sizes eta_k, [K+1, batch, d]."""
    return gdpp(prompts, etas, 0 * etas)


@numpy_or_xla
def gdpp(prompts: Prompts, etas: Array, gammas: Array) -> WeightPath:
    """Weights after 0..K steps of GD++, [K+1, batch, d].

    With x^k = M x: w <- w + (eta_k/n) M^T M (alpha - Sigma w), then
    M <- (I - gamma_k M Sigma M^T) M.
    """
    xp = namespace(prompts, etas)
    Sigma, alpha = prompts.moments.Sigma, prompts.moments.alpha

    def step(state: Pair, strengths: Pair) -> tuple[Pair, Array]:
        w, M = state
        eta, gamma = strengths
        gradient = alpha - xp.matvec(Sigma, w)
        w = w + eta / prompts.num_context * xp.matvec(M.mT, xp.matvec(M, gradient))
        return (w, M - gamma * (M @ Sigma @ M.mT) @ M), w

    start = xp.zeros_like(alpha)
    _, path = scan(step, (start, eye_like(Sigma)), (etas, gammas), len(etas))
    return xp.concatenate([start[None], path])
