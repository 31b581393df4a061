"""All that follows gamma, at any of its values and numbers of layers (lesson: spectrum)."""

from dataclasses import dataclass

import numpy as np

from icl_core.analysis.spectrum import condition_numbers, transform
from icl_core.lessons.gdpp_spectrum.config import MANY, MAX_LAYERS, PROMPTS
from icl_core.lessons.gdpp_spectrum.figures import passage as plots
from icl_core.lessons.gdpp_spectrum.figures.passage import Passage
from icl_core.lessons.gdpp_spectrum.measure import Hessians, Survey, survey_at, survey_of

CURVE = 160
"""Points of the map."""
REACH = 1.75
"""Of the map's axis, over the largest eigenvalue: the second root of f comes into sight."""
SPREAD = (0.1, 0.5, 0.9)
"""Quantiles over prompts."""


@dataclass(frozen=True, kw_only=True)
class Moving:
    """A passage whose arrays begin with [gammas, layers], and kappa [gammas, layers]."""

    passage: Passage
    kappa_before: float
    kappa: np.ndarray

    def at(self, place: tuple[int, int]) -> Passage:
        """One of its states."""
        own = {
            name: value[place]
            for name in (
                "curve_y",
                "after",
                "heights_after",
                "peak",
                "root",
                "share_after",
                "gamma",
                "median",
                "spread_after",
            )
            if (value := getattr(self.passage, name)) is not None
        }
        return Passage(**{**vars(self.passage), **own})


def everywhere(hessians: Hessians, prompt: int) -> Moving:
    """At all gammas of the grid, for 1 to MAX_LAYERS layers."""
    depths = range(1, MAX_LAYERS + 1)
    return _moving(hessians, prompt, hessians.gammas, depths, survey_of(hessians))


def at(hessians: Hessians, prompt: int, gamma: float, layers: int) -> Moving:
    """At one gamma and number of layers, exactly."""
    gammas, depths = np.array([gamma]), range(layers, layers + 1)
    return _moving(hessians, prompt, gammas, depths, survey_at(hessians, gammas, depths))


def _moving(
    hessians: Hessians, prompt: int, gammas: np.ndarray, depths: range, survey: Survey
) -> Moving:
    """What is shown of a prompt (from 1 on) or of MANY, for each gamma and each number of layers.

    Of many, the eigenvalues are medians over prompts of the smallest, the next, and so on.
    """
    values = hessians.eigenvalues
    many = prompt == MANY
    before = np.median(values, axis=0) if many else values[prompt - 1]
    x = np.linspace(0, float(before[-1]) * REACH, CURVE)
    column = gammas[:, None]

    def through(part: np.ndarray) -> np.ndarray:
        stacked = np.tile(part, (len(gammas), 1))
        return np.stack([transform(stacked, column, depth) for depth in depths], axis=1)

    after = through(before)
    peak, root = _landmarks(column, depths)
    spread_before, spread_after = _spreads(values, gammas, depths) if many else (None, None)
    passage = Passage(
        curve_x=x,
        curve_y=through(x),
        before=before,
        after=after,
        heights_before=plots.relative(before) if spread_before is None else spread_before[1],
        heights_after=plots.relative(after) if spread_after is None else spread_after[..., 1, :],
        spread_before=None if spread_before is None else spread_before[::2],
        spread_after=None if spread_after is None else spread_after[..., ::2, :],
        peak=peak,
        root=root,
        edges=survey.edges,
        share_before=survey.before,
        share_after=survey.shares,
        gamma=column * np.ones(len(depths)),
        median=survey.medians,
        who=f"{PROMPTS:,} prompts" if many else "one prompt",
    )
    if many:
        start = float(np.median(condition_numbers(values)))
        return Moving(passage=passage, kappa_before=start, kappa=survey.medians)
    own = condition_numbers(np.concatenate([before[None], after.reshape(-1, len(before))]))
    return Moving(
        passage=passage, kappa_before=float(own[0]), kappa=own[1:].reshape(after.shape[:-1])
    )


def _landmarks(column: np.ndarray, depths: range) -> tuple[np.ndarray, np.ndarray]:
    """Peak and second root of one layer's map; far away for more layers and for gamma = 0."""
    there = (column > 1e-9) & np.array([depth == 1 for depth in depths])
    inverse = 1 / np.where(there, column, 1.0)
    peak = np.stack([inverse / 3, 4 / 27 * inverse], axis=-1)
    root = np.stack([inverse, 0 * inverse], axis=-1)
    return np.where(there[..., None], peak, plots.FAR), np.where(there[..., None], root, plots.FAR)


def _spreads(
    eigenvalues: np.ndarray, gammas: np.ndarray, depths: range
) -> tuple[np.ndarray, np.ndarray]:
    """`_spread` before, and after for each gamma and number of layers."""
    rows = np.ascontiguousarray(eigenvalues.T)
    after = [
        np.stack([_spread(transform(rows, gamma, depth)) for depth in depths]) for gamma in gammas
    ]
    return _spread(rows), np.stack(after)


def _spread(rows: np.ndarray) -> np.ndarray:
    """Quantiles over prompts of relative eigenvalues, [3, d]; `rows` are [d, prompts]."""
    places = [round(share * (rows.shape[1] - 1)) for share in SPREAD]
    return np.partition(rows / np.maximum(rows.max(0), 1e-300), places, axis=1)[:, places].T
