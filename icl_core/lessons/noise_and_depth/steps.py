"""Questions of the lesson, and what is found."""

import numpy as np

from icl_core.analysis.floors import ridge_profile
from icl_core.lessons.noise_and_depth.config import NoiseAndDepth
from icl_core.lessons.noise_and_depth.views import at_sigma
from icl_core.lessons.shared import losses as tables
from icl_core.lessons.shared.losses import Losses
from icl_core.lessons.shared.steps import Answer, Range, Step
from icl_core.lessons.shared.words import counted, short

ALIKE = 0.05
"""Losses are alike if they differ by at most this part."""


def _end(losses: Losses, kind: str, layers: int) -> float:
    """The mean loss of a model over all noise."""
    return float(losses.over_noise[kind, layers].mean[-1])


def _closed(losses: Losses, method: str) -> float:
    """The mean loss of a method over all noise."""
    return float(losses.over_noise[method].mean[-1])


def _profile(losses: Losses, key: object) -> np.ndarray:
    """The mean loss at every noise level, [sigmas]."""
    return losses.profiles[key].mean[:, -1]


def _deepest(config: NoiseAndDepth, losses: Losses) -> Answer:
    depth, floor = losses.depths[-1], _closed(losses, "bayes_rr")
    first, last = (_end(losses, "full", layers) for layers in (losses.depths[0], depth))
    return Answer(
        right=last,
        said=f"From {first:.3f} with one layer to {last:.4f} with {depth}, "
        f"{100 * (last / floor - 1):.0f} % above {floor:.4f}, below which no method can be on "
        "average. Each layer comes closer, by less and less.",
    )


def _stops(config: NoiseAndDepth, losses: Losses) -> Answer:
    ends = {layers: _end(losses, "gdpp", layers) for layers in losses.depths}
    const, floor, last = _closed(losses, "const_rr"), _closed(losses, "bayes_rr"), losses.depths[-1]
    near = [abs(np.log(ends[last] / level)) < ALIKE for level in (floor, const)]
    since = next(n for n, loss in ends.items() if loss < (1 + ALIKE) * ends[last])
    return Answer(
        right=near.index(True) if any(near) else 2,
        said=f"From {counted(since, 'layer')} on it has {ends[last]:.3f}, and ConstRR {const:.3f}: "
        "with two numbers a layer it cannot see the noise, and one strength for all prompts is the "
        "best that is left.",
    )


def _best(config: NoiseAndDepth, losses: Losses) -> Answer:
    profile = _profile(losses, ("gdpp", config.layers))
    at = int(profile.argmin())
    root = float(np.sqrt(losses.task.noise.second_moment))
    return Answer(
        right=float(losses.sigmas[at]),
        said=f"Its loss is {short(float(profile[at]))} there, and {short(float(profile[0]))} "
        f"without noise. It is ridge regression for one noise, σ = {root:.2f}, the root of the "
        "mean of σ² in training. Play the layers.",
    )


def _farthest(config: NoiseAndDepth, losses: Losses) -> Answer:
    met = losses.sigmas <= losses.task.noise.highest
    ends = losses.sigmas[met & (losses.sigmas > 0)][[0, -1]]
    losses_of = [_profile(losses, key)[:, None] for key in (("full", config.layers), "bayes_rr")]
    full, bayes = ([float(at_sigma(losses, v, s)[0]) for s in ends] for v in losses_of)
    return Answer(
        right=int(full[1] / bayes[1] > full[0] / bayes[0]),
        said=f"At σ = {ends[0]:g} FULL has {short(full[0], 2)}, "
        f"{short(full[0] / bayes[0], 2)} times the loss of Bayes; at σ = {ends[1]:g} it has "
        f"{full[1] / bayes[1]:.1f} times. Where there is hardly any noise the best is to fit the "
        "examples exactly, which takes many steps. Play the layers.",
    )


def _last(config: NoiseAndDepth, losses: Losses) -> Answer:
    summary = losses.profiles["diag", config.layers]
    course = at_sigma(losses, summary.mean, config.sigma)
    return Answer(
        right=float(course[-1]),
        said=f"The layers before it lead from {short(float(course[0]))} to "
        f"{short(float(course[-2]))}, the last one divides that by "
        f"{course[-2] / course[-1]:.0f}: they prepare the inputs, and it takes the step. Drag "
        "σ: is it so with much noise, too?",
    )


