"""All lessons by the name of their page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from icl_core.lessons import (
    algorithm,
    construction,
    gdpp_spectrum,
    models,
    noise_and_depth,
    one_layer,
    one_prompt,
    paper_figures,
    several_layers,
    theory,
    train,
    variations,
    weights,
)
from icl_core.live import View
from icl_core.validation import Config, Reach, within_reach


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """What a page needs, and what its figures can be made of without it.

    `config` holds a reader's choices, `presets` named ones, the default first; `measure` turns
    choices into results, and each of `views` choices and results into what is shown under that
    name. `reach` says what choices can be where that follows from results.
    """

    config: type[Config]
    presets: Mapping[str, Config]
    measure: Callable[[Any], Any]
    views: Mapping[str, Callable[[Any, Any], View]]
    reach: Callable[[Any, Any], Mapping[str, Reach]]

    def view(self, name: str, config: Config) -> View:
        """One view from choices alone: everything is computed.

        Raises:
            InputError: A choice is out of reach, and another would be shown in its place.
        """
        found = self.measure(config)
        within_reach(config, self.reach(config, found))
        return self.views[name](config, found)


def _of(config: type[Config], module: ModuleType) -> Lesson:
    return Lesson(
        config=config,
        presets=module.PRESETS,
        measure=module.measure,
        views=module.VIEWS,
        reach=getattr(module, "reach", lambda config, found: {}),
    )


LESSONS: Mapping[str, Lesson] = {
    "construction": _of(construction.Construction, construction),
    "one_layer": _of(one_layer.OneLayer, one_layer),
    "variations": _of(variations.Variations, variations),
    "several_layers": _of(several_layers.SeveralLayers, several_layers),
    "gdpp_spectrum": _of(gdpp_spectrum.GdppSpectrum, gdpp_spectrum),
    "noise_and_depth": _of(noise_and_depth.NoiseAndDepth, noise_and_depth),
    "one_prompt": _of(one_prompt.OnePrompt, one_prompt),
    "paper_figures": _of(paper_figures.PaperFigures, paper_figures),
    "weights": _of(weights.Weights, weights),
    "algorithm": _of(algorithm.Algorithm, algorithm),
    "theory": _of(theory.Theory, theory),
    "train": _of(train.Train, train),
    "models": _of(models.Models, models),
}


def page_of(config: Config) -> str:
    """The page whose choices these are."""
    return next(page for page, lesson in LESSONS.items() if type(config) is lesson.config)
