"""All models of one task and depth: how far apart they are, and omegas over seeds."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from icl_core.lessons.shared.coordinates import omega_values
from icl_core.lessons.shared.shipped import Kin
from icl_core.lessons.weights.comparison import compared
from icl_core.lessons.weights.config import Weights
from icl_core.lessons.weights.figures import distance_chart
from icl_core.lessons.weights.measure import Story, kin_model
from icl_core.live import View
from icl_core.plots.omegas import omega_chart


@dataclass(frozen=True, kw_only=True, eq=False)
class Spread:
    """Distances [K, K] between models before and after alignment, symmetric."""

    kin: tuple[Kin, ...]
    before: np.ndarray
    after: np.ndarray


def chosen(story: Story) -> tuple[Kin, ...]:
    """All seeds of the model shown, and seed 0 of its other relatives."""
    return tuple(kin for kin in story.kin if _same(story, kin) or not kin.seed)


def seeds(story: Story) -> tuple[Kin, ...]:
    """The models that differ from the one shown in their seed alone, itself too."""
    return tuple(kin for kin in story.kin if _same(story, kin))


def _same(story: Story, kin: Kin) -> bool:
    return (kin.parametrization, kin.heads) == (story.own.parametrization, story.own.heads)


@lru_cache(maxsize=32)
def spread(story: Story) -> Spread:
    """Every two models aligned to each other."""
    kin = chosen(story)
    before, after = np.zeros((2, len(kin), len(kin)))
    for i, one in enumerate(kin):
        for j, other in enumerate(kin[:i]):
            found = compared(story, one.name, other.name)
            before[i, j] = before[j, i] = found.before
            after[i, j] = after[j, i] = found.after
    return Spread(kin=kin, before=before, after=after)


def seed_omegas(story: Story) -> np.ndarray:
    """omega of every seed, normalised, [seeds, L, 4]: no alignment, for none changes them."""
    return np.stack([omega_values(kin_model(story, kin)) for kin in seeds(story)])


def distance_view(config: Weights, story: Story) -> View:
    """Distances before alignment above the diagonal, after it below."""
    found = spread(story)
    title = "Distance between models, before and after alignment"
    labels = [kin.label for kin in found.kin]
    few = "" if len(seeds(story)) > 1 else " One seed of this model is shipped."
    return View(
        figure=distance_chart(labels, found.before, found.after, title=title),
        caption="P and Q of a layer made equally large. Above the diagonal with signs, heads and "
        "directions of x as trained, below it with those that bring the two closest. 0 is the "
        f"same model, 1 nothing in common, √2 the opposite. Exact, normalised coordinates.{few}",
    )


def omega_view(config: Weights, story: Story) -> View:
    """The four numbers of every layer in normalised coordinates, with their spread over seeds."""
    own, count = omega_values(kin_model(story, story.own)), len(seeds(story))
    spread = seed_omegas(story) if count > 1 else None
    said = (
        f"Mean over {count} seeds, bars: one standard deviation, small dots: the seeds."
        if count > 1
        else "One seed of this model is shipped, so no spread is shown."
    )
    return View(
        figure=omega_chart(own, seeds=spread, title="What each layer does"),
        caption=f"{said} ω depends neither on the factor between P and Q nor on heads or "
        "directions of x.",
    )