def _longer(config: NoiseAndDepth, losses: Losses) -> Answer:
    trained = tables.measure(config.task)
    before, after = (_end(found, "full", config.layers) for found in (trained, losses))
    floors = [_closed(found, "bayes_rr") for found in (trained, losses)]
    return Answer(
        right=int(after > before),
        said=f"Its loss goes from {short(before)} to {short(after)}, while that of Bayes, the best "
        f"there can be, goes from {short(floors[0])} to {short(floors[1])}. A layer adds up its "
        "examples, so that half as many more make each step half as long again. Try other lengths "
        "under *More choices*.",
    )


def _specialist(config: NoiseAndDepth, losses: Losses) -> Answer:
    assert config.level is not None
    alone = ridge_profile(losses.task, config.level**2, losses.sigmas)
    full = _profile(losses, ("full", config.layers))
    better = losses.sigmas[alone < full]
    low, high = float(better.min()), float(better.max())
    zero = int(np.argmin(losses.sigmas))
    return Answer(
        right=0 if not better.size else 2 if better.size == losses.sigmas.size else 1,
        said=f"It wins from σ = {low:g} to {high:g} alone. Without noise it has "
        f"{short(float(alone[zero]), 2)}, FULL {short(float(full[zero]), 2)}: who has met all "
        "noise gives up a little where the specialist is at home, and gains everywhere else.",
    )


STEPS = (
    Step(
        question="A model of one layer, then of two, … The grey is out of reach for everybody. "
        "How low is the loss with eight layers?",
        config=NoiseAndDepth(),
        views=("depth",),
        hides={"full": 2, "diag": 0, "gdpp": 0, "ada_rr": 0, "tuned_rr": 0},
        range=Range(label="Its loss with eight layers", low=0.03, high=1, log=True, at=8),
        answer=_deepest,
    ),
    Step(
        question="GD++ has two numbers a layer, FULL whole matrices. Where does the loss of GD++ "
        "stop?",
        config=NoiseAndDepth(),
        views=("depth",),
        hides={"gdpp": 1},
        options=("At the floor", "At ConstRR", "Nowhere"),
        answer=_stops,
    ),
    Step(
        question="Whatever the noise, GD++ does the same. For which noise is that right?",
        config=NoiseAndDepth(),
        views=("profile",),
        hides={"gdpp": 0, "const_rr": 0},
        range=Range(label="Noise level σ where its loss is lowest", low=0, high=6),
        answer=_best,
    ),
    Step(
        question="At which noise are four layers of FULL farther from the best, Bayes, by ratio?",
        config=NoiseAndDepth(),
        views=("profile",),
        hides={"full": 0, "diag": 0},
        options=("Where there is little", "Where there is much"),
        answer=_farthest,
    ),
    Step(
        question="Read after three of its four layers, the answer of DIAG is poor. How low is its "
        "loss after the last?",
        config=NoiseAndDepth(part="layers"),
        views=("layers",),
        hides={"diag": 4, "full": 0, "gdpp": 0, "gdpp_tuned": 0, "gd": 0},
        range=Range(label="Its loss after layer four", low=0.01, high=1.5, log=True, at=4),
        answer=_last,
    ),
    Step(
        question="Trained on 20 examples, FULL gets 30, and so has more to learn from. What does "
        "its loss do?",
        config=NoiseAndDepth(num_context=30),
        views=("depth",),
        hides={"full": 0, "diag": 0},
        options=("It falls", "It rises"),
        answer=_longer,
        choices=True,
    ),
    Step(
        question="A specialist has met only σ = 2, these models all noise from 0 to 5. Where is "
        "the specialist better than seven layers of FULL?",
        config=NoiseAndDepth(layers=7, level=2.0),
        views=("profile",),
        hides={"one_level": 0},
        options=("Nowhere", "Only around σ = 2", "Everywhere"),
        answer=_specialist,
    ),
)
"""In their order."""
