"""Questions of the lesson, and what is found."""

import numpy as np

from icl_core.lessons.gdpp_spectrum.config import MANY, PROMPTS, GdppSpectrum
from icl_core.lessons.gdpp_spectrum.measure import Spectra, best_of, gamma_of, loss_gamma
from icl_core.lessons.gdpp_spectrum.moving import Moving, at
from icl_core.lessons.gdpp_spectrum.passes import rounding_of, standout_of
from icl_core.lessons.gdpp_spectrum.trained import trained_of
from icl_core.lessons.shared.steps import Answer, Range, Step
from icl_core.lessons.shared.words import short

ROUND = 1.05
"""Condition numbers below it are called a circle."""


def _through(config: GdppSpectrum, spectra: Spectra, layers: int | None = None) -> Moving:
    """What the chosen prompt's eigenvalues become."""
    gamma = gamma_of(config, spectra.hessians)
    return at(spectra.hessians, config.prompt, gamma, layers or config.layers)


def _kappa(moving: Moving) -> float:
    return float(moving.kappa[0, 0])


def _shape(config: GdppSpectrum, spectra: Spectra) -> Answer:
    now = _through(config, spectra)
    before, after = now.kappa_before, _kappa(now)
    return Answer(
        right=2 if after < before / ROUND else 0 if after > before * ROUND else 1,
        said=f"The valley's steepest direction was {short(before)} times as steep as its flattest; "
        f"the ratio is now {short(after)}. In a circle the first step of gradient descent ends at "
        "the minimum. Drag γ.",
    )


def _beyond(config: GdppSpectrum, spectra: Spectra) -> Answer:
    now = _through(config, spectra)
    flattest, steepest = (float(value) for value in now.passage.after[0, 0])
    return Answer(
        right=0 if _kappa(now) < ROUND else 2 if steepest < flattest else 1,
        said=f"The direction that was the steepest has now an eigenvalue of {short(steepest)}, the "
        f"other {short(flattest)}: what was across the valley is along it, and the ratio is "
        f"{short(_kappa(now))}. Drag γ over the point where the ellipse is a circle.",
    )


def _root(config: GdppSpectrum, spectra: Spectra) -> Answer:
    now = _through(config, spectra)
    before, after = now.kappa_before, _kappa(now)
    return Answer(
        right=0 if after < ROUND else 1 if after < before else 2,
        said=f"The largest eigenvalue, {short(float(now.passage.before[-1]))}, becomes "
        f"{short(float(now.passage.after[0, 0, -1]))}: its direction is flat now, and the ratio of "
        f"the largest to the smallest goes from {short(before)} to {short(after)}. Drag γ back.",
    )


def _four_layers(config: GdppSpectrum, spectra: Spectra) -> Answer:
    passed = [_kappa(_through(config, spectra, layers)) for layers in range(1, config.layers + 1)]
    before = _through(config, spectra).kappa_before
    *first, last = map(short, passed)
    return Answer(
        right=passed[-1],
        said=f"From {short(before)} it falls to {', '.join(first)} and {last}: each layer squeezes "
        "what the one before has left, and has less to gain. Step through the layers.",
    )


def _for_the_loss(config: GdppSpectrum, spectra: Spectra) -> Answer:
    loss, kappa = loss_gamma(spectra.hessians), best_of(spectra.hessians, config.layers)
    assert loss is not None
    return Answer(
        right=1 if abs(loss / kappa - 1) < 0.05 else 0 if loss < kappa else 2,
        said=f"With {config.num_context} examples it is {short(loss)}, and the one that makes most "
        f"valleys round {short(kappa)}. Few prompts with very large eigenvalues decide the mean "
        "loss, and for them a large γ is too much.",
    )


def _trained(config: GdppSpectrum, spectra: Spectra) -> Answer:
    kappas = rounding_of(trained_of(config), config.draw)[-1].conditions[:-1]
    rounder = bool((np.diff(kappas) < 0).all())
    return Answer(
        right=1 if rounder else 2 if kappas[-1] > kappas[0] else 0,
        said=f"From layer to layer the steepest direction is {', '.join(map(short, kappas))} times "
        "as steep as the flattest; what the last layer leaves is never read. Training has found "
        "GD++, or nearly, by itself: play it.",
    )


