"""Prompts of a linear task that are rare on purpose, and what each of them counts.

A deep model is a polynomial of a high degree in the moments of its prompt: it may err by thousands
on the one prompt in 100,000 with unusually large inputs, weights or noise, and such prompts decide
its mean loss. Some of the prompts drawn here are therefore wider than the task's in one of the ways
of `kinds_of`; weighting all of them by the balance heuristic (Veach and Guibas 1995) leaves every
expectation as it is.
"""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from icl_core.tasks.base import Seed
from icl_core.tasks.inputs import GaussianInputs
from icl_core.tasks.linear import LinearTask, Moments, Prompts, draw_prompts

EVERY = 16
"""The kinds take turns over so many prompts."""
DEVIATIONS = 6.0
"""Standard deviations by which the mean of a widened sum of squares lies beyond that of the
task."""
RAREST = 1e-5
"""Where a mean is judged, prompts of a weight below it are left out, which together come up less
than once in 1 / RAREST prompts: of a polynomial of a high degree the mean over all of them is
decided by what nobody will ever see."""
QUIET = 1e-6
"""Noise below this share of E y^2 is not widened: its energy drowns in rounding."""


class Kind(NamedTuple):
    """A way of being wide: of every EVERY prompts `turns`; factors on w, on x and on the noise;
    whether those on w and x are along one axis, in turn, or along all."""

    turns: int
    w: float
    x: float
    noise: float
    along: bool


def kinds_of(task: LinearTask) -> tuple[Kind, ...]:
    """What is drawn beside the task's own prompts; inputs that are not Gaussian keep their width,
    for the ratio of their densities has no simple form."""
    n, gaussian = task.num_context, isinstance(task.inputs, GaussianInputs)
    one = _factor(n) if gaussian else 1.0
    every = _factor(n * task.dim) if gaussian else 1.0
    return (
        Kind(turns=2, w=1.6, x=1.0, noise=1.0, along=False),
        Kind(turns=2, w=2.0, x=one, noise=1.0, along=True),
        Kind(turns=2, w=1.4, x=every, noise=1.0, along=False),
        Kind(turns=1, w=1.3, x=1.0, noise=_factor(n), along=False),
    )


def rare_prompts(
    task: LinearTask, seed: Seed, count: int
) -> tuple[Prompts, Float[np.ndarray, "count"]]:
    """`count` prompts and their weights p / q, whose mean is 1; deterministic in `seed`.

    All prompts of weight below t together come up with a probability below t among the task's own.
    """
    kinds, turn = kinds_of(task), np.arange(count) % EVERY
    axis = np.arange(count) // EVERY % task.dim
    w_scale, x_scale = np.ones((count, task.dim)), np.ones((count, task.dim))
    noise_scale, first = np.ones(count), 0
    for kind in kinds:
        rows = np.flatnonzero((turn >= first) & (turn < first + kind.turns))
        first += kind.turns
        where: Any = (rows, axis[rows]) if kind.along else rows
        w_scale[where], x_scale[where], noise_scale[rows] = kind.w, kind.x, kind.noise
    drawn = draw_prompts(task, seed, count, x_scale=x_scale, w_scale=w_scale)
    loud = np.asarray(drawn.sigma) ** 2 > QUIET * task.target_variance
    prompts, energy = _louder(drawn, np.where(loud, noise_scale, 1.0))
    return prompts, 1 / _density_ratio(task, kinds, prompts, energy, loud)


def _factor(count: int) -> float:
    """The width at which the mean of a sum of `count` squares is DEVIATIONS further out."""
    return float(np.sqrt(1 + DEVIATIONS * np.sqrt(2 / count)))


def _louder(prompts: Prompts, scale: np.ndarray) -> tuple[Prompts, np.ndarray]:
    """The prompts with their noise times `scale`, and |xi|^2."""
    Sigma, w = np.asarray(prompts.moments.Sigma), np.asarray(prompts.w)
    Sigma_w = (Sigma @ w[..., None])[..., 0]
    Xt_xi = np.asarray(prompts.moments.alpha) - Sigma_w
    signal, mixed = np.sum(w * Sigma_w, axis=-1), np.sum(w * Xt_xi, axis=-1)
    energy = np.maximum(np.asarray(prompts.moments.lam) - signal - 2 * mixed, 0) * scale**2
    moments = Moments(
        Sigma=Sigma,
        alpha=Sigma_w + scale[:, None] * Xt_xi,
        lam=signal + 2 * scale * mixed + energy,
    )
    return replace(prompts, moments=moments), energy


def _density_ratio(
    task: LinearTask, kinds: tuple[Kind, ...], prompts: Prompts, energy: np.ndarray, loud: Any
) -> np.ndarray:
    """q / p: 1 + sum over kinds of share (q_kind / p - 1).

    With s a width, q_kind / p is s^-k exp(1/2 (1 - s^-2) |v|^2) for the k Gaussian numbers v that
    it widens.
    """

    def log_ratio(width: float, count: Any, squares: np.ndarray) -> np.ndarray:
        return 0.5 * (1 - width**-2) * squares - count * np.log(width)

    n, d = task.num_context, task.dim
    w_squares = np.asarray(prompts.w) ** 2
    x_squares = np.diagonal(np.asarray(prompts.moments.Sigma), axis1=-2, axis2=-1)
    x_squares = x_squares / task.query_variances
    noise_squares = energy / np.where(loud, np.asarray(prompts.sigma), 1.0) ** 2
    found = np.ones(len(energy))
    for kind in kinds:
        if kind.along:
            ratios = log_ratio(kind.x, n, x_squares) + log_ratio(kind.w, 1, w_squares)
            ratio = np.exp(ratios).mean(-1)
        else:
            inputs = log_ratio(kind.x, n * d, x_squares.sum(-1))
            noise = np.where(loud, log_ratio(kind.noise, n, noise_squares), 0.0)
            ratio = np.exp(log_ratio(kind.w, d, w_squares.sum(-1)) + inputs + noise)
        found += kind.turns / EVERY * (ratio - 1)
    return found
