"""All lessons by the name of their page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from icl_core.lessons import (
    algorithm,
    construction,
    models,
    noise_and_depth,
    one_layer,
    one_prompt,
    paper_figures,
    spectrum,
    theory,
    training,
    variations,
    weights,
)
from icl_core.lessons.one_layer_runs import OneLayer
from icl_core.lessons.variations_runs import Variations
from icl_core.live import View
from icl_core.validation import Config


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """What a page needs, and what its figures can be made of without it.

    `config` holds a reader's choices, `presets` named ones, the default first; `measure` turns
    choices into results, and each of `views` choices and results into what is shown under that
    name.
    """

    config: type[Config]
    presets: Mapping[str, Config]
    measure: Callable[[Any], Any]
    views: Mapping[str, Callable[[Any, Any], View]]

    def view(self, name: str, config: Config) -> View:
        """One view from choices alone: everything is computed."""
        return self.views[name](config, self.measure(config))


LESSONS: Mapping[str, Lesson] = {
    "construction": Lesson(
        config=construction.Construction,
        presets=construction.PRESETS,
        measure=construction.measure,
        views=construction.VIEWS,
    ),
    "one_layer": Lesson(
        config=OneLayer,
        presets=one_layer.PRESETS,
        measure=one_layer.measure,
        views=one_layer.VIEWS,
    ),
    "variations": Lesson(
        config=Variations,
        presets=variations.PRESETS,
        measure=variations.measure,
        views=variations.VIEWS,
    ),
    "gdpp_spectrum": Lesson(
        config=spectrum.Spectrum,
        presets=spectrum.PRESETS,
        measure=spectrum.measure,
        views=spectrum.VIEWS,
    ),
    "noise_and_depth": Lesson(
        config=noise_and_depth.NoiseAndDepth,
        presets=noise_and_depth.PRESETS,
        measure=noise_and_depth.measure,
        views=noise_and_depth.VIEWS,
    ),
    "one_prompt": Lesson(
        config=one_prompt.OnePrompt,
        presets=one_prompt.PRESETS,
        measure=one_prompt.measure,
        views=one_prompt.VIEWS,
    ),
    "paper_figures": Lesson(
        config=paper_figures.PaperFigures,
        presets=paper_figures.PRESETS,
        measure=paper_figures.measure,
        views=paper_figures.VIEWS,
    ),
    "weights": Lesson(
        config=weights.Weights,
        presets=weights.PRESETS,
        measure=weights.measure,
        views=weights.VIEWS,
    ),
    "algorithm": Lesson(
        config=algorithm.Algorithm,
        presets=algorithm.PRESETS,
        measure=algorithm.measure,
        views=algorithm.VIEWS,
    ),
    "theory": Lesson(
        config=theory.Theory,
        presets=theory.PRESETS,
        measure=theory.measure,
        views=theory.VIEWS,
    ),
    "train": Lesson(
        config=training.Train,
        presets=training.PRESETS,
        measure=training.measure,
        views=training.VIEWS,
    ),
    "models": Lesson(
        config=models.Models,
        presets=models.PRESETS,
        measure=models.measure,
        views=models.VIEWS,
    ),
}


def page_of(config: Config) -> str:
    """The page whose choices these are."""
    return next(page for page, lesson in LESSONS.items() if type(config) is lesson.config)