def _third_layer(config: GdppSpectrum, spectra: Spectra) -> Answer:
    trained = trained_of(config)
    kappas = rounding_of(trained, config.draw)[-1].conditions
    before, after = float(kappas[config.layer - 1]), float(kappas[config.layer])
    found = standout_of(trained, trained.last)
    said = f"The ratio of the largest eigenvalue to the smallest goes from {short(before)} to "
    said += f"{short(after)}. "
    if found is not None and found.layer == config.layer:
        said += "One direction, nearly the same for every prompt (squared overlap "
        said += f"{found.common:.2f}), is made to stand out, and the targets are written into it "
        said += f"({found.with_u:.2f}): no GD++ does that."
    return Answer(
        right=0 if after < before / ROUND else 1 if after < before * ROUND else 2, said=said
    )


AFTER = {"after": 0, "map": 0, "on map": 0, "landmarks": 0}
"""What tells what layers do."""
ONE_PROMPT = GdppSpectrum(dim=2, inputs="stretched", condition=30.0)
STEPS = (
    Step(
        question="The error of a prompt is a long valley. A layer of GD++ moves the inputs a "
        "little. What becomes of the valley?",
        config=ONE_PROMPT,
        views=("passage",),
        hides=AFTER,
        options=("A longer valley", "The same, but smaller", "A round one"),
        answer=_shape,
    ),
    Step(
        question="At the best γ, the strength of that move, the ellipse is a circle. What is it "
        "when γ is larger?",
        config=ONE_PROMPT.replace(gamma=0.02),
        views=("passage",),
        hides=AFTER,
        options=("Still a circle", "An ellipse as before", "An ellipse across"),
        answer=_beyond,
    ),
    Step(
        question="Ten inputs have ten eigenvalues λ, steepnesses of the valley. The curve says "
        "what each becomes, and for the largest that is about 0. What shape is left?",
        config=GdppSpectrum(gamma=0.0188),
        views=("passage",),
        hides={"after": 0, "on map": 0},
        options=("A circle", "A rounder ellipse", "A longer ellipse"),
        answer=_root,
    ),
    Step(
        question=f"Now four layers, and {PROMPTS:,} prompts. How many times as steep as the "
        "flattest direction is the steepest then, for the typical prompt?",
        config=GdppSpectrum(layers=4, prompt=MANY),
        views=("passage",),
        hides={"after": 0, "on map": 0, "map": 0},
        range=Range(label="Largest over smallest eigenvalue", low=1.0, high=12.0, log=True),
        answer=_four_layers,
    ),
    Step(
        question="Marked is the γ that makes the typical prompt's valley round. Where is the γ of "
        "the smallest mean error, after two layers?",
        config=GdppSpectrum(layers=2, part="gamma"),
        views=("gamma",),
        hides={"loss": 0},
        options=("Left of it", "At the same place", "Right of it"),
        answer=_for_the_loss,
    ),
    Step(
        question="A transformer of four layers was trained, and nobody told it of valleys. How do "
        "they look to its layers?",
        config=GdppSpectrum(part="trained"),
        views=("layers",),
        hides={f"ellipse {at}": 0 for at in range(1, 5)}
        | {f"eigenvalue {at}": 1 for at in range(1, 11)},
        options=("As before", "Rounder", "Longer"),
        answer=_trained,
    ),
    Step(
        question="This one, FULL, may do to the inputs what it likes. Its first two layers make "
        "valleys rounder. What does the third do?",
        config=GdppSpectrum(model="full", layer=3, part="trained"),
        views=("layers",),
        hides={f"ellipse {at}": 0 for at in range(3, 5)}
        | {f"eigenvalue {at}": 3 for at in range(1, 11)},
        options=("The same", "Nothing", "The opposite"),
        answer=_third_layer,
    ),
)
"""In their order."""
