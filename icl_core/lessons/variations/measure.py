"""The shipped trainings that the lesson shows."""

from icl_core.experiments.variations.results import Trainings, load_trainings
from icl_core.experiments.variations.settings import VARIANTS
from icl_core.lessons.variations.config import LABELS, Variations


def rivals(config: Variations) -> list[tuple[str, str]]:
    """Method of the style table and name of what a variant could at best be thought to do."""
    if VARIANTS[config.variant].trainee.model.num_layers == 1:
        return [("gd", "gd1")]
    return [("gd", "gd2"), ("gdpp_tuned", "gdpp2")]


def measure(config: Variations) -> Trainings:
    """What the views show, from the shipped files; the same for all choices."""
    return load_trainings(LABELS)
