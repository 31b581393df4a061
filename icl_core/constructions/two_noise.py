"""Two layers that are the optimal ridge regression at two noise levels (paper 2, Theorem 5.2).

Here inputs are x ~ N(0, I_d / n), so that Sigma = sum x x^T tends to I as n grows, while
w ~ N(0, I_d) and xi ~ N(0, sigma^2) keep their size. The optimal w(sigma) = (Sigma + sigma^2 I)^-1
alpha tends to alpha / (1 + sigma^2): all that is left to do is to shrink alpha, by a factor that
depends on a noise level nobody tells.

Layer 1, omega_yx alone: w^1 = -omega_yx alpha, and the residuals y^1 = y - <w^1, x> have the sum of
squares lam^1 = n sigma^2 (1 + O(1/sqrt n)): the noise contributes n sigma^2, w, w^1 and alpha only
what has the size of |w|^2, which does not grow with n. (So the scale of w does not matter.)
Layer 2, omega_yy alone, multiplies targets and so w by 1 + omega_yy lam^1:
    w^2 = -(1 + omega_yy lam^1) omega_yx alpha  ->  -(1 + n sigma^2 omega_yy) omega_yx alpha.
With A = -omega_yx and B = -n omega_yy omega_yx that is (A + B sigma^2) alpha: a line in sigma^2
through 1 / (1 + sigma^2) at two places, so
    B = -1 / ((1 + sigma_1^2)(1 + sigma_2^2)),   A = -(1 + sigma_1^2 + sigma_2^2) B,
    n omega_yy = B / A = -1 / (1 + sigma_1^2 + sigma_2^2),   omega_yx = -A.
For one level only (sigma_1 = sigma_2) the line is the tangent.

In the units of all other tasks here (x ~ N(0, I), y = <w, x> + xi) the same prompt has noise
sqrt(n) sigma, and every omega is divided by n.
"""

import math
from dataclasses import dataclass

import numpy as np

from icl_core.models.linear import LinearTransformer, block_diagonal
from icl_core.validation import Config, integer, number, required


@dataclass(frozen=True, kw_only=True)
class TwoNoise(Config):
    """The construction for two noise levels and n examples, in the theorem's units."""

    low: float = required(number, "The lower noise level sigma_1", "sigma")
    high: float = required(number, "The higher noise level sigma_2", "sigma")
    num_context: int = required(integer, "The context length n", "num_context")

    @property
    def omega_yx(self) -> float:
        """Of layer 1."""
        total = 1 + self.low**2 + self.high**2
        return -total / ((1 + self.low**2) * (1 + self.high**2))

    @property
    def omega_yy(self) -> float:
        """Of layer 2."""
        return -1 / (self.num_context * (1 + self.low**2 + self.high**2))

    def limit(self, sigma: float) -> float:
        """What alpha is multiplied by as n grows."""
        return -(1 + self.num_context * sigma**2 * self.omega_yy) * self.omega_yx


def two_noise_model(method: TwoNoise, *, dim: int) -> LinearTransformer:
    """The construction for tokens (x, y) with x ~ N(0, I / n).

    Layer 1: P = diag(0, omega_yx), Q = diag(I, 0); layer 2: P = diag(0, omega_yy), Q = diag(0, 1).
    """
    P = block_diagonal(np.zeros((2, 1)), np.array([[method.omega_yx], [method.omega_yy]]), dim)
    Q = block_diagonal(np.array([[1.0], [0.0]]), np.array([[0.0], [1.0]]), dim)
    return LinearTransformer(P=P, Q=Q)


def of_unit_inputs(sigma: float, num_context: int) -> float:
    """The theorem's noise level for prompts with x ~ N(0, I) and noise `sigma`."""
    return sigma / math.sqrt(num_context)
