"""Questions of the lesson, and what is found."""

import numpy as np

from icl_core.experiments.several_layers.settings import SCALES
from icl_core.lessons.several_layers.config import SeveralLayers
from icl_core.lessons.several_layers.measure import Runs
from icl_core.lessons.shared.steps import Answer, Range, Step
from icl_core.lessons.shared.words import short


def _two_layers(config: SeveralLayers, runs: Runs) -> Answer:
    layers = runs[config.kind]
    ends, gd, gdpp = layers.final()[0], layers.loss("gd").mean[-1], layers.loss("gdpp").mean[-1]
    return Answer(
        right=float(ends.mean()),
        said=f"Two steps of gradient descent cannot do better than {gd:.4f}. Something else is at "
        f"work: the same two steps with inputs changed between them, GD++, end at {gdpp:.4f}.",
    )


def _first_layer(config: SeveralLayers, runs: Runs) -> Answer:
    course = runs[config.kind].course
    first = course.frames.loss.mean[config.seed, :, 1]
    lowest = int(np.argmin(first))
    step = int(course.steps[config.seed, lowest])
    rises = first[-1] > 1.5 * first[lowest]
    return Answer(
        right=2 if rises else 1,
        said=f"Until update {step:,} both layers descend, and the first holds "
        f"{first[lowest]:.3f}. Then it gives its own answer up, to {first[-1]:.3f}, and prepares "
        "the inputs for the second. Press play to see it.",
    )


def _direction(config: SeveralLayers, runs: Runs) -> Answer:
    layers = runs[config.kind]
    found = {m: layers.course.end.of(m).cosine[:, -1].mean() for m in ("gd", "gdpp")}
    return Answer(
        right=int(found["gdpp"] > found["gd"]),
        said=f"For a while GD leads; in the end the cosine with GD++ is {found['gdpp']:.4f}, with "
        f"GD {found['gd']:.4f}. They meet the simpler algorithm on their way to the better one.",
    )


def _depths(config: SeveralLayers, runs: Runs) -> Answer:
    five, ten = (runs[kind].final()[0] for kind in ("untied5", "tied10"))
    return Answer(
        right=0 if five.max() < ten.min() else 1 if ten.max() < five.min() else 2,
        said=f"Five layers end between {five.min():.4f} and {five.max():.4f}, ten that share their "
        f"weights between {ten.min():.4f} and {ten.max():.4f}: weights of one's own for every step "
        "are worth more than steps.",
    )


def _larger(config: SeveralLayers, runs: Runs) -> Answer:
    layers = runs[config.kind]
    assert layers.sweeps.scales is not None
    losses = {m: layers.sweeps.scales.of(m).mean for m in ("gd", "gdpp")}
    trained = layers.sweeps.scales.trained.mean.mean(0)
    home, at = int(np.argmin(np.abs(np.array(SCALES) - 1))), int(np.argmax(SCALES))
    return Answer(
        right=1 if trained[at] > 10 * trained[home] else 0,
        said=f"At α = {SCALES[at]:g} their loss is {short(float(trained[at]))}, that of GD "
        f"{short(float(losses['gd'][at]))}. The step length was learned with the weights, and for "
        "larger inputs it is too long: they diverge as a descent does.",
    )


STEPS = (
    Step(
        question="Two layers were trained from random weights. How low is their loss after layer "
        "two?",
        config=SeveralLayers(),
        views=("layers",),
        hides={"full": 0, "gdpp_tuned": 0},
        range=Range(label="Their loss after layer two", low=0.05, high=0.4, log=True, at=2),
        answer=_two_layers,
    ),
    Step(
        question="While they train, what becomes of the loss that is read after layer one?",
        config=SeveralLayers(),
        views=("layers",),
        hides={"full": 1},
        options=("It stays", "It falls", "It falls, then rises"),
        answer=_first_layer,
    ),
    Step(
        question="Training leads them towards GD first. Whose direction do they end in?",
        config=SeveralLayers(),
        views=("cosines",),
        hides={"gd": 12, "gdpp_tuned": 12},
        options=("That of GD", "That of GD++"),
        answer=_direction,
    ),
    Step(
        question="Five layers with weights of their own, or ten that share theirs: whose loss is "
        "lower?",
        config=SeveralLayers(kind="untied5", part="depths"),
        views=("depths",),
        hides={"full": 0},
        options=("That of the five", "That of the ten", "They are alike"),
        answer=_depths,
    ),
    Step(
        question="What do they do with inputs twice as large as in training?",
        config=SeveralLayers(part="scales"),
        views=("scales",),
        hides={"scales": 6, "clipped_scales": 0},
        options=("The loss barely changes", "They diverge"),
        answer=_larger,
    ),
)
"""In their order."""
