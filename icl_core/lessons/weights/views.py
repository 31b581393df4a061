"""All views of the lesson by their names."""

from collections.abc import Callable, Iterator, Mapping

from icl_core.lessons.shared.shipped import families
from icl_core.lessons.weights.comparison import compare_view
from icl_core.lessons.weights.config import Weights
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


def prepare() -> Iterator[tuple[Weights, tuple[str, ...]]]:
    """The simplest model of every task, beside theory."""
    for task, family in families().items():
        kind, depths = next(iter(family.entries.items()))
        config = Weights(task=task, parametrization=kind, layers=next(iter(depths)))
        yield config, ("theory",)
