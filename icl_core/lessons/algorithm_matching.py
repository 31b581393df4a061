"""Which step of which known method each layer is nearest to."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, get_args

import jax
import jax.numpy as jnp
import numpy as np

from icl_core.algorithms.accelerated import (
    chebyshev,
    conjugate_gradient,
    fastest,
    heavy_ball,
    newton,
)
from icl_core.algorithms.ridge import ridge, spectrum
from icl_core.analysis.matching import Gaps, prediction_gaps
from icl_core.arrays import in_float64
from icl_core.lessons.algorithm_model import LAW, Opened
from icl_core.live import View
from icl_core.models.diagonal import DEEPEST
from icl_core.plots.matching import Match, matching_figure
from icl_core.plots.style import METHODS
from icl_core.tasks.linear import Prompts

System = Literal["ridge", "oracle", "ols"]
SYSTEMS: tuple[System, ...] = get_args(System)
SYSTEM_NAMES: dict[System, str] = {
    "ridge": "ridge with s = E σ²",
    "oracle": "ridge with the prompt's own σ²",
    "ols": "least squares (s = 0)",
}
STEPS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 24, 32)
"""Steps of the methods that are looked at."""
ITERATIVE = ("gd", "heavy_ball", "chebyshev", "cg", "newton")
STRENGTHS = tuple(float(s) for s in (0, 0.1, 0.3, 1, 2, 4, 6, 8, 12, 16, 32, 64))
"""Ridge strengths that are looked at."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Matching:
    """Gaps of layers 1..L (rows) to the steps or strengths (columns) of every method."""

    gaps: Mapping[str, Gaps]
    system: System

    def columns(self, method: str) -> tuple[float, ...]:
        return STRENGTHS if method == "const_rr" else STEPS

    def nearest(self, layer: int) -> tuple[str, float, float, float]:
        """Method, step (or strength), gap and its standard error nearest to a layer (from 1)."""
        found = {name: int(gaps.best()[layer - 1]) for name, gaps in self.gaps.items()}
        name = min(found, key=lambda method: self.gaps[method].gap[layer - 1, found[method]])
        at, gaps = found[name], self.gaps[name]
        return (
            name,
            self.columns(name)[at],
            float(gaps.gap[layer - 1, at]),
            float(gaps.error[layer - 1, at]),
        )


def first(prompts: Prompts, count: int) -> Prompts:
    """The first prompts of a batch."""
    return Prompts(
        moments=jax.tree.map(lambda part: part[:count], prompts.moments),
        sigma=prompts.sigma[:count],
        w=prompts.w[:count],
        num_context=prompts.num_context,
    )


@in_float64
def model_path(opened: Opened, prompts: Prompts) -> np.ndarray:
    """Implicit weights after layer 0..L; one compilation serves all depths and heads."""
    model = opened.model.padded(DEEPEST, 2)
    return np.asarray(model.weight_path(prompts))[: opened.num_layers + 1]


@lru_cache(maxsize=32)
@in_float64
def matched(opened: Opened, system: System) -> Matching:
    """Every layer beside every step, on the prompts of the task's noise."""
    prompts = first(opened.sample.prompts, LAW)
    layers = model_path(opened, prompts)[1:]
    found = {
        name: prediction_gaps(layers, path)
        for name, path in known_paths(opened, prompts, system).items()
    }
    return Matching(gaps=found, system=system)


def known_paths(opened: Opened, prompts: Prompts, system: System) -> dict[str, np.ndarray]:
    """Weights of the methods at STEPS, [steps, batch, d], and of ridge at STRENGTHS.

    Each is tuned on the spectrum of each prompt; conjugate gradients need no tuning.
    """
    eigen = spectrum(prompts.moments)
    squares = np.asarray(prompts.sigma) ** 2
    shares = {"ridge": opened.task.noise.second_moment, "oracle": squares, "ols": 0.0}
    s = jnp.asarray(np.broadcast_to(shares[system], squares.shape))
    last = STEPS[-1]
    plain, momentum = fastest(eigen, s, 0.0), fastest(eigen, s)
    paths: dict[str, Any] = {
        "gd": heavy_ball(eigen, s, *plain, last),
        "heavy_ball": heavy_ball(eigen, s, *momentum, last),
        "chebyshev": chebyshev(eigen, s, last),
        "cg": conjugate_gradient(eigen, s, last),
        "newton": newton(eigen, s, last),
    }
    found = {name: np.asarray(path)[list(STEPS)] for name, path in paths.items()}
    found["const_rr"] = np.stack([np.asarray(ridge(eigen, jnp.asarray(s))) for s in STRENGTHS])
    return found


def matching_view(config: Any, opened: Opened) -> View:
    """The heatmaps, a panel a method."""
    found = matched(opened, config.system)
    panels = [
        Match(
            method=name,
            title="Ridge, strength s" if name == "const_rr" else METHODS[name].label,
            columns=[f"{value:g}" for value in found.columns(name)],
            gap=gaps.gap,
            error=gaps.error,
            best=gaps.best(),
        )
        for name, gaps in found.gaps.items()
    ]
    figure = matching_figure(panels, title=f"{opened.label}: the nearest step of known methods")
    return View(
        figure=figure,
        caption=f"{_nearest(opened, found)} The methods solve {SYSTEM_NAMES[config.system]}, each "
        f"tuned on every prompt's own spectrum; gaps are over {LAW} prompts.",
    )


def _nearest(opened: Opened, found: Matching) -> str:
    """What the last layer is nearest to, in words."""
    layer = opened.num_layers
    name, at, gap, error = found.nearest(layer)
    what = (
        f"ridge regression of strength {at:g}"
        if name == "const_rr"
        else f"step {at:g} of {METHODS[name].label}"
    )
    return (
        f"Layer {layer} is nearest to **{what}**: the root mean square gap of the predictions is "
        f"**{100 * gap:.2g} ± {100 * error:.1g} %** of their size."
    )
