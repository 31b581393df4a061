"""All views of the lesson by their names."""

from collections.abc import Callable, Iterator, Mapping

from icl_core.lessons.shared.shipped import families
from icl_core.lessons.weights.comparison import compare_view
from icl_core.lessons.weights.config import Study, Weights
from icl_core.lessons.weights.matrices import heatmap_view
from icl_core.lessons.weights.measure import Story
from icl_core.lessons.weights.pieces import pieces_view, share_view
from icl_core.lessons.weights.spread import distance_view, omega_view
from icl_core.lessons.weights.theory import theory_view
from icl_core.live import View

VIEWS: Mapping[str, Callable[[Weights, Story], View]] = {
    "heatmaps": heatmap_view,
    "theory": theory_view,
    "omegas": omega_view,
    "parts": pieces_view,
    "shares": share_view,
    "compare": compare_view,
    "distances": distance_view,
}
"""What the lesson shows, by name."""
STUDY_VIEWS: Mapping[Study, tuple[str, ...]] = {
    "theory": ("theory", "omegas"),
    "parts": ("parts", "shares"),
    "compare": ("compare",),
    "seeds": ("distances", "omegas"),
}
"""The views of each closer look."""


def shows(config: Weights) -> tuple[str, ...]:
    """The views that the page shows of a state."""
    return "heatmaps", *STUDY_VIEWS[config.study]


def prepare() -> Iterator[tuple[Weights, tuple[str, ...]]]:
    """The simplest model of every task, beside theory."""
    for task, family in families().items():
        kind, depths = next(iter(family.entries.items()))
        config = Weights(task=task, parametrization=kind, layers=next(iter(depths)))
        yield config, ("theory",)
