"""Questions of the lesson, and what is found."""

import numpy as np

from icl_core.experiments.sine.claims import ends
from icl_core.experiments.sine.settings import POINTS
from icl_core.lessons.shared.steps import Answer, Range, Step
from icl_core.lessons.shared.words import counted, short
from icl_core.lessons.sine.config import THREE, Sine
from icl_core.lessons.sine.inside import facts, kernels_of
from icl_core.lessons.sine.measure import Learned, answers_at

WITHOUT = -2.5
"""An x that is far from every example."""
ADDED = {"stems": 0, "control-adds": 0, "transformer-adds": 0}
CURVES = {"transformer-0": 0, "transformer-1": 0, "control-1": 0, "kernel": 0}


def _at(config: Sine, found: Learned) -> Answer:
    here, (x, y) = np.array([WITHOUT]), np.array(config.points).T
    waves = [np.stack([np.sin(at), np.cos(at)], axis=-1) for at in (x, here)]
    sine = float((waves[1] @ np.linalg.lstsq(waves[0], y, rcond=None)[0])[0])
    answer, gaussian = (
        float(answers_at(method, config.points, here)[-1, 0])
        for method in (found.models["transformer"], found.step)
    )
    return Answer(
        right=answer,
        said=f"It answers {answer:.2f}; the sine itself has {sine:.2f} there. A step of gradient "
        "descent that only knows that near points are alike, the Gaussian kernel, has "
        f"{gaussian:.2f}. Drag an example.".replace("-", "−"),
    )


def _fainter(config: Sine, found: Learned) -> Answer:
    highest = [
        float(np.abs(answers_at(found.models[name], config.points, POINTS)[-1]).max())
        for name in ("transformer", "control")
    ]
    largest = max(abs(y) for _, y in config.points)
    return Answer(
        right=int(highest[1] < highest[0]),
        said=f"The transformer's reaches {highest[0]:.2f}, the control's {highest[1]:.2f}, the "
        f"examples {largest:.2f}. A transformer adds up what examples say, so that few say little; "
        "the control divides by their number. Add examples, or take some away.",
    )


def _opposite(config: Sine, found: Learned) -> Answer:
    half = {name: facts(matrix)[1] for name, matrix in kernels_of(config, found).items()}
    learned = half["transformer"]
    return Answer(
        right=0 if learned > 1 / 4 else 2 if learned < -1 / 4 else 1,
        said=f"There it has {learned:.2f} of what it has on the diagonal, the control "
        f"{half['control']:.2f}, the Gaussian kernel {half['Gaussian kernel']:.2f}. "
        "The models were never told, and found that a sine turns over.".replace("-", "−"),
    )


def _ahead(config: Sine, found: Learned) -> Answer:
    trained, control = (ends(found.courses[name]) for name in ("transformer", "control"))
    better = int((trained <= control).sum())
    return Answer(
        right=int(trained.mean() > control.mean()),
        said=f"The transformer ends at {short(float(trained.mean()))}, the control, whose "
        f"attention is frozen at one step of gradient descent, at {short(float(control.mean()))}; "
        f"{better} of {counted(len(trained), 'seed')} say so. One step is nearly all that one "
        "layer does.",
    )


def _deeper(config: Sine, found: Learned) -> Answer:
    one, two, three = (float(ends(found.depths[layers]).mean()) for layers in (1, 2, 3))
    return Answer(
        right=two,
        said=f"One layer has {short(one)}, two have {short(two, 2)}, {one / two:.0f} times less, "
        f"and three {short(three, 2)}. The second layer takes a step on what the first has left.",
    )


STEPS = (
    Step(
        question="Ten examples lie on a sine, which nobody told the model. What does it answer at "
        f"x = {WITHOUT:g} (the line), where there is none?".replace("-", "−"),
        config=Sine(query=WITHOUT),
        views=("prompt",),
        hides=CURVES | ADDED,
        range=Range(label="Its answer y", low=-0.7, high=0.7, at=WITHOUT),
        answer=_at,
    ),
    Step(
        question="Trained on ten examples, two models get three. Whose curve becomes too small?",
        config=Sine(prompt=THREE),
        views=("prompt",),
        hides=CURVES | ADDED,
        options=("The transformer's", "That of one step (control)"),
        answer=_fainter,
    ),
    Step(
        question="A map shows how much an example at one x counts at another. How does it count "
        "half a period away, with the learned ones?",
        config=Sine(),
        views=("kernel",),
        hides={"map1": 0, "map2": 0},
        options=("As if it were near", "Not at all", "With the opposite sign"),
        answer=_opposite,
    ),
    Step(
        question="Who ends at the lower loss, the transformer or its control, which can only take "
        "one step of gradient descent?",
        config=Sine(part="training"),
        views=("losses",),
        hides={
            "transformer": 6,
            "control": 6,
            "now-transformer": 0,
            "now-control": 0,
            "paper-transformer": 0,
            "paper-control": 0,
        },
        options=("The transformer", "The control"),
        answer=_ahead,
    ),
    Step(
        question="One layer, then two. How low is the loss after the second?",
        config=Sine(layers=2, part="depth"),
        views=("depth",),
        hides={"2": 0, "3": 0},
        range=Range(label="The loss of two layers", low=1e-6, high=1e-2, log=True, at=2),
        answer=_deeper,
    ),
)
"""In their order."""
