"""How the trainings of one story end, side by side."""

from collections.abc import Callable, Mapping

import numpy as np

from icl_core.experiments.variations.results import Trainings
from icl_core.experiments.variations.settings import VARIANTS
from icl_core.lessons.variations import figures as plots
from icl_core.lessons.variations.config import LABELS, STORIES, Variations
from icl_core.lessons.variations.measure import rivals
from icl_core.lessons.variations.words import ends_caption
from icl_core.live import View
from icl_core.plots import Figure
from icl_core.plots.lines import PLAIN


def ends_view(config: Variations, found: Trainings) -> View:
    """How the variants of a story compare."""
    return View(figure=_ENDS[config.story](config, found), caption=ends_caption(config, found))


def _plateau_ends(config: Variations, found: Trainings) -> Figure:
    variants = STORIES["plateau"]
    steps = VARIANTS[variants[0]].run.steps
    return plots.strip_figure(
        {"full": {LABELS[name]: found.plateaus(name) for name in variants}},
        title="How long the plateau lasts",
        alt="Points by seed, logarithmic: updates until the loss is half-way down, with one head "
        "and with two.",
        y="updates until half-way",
        limit=float(steps),
    )


def _fixed_ends(config: Variations, found: Trainings) -> Figure:
    variants = STORIES["fixed"]
    places = [f"{VARIANTS[name].trainee.tasks:,}" for name in variants]
    kinds = {"full": found.losses, "seen": found.train_losses}
    return plots.strip_figure(
        {
            method: {
                place: losses(name)[:, -1] for place, name in zip(places, variants, strict=True)
            }
            for method, losses in kinds.items()
        },
        title="At the end, by number of prompts",
        alt="Points by seed, logarithmic: loss on new prompts and on the training prompts, for 128 "
        "to 8,192 fixed prompts, beside one step of gradient descent.",
        y=PLAIN,
        levels=[("gd", found.loss_of("gd1"))],
    )


def _norm_ends(config: Variations, found: Trainings) -> Figure:
    levels = [(method, found.loss_of(name)) for method, name in rivals(config)]
    ends = {LABELS[name]: found.losses(name)[:, -1] for name in STORIES["norm"]}
    return plots.strip_figure(
        {"full": {LABELS[config.variant]: ends[LABELS[config.variant]]}},
        title="At the end of training",
        alt="Points by seed, logarithmic: the loss with LayerNorm beside gradient descent's.",
        y=PLAIN,
        levels=levels,
    )


def _block_ends(config: Variations, found: Trainings) -> Figure:
    loss, train = found.losses(config.variant), found.train_losses(config.variant)
    return plots.strip_figure(
        {
            "full": {"largest": np.max(loss, axis=1), "end": loss[:, -1]},
            "seen": {"largest": np.max(train[:, 1:], axis=1), "end": train[:, -1]},
        },
        title="Largest loss on the way, and the last",
        alt="Points by seed: the largest and the last loss on new and on training prompts, beside "
        "one step of gradient descent.",
        y=PLAIN,
        levels=[("gd", found.loss_of("gd1"))],
    )


_ENDS: Mapping[str, Callable[[Variations, Trainings], Figure]] = {
    "plateau": _plateau_ends,
    "fixed": _fixed_ends,
    "norm": _norm_ends,
    "block": _block_ends,
}
