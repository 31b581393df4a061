"""P and Q of a linear transformer that runs GD or GD++ from w = 0."""

import numpy as np

from icl_core.algorithms.descent import GDPlusPlus, GradientDescent
from icl_core.models.linear import LinearTransformer, diagonal_model


def gradient_descent_model(
    method: GradientDescent, *, dim: int, num_context: int
) -> LinearTransformer:
    """One layer per step: P = diag(0, -eta/n), Q = diag(I_d, 0) (paper 1, Proposition 1, W_0 = 0).

    The sign is that of paper 2, whose layer adds P G Q e: targets become residuals.
    """
    zeros = (0.0,) * len(method.etas)
    return gdpp_model(GDPlusPlus(etas=method.etas, gammas=zeros), dim=dim, num_context=num_context)


def gdpp_model(method: GDPlusPlus, *, dim: int, num_context: int) -> LinearTransformer:
    """One layer per step: P = diag(-gamma I_d, -eta/n), Q = diag(I_d, 0) (paper 1, A.10)."""
    eta = np.asarray(method.etas)[:, None]
    gamma = np.asarray(method.gammas)[:, None]
    ones, zeros = np.ones_like(eta), np.zeros_like(eta)
    return diagonal_model(p_x=-gamma, p_y=-eta / num_context, q_x=ones, q_y=zeros, dim=dim)
