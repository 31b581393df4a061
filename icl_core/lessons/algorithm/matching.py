"""Which step of which known method each layer is nearest to."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

import jax
import numpy as np

from icl_core.algorithms.accelerated import solvers
from icl_core.algorithms.ridge import ridge, spectrum
from icl_core.analysis.matching import Gaps, prediction_gaps
from icl_core.lessons.algorithm.config import SYSTEM_NAMES, Algorithm, System
from icl_core.lessons.algorithm.figures.matching import matching_figure
from icl_core.lessons.algorithm.measure import LAW, Opened, Sample
from icl_core.live import View
from icl_core.models.linear import InformationFlow, information_flow
from icl_core.plots import METHODS
from icl_core.tasks.linear import Prompts

STEPS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 24)
"""Steps of the methods that are looked at."""
STRENGTHS = (0.0, 0.1, 0.3, 1.0, 2.0, 4.0, 6.0, 12.0, 16.0, 32.0)
"""Ridge strengths that are looked at, beside E sigma^2 of the task."""


class Match(NamedTuple):
    """A method, its step (or strength), and the gap to it with its standard error."""

    method: str
    at: float
    gap: float
    error: float

    @property
    def steps(self) -> float:
        """How many steps it takes; ridge is one."""
        return 1 if self.method == "const_rr" else self.at

    @property
    def said(self) -> str:
        """The method and its step."""
        if self.method == "const_rr":
            return f"ridge regression of strength {self.at:.3g}"
        return f"step {self.at:g} of {METHODS[self.method].label}"


@dataclass(frozen=True, kw_only=True, eq=False)
class Matching:
    """Gaps of layers 1..L (rows) to the steps or strengths (columns) of every method."""

    gaps: Mapping[str, Gaps]
    strengths: tuple[float, ...]

    def columns(self, method: str) -> tuple[float, ...]:
        return self.strengths if method == "const_rr" else STEPS

    def nearest(self, layer: int) -> list[Match]:
        """What is as near to a layer (from 1) as the nearest, to two standard errors, the one of
        fewest steps first; ridge is one."""
        row = layer - 1
        found = []
        for name, gaps in self.gaps.items():
            at = int(gaps.best()[row])
            gap, error = gaps.gap[row, at], gaps.error[row, at]
            known = (float(gap), float(error)) if np.isfinite(gap) else (np.inf, 0.0)
            found.append(Match(name, self.columns(name)[at], *known))
        least = min(found, key=lambda match: match.gap)
        near = [match for match in found if match.gap <= least.gap + 2 * least.error]
        return sorted(near, key=lambda match: match.steps)


def first(prompts: Prompts, count: int) -> Prompts:
    """The first prompts of a batch."""
    moments = jax.tree.map(lambda part: part[:count], prompts.moments)
    return replace(prompts, moments=moments, sigma=prompts.sigma[:count], w=prompts.w[:count])


@lru_cache(maxsize=4)
def law_flow(opened: Opened) -> InformationFlow:
    """a, M, u, w after layer 0..L on the prompts of the task's noise. Megabytes: what is made of
    them is kept longer."""
    return information_flow(opened.model, first(opened.sample.prompts, LAW).moments)


@lru_cache(maxsize=32)
def matched(opened: Opened, system: System) -> Matching:
    """Every layer beside every step, on the prompts of the task's noise."""
    layers = np.asarray(law_flow(opened).w[1:])
    strengths = tuple(sorted({*STRENGTHS, opened.task.noise.second_moment}))
    paths = sample_paths(opened.sample, opened.task.noise.second_moment, system, strengths)
    found = {name: prediction_gaps(layers, path) for name, path in paths.items()}
    return Matching(gaps=found, strengths=strengths)


@lru_cache(maxsize=8)
def sample_paths(
    sample: Sample, mean_square: float, system: System, strengths: tuple[float, ...]
) -> dict[str, np.ndarray]:
    """`known_paths` on the prompts of the task's noise, E sigma^2 being `mean_square`."""
    prompts = first(sample.prompts, LAW)
    squares = np.asarray(prompts.sigma) ** 2
    shares = {"ridge": mean_square, "oracle": squares, "ols": 0.0}
    return known_paths(prompts, shares[system], strengths)


def known_paths(
    prompts: Prompts, strength: Any, strengths: tuple[float, ...]
) -> dict[str, np.ndarray]:
    """Weights of the methods at STEPS, [steps, batch, d], and of ridge at `strengths`.

    The methods solve ridge regression of one `strength`, or of one a prompt.

    Each is tuned on the spectrum of each prompt; conjugate gradients need no tuning.
    """
    eigen = spectrum(prompts.moments)
    s = np.broadcast_to(np.asarray(strength, float), prompts.sigma.shape)
    found: dict[str, Any] = {
        name: solver.path(eigen, s)[list(STEPS)] for name, solver in solvers(STEPS[-1]).items()
    }
    found["const_rr"] = np.stack([ridge(eigen, s) for s in strengths])
    return found


def matching_view(config: Algorithm, opened: Opened) -> View:
    """The heatmaps, a panel a method."""
    found = matched(opened, config.system)
    columns = {name: found.columns(name) for name in found.gaps}
    title = f"{opened.label}: the nearest step of known methods"
    return View(
        figure=matching_figure(found.gaps, columns, title=title),
        caption=f"{_nearest(opened, found)} The stronger the blue, the nearer; squares mark the "
        f"nearest step, with its gap in %. The methods solve {SYSTEM_NAMES[config.system]}, each "
        f"tuned on every prompt's own spectrum; gaps are over {LAW} prompts.",
    )


def _nearest(opened: Opened, found: Matching) -> str:
    """What the last layer is nearest to, in words."""
    layer = opened.num_layers
    nearest, *others = found.nearest(layer)
    if nearest.gap == np.inf:
        return f"What layer {layer} predicts is beyond all numbers, and near to no method."
    said = (
        f"Layer {layer} is nearest to **{nearest.said}**: the root mean square gap of the "
        f"predictions is **{100 * nearest.gap:.2g} ± {100 * nearest.error:.1g} %** of their size."
    )
    if others:
        beside = ", ".join(f"{match.said} ({100 * match.gap:.2g} %)" for match in others)
        said += f" As near to two standard errors, by more steps: {beside}."
    return said
