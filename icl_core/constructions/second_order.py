"""GD++ as a second-order method (paper 2, Theorem 5.1).

A GD++ layer turns every eigenvalue lambda of Sigma into lambda (1 - gamma lambda)^2. Nothing is
learned about w in the first layers: they only bring the eigenvalues together, and the last layer
takes one step of gradient descent on inputs whose condition number kappa is nearly 1.

All is told in eps = kappa - 1, the excess of the condition number, which has full relative
precision however near to 1 kappa comes. With gamma lambda_max = 1/3 the map rises up to lambda_max,
so that the largest eigenvalue stays the largest, and for any two eigenvalues
    lambda_max / lambda = 1 + eps  becomes  1 + eps^2 (3 + 4 eps) / (2 + 3 eps)^2:
4/9 of itself where eps is large, 3/4 eps^2 where it is small.

`best` takes the gamma that leaves the smallest kappa, which the paper does not do: it sends both
ends of the spectrum to the same value, below a peak at 1/(3 gamma). With s = kappa^(-1/2) that is
gamma lambda_max = 1 / (1 + s + s^2), and kappa falls to 4/27 of itself while it is large.
"""

from dataclasses import dataclass

import numpy as np

from icl_core.models.linear import LinearTransformer, diagonal_model
from icl_core.validation import number

CONDITION = (1.0, 1e12)
"""Condition numbers that the recursions are meant for."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Schedule:
    """What L layers do to a spectrum that lies between two bounds.

    excess [L+1]: kappa - 1 of the bounds before the first layer and after each; highest [L+1]: the
    upper bound; gammas, steps [L]: gamma and eta/n of each layer, not divided by anything.
    """

    excess: np.ndarray
    highest: np.ndarray
    gammas: np.ndarray
    steps: np.ndarray


def relative_gamma(excess: np.ndarray | float, *, best: bool) -> np.ndarray:
    """gamma lambda_max of a layer: 1/3 as in the theorem, or what leaves the smallest kappa."""
    if not best:
        return np.full_like(np.asarray(excess, float), 1 / 3)
    s = 1 / np.sqrt(1 + np.asarray(excess, float))
    return 1 / (1 + s + s * s)


def excess_after(
    excess: np.ndarray, bound: np.ndarray | float, *, best: bool = False
) -> np.ndarray:
    """lambda_max / lambda - 1 after one layer, from that before; `bound` is kappa - 1 before.

    lambda_max is the upper bound of the spectrum, before and after. Exact to rounding for any
    excess from 0 up.
    """
    if not best:
        return excess**2 * (3 + 4 * excess) / (2 + 3 * excess) ** 2
    bound = np.asarray(bound, float)
    s = 1 / np.sqrt(1 + bound)
    gamma = 1 / (1 + s + s * s)
    # v = gamma lambda - 1/3, without the difference of two numbers near 1/3.
    low = (1 - s * s) / (1 + s) * (2 + s) / 3
    u, v = gamma / (1 + excess), gamma * (low - excess / (1 + excess))
    return v * v * (1 - v) / (u * (1 - u) ** 2)


def schedule(
    lowest: float, highest: float, layers: int, *, best: bool = False, every: bool = False
) -> Schedule:
    """The layers' strengths for eigenvalues between two bounds.

    The last layer takes the best gradient step there is, eta/n = 2 / (lambda_max + lambda_min) of
    its own inputs; with `every`, each layer does.
    """
    number("lambda_max", highest, (1e-9, 1e9))
    kappa = number("The condition number kappa", highest / lowest, CONDITION)
    excess, top, gammas, steps = [kappa - 1], [float(highest)], [], []
    for _ in range(layers):
        gamma = float(relative_gamma(excess[-1], best=best))
        gammas.append(gamma / top[-1])
        steps.append(2 * (1 + excess[-1]) / (top[-1] * (2 + excess[-1])))
        # The peak of the map lies inside the bounds for the best gamma, at their upper end for 1/3.
        top.append(4 / 27 / gamma * top[-1])
        excess.append(float(excess_after(np.array(excess[-1]), excess[-1], best=best)))
    steps_taken = np.array(steps)
    if not every:
        steps_taken[:-1] = 0
    return Schedule(
        excess=np.array(excess), highest=np.array(top), gammas=np.array(gammas), steps=steps_taken
    )


def second_order_model(plan: Schedule, *, dim: int) -> LinearTransformer:
    """One layer per stage: P = diag(-gamma I_d, -eta/n), Q = diag(I_d, 0)."""
    p_x, p_y = (-part[:, None] for part in (plan.gammas, plan.steps))
    ones = np.ones_like(p_x)
    return diagonal_model(p_x=p_x, p_y=p_y, q_x=ones, q_y=0 * ones, dim=dim)
