"""Questions of the lesson, and what is found."""

import numpy as np

from icl_core.lessons.one_prompt.config import OnePrompt
from icl_core.lessons.one_prompt.iterations import CLOSE, ITERATIONS, arrival
from icl_core.lessons.one_prompt.measure import Shown
from icl_core.lessons.one_prompt.views import READ
from icl_core.lessons.shared.losses import BESIDE
from icl_core.lessons.shared.steps import Answer, Range, Step
from icl_core.lessons.shared.words import counted, short

NEAR = 0.15
"""A method takes the noise for what it is if it is off by at most this part of it."""
SIDES = ("For less", "For about that", "For more")
MARKS = {name: 0 for name in READ if name != BESIDE}


def _reads(shown: Shown, name: str) -> float:
    """The noise level for which a method's answer is that of ridge regression."""
    return float(np.sqrt(shown.story.implied[name].strength[shown.story.chosen]))


def _side(found: float, sigma: float) -> int:
    """Which of SIDES."""
    return 1 + (found > (1 + NEAR) * sigma) - (found < (1 - NEAR) * sigma)


def _hill(shown: Shown) -> float:
    """Where the posterior of the noise is highest."""
    return float(shown.story.levels[shown.story.posterior[shown.story.chosen].argmax()])


def _truth(config: OnePrompt, shown: Shown) -> Answer:
    return Answer(
        right=config.sigma,
        said=f"The dotted line is the truth, σ = {config.sigma:g}; the hill is highest at "
        f"{_hill(shown):.2f}, and so few examples leave it wide. Drag σ: the hill follows, for it "
        "reads the examples alone.",
    )


def _model(config: OnePrompt, shown: Shown) -> Answer:
    full, const = _reads(shown, "full"), _reads(shown, "const_rr")
    return Answer(
        right=int(abs(full - config.sigma) < abs(full - const)),
        said=f"FULL, a transformer of {counted(config.layers, 'layer')}, answers as one would for "
        f"σ = {full:.2f}, where it is {config.sigma:g}; the best answer for all noise at once is "
        f"that for {const:.2f}. It was told no σ: its layers read it off the examples. Drag σ.",
    )


def _fixed(config: OnePrompt, shown: Shown) -> Answer:
    gdpp, const = _reads(shown, "gdpp"), _reads(shown, "const_rr")
    return Answer(
        right=_side(gdpp, config.sigma),
        said=f"GD++ answers as for σ = {gdpp:.2f}, whatever the noise: with two numbers a layer it "
        f"can only be the one ridge regression that is best on average, ConstRR ({const:.2f}). "
        "Drag σ: both marks stay where they are.",
    )


def _shallow(config: OnePrompt, shown: Shown) -> Answer:
    full, bayes = _reads(shown, "full"), _reads(shown, "bayes_rr")
    return Answer(
        right=_side(full, config.sigma),
        said=f"With {counted(config.layers, 'layer')} it answers as for σ = {full:.2f}, where the "
        f"best there can be, Bayes, has {bayes:.2f}: it follows the noise, but too little. "
        "Drag σ.",
    )


def _misled(config: OnePrompt, shown: Shown) -> Answer:
    reads = {name: _reads(shown, name) for name in ("full", "bayes_rr", "gdpp")}
    return Answer(
        right=_side(_hill(shown), config.sigma),
        said=f"The hill is highest at {_hill(shown):.2f}: by chance these examples lie close to a "
        f"plane. FULL believes them ({reads['full']:.2f}), and so does Bayes "
        f"({reads['bayes_rr']:.2f}), the best guess that examples allow. GD++ "
        f"({reads['gdpp']:.2f}) is nearer without having looked.",
    )


BEYOND = ("bayes_rr", "full", "ada_rr")


def _beyond(config: OnePrompt, shown: Shown) -> Answer:
    reads = [_reads(shown, name) for name in BEYOND]
    return Answer(
        right=int(np.argmin(np.abs(np.array(reads) - config.sigma))),
        said=f"AdaRR, which measures how far the examples are off their best fit, reads "
        f"{reads[2]:.2f}, Bayes {reads[0]:.2f} and FULL {reads[1]:.2f}. Bayes knows that σ is at "
        f"most {shown.story.task.noise.highest:g}, and FULL has learned as much. Drag σ below it.",
    )


def _between(config: OnePrompt, shown: Shown) -> Answer:
    levels = shown.story.levels
    full, diag, bayes = (_reads(shown, name) for name in ("full", "diag", "bayes_rr"))
    return Answer(
        right=int(np.argmin(np.abs(np.array([levels[0], config.sigma, levels[-1]]) - full))),
        said=f"FULL takes it for {full:.2f}, as Bayes does ({bayes:.2f}), who knows that there is "
        f"no other noise than {levels[0]:g} and {levels[-1]:g}; DIAG, with four numbers a layer, "
        f"answers as for {diag:.2f}. Drag σ: where does FULL jump?",
    )


WORTH = (7, 20, ITERATIONS)


def _worth(config: OnePrompt, shown: Shown) -> Answer:
    found = shown.iterations
    assert found.ada is not None
    model = found.shipped.over_noise["full", config.layers].final
    bayes = float(found.shipped.over_noise["bayes_rr"].mean[-1])
    reached, near = arrival(found, "best", model), arrival(found, "best", CLOSE * found.ada.final)
    right = len(WORTH) if reached is None else int(np.searchsorted(WORTH, reached))
    return Answer(
        right=min(right, len(WORTH)),
        said=f"{near} iterations come within {100 * (CLOSE - 1):.0f} % of AdaRR's own loss, "
        f"{short(found.ada.final)}. {counted(config.layers, 'layer')} of FULL have "
        f"{short(model)}, close to the {short(bayes)} of Bayes: training has found a better "
        "algorithm than the one that people would write.",
    )


STEPS = (
    Step(
        question="The hill shows what twenty examples say about their own noise σ. How noisy were "
        "they made?",
        config=OnePrompt(),
        views=("noise",),
        hides={"truth": 0, "truth2": 0} | MARKS,
        range=Range(label="Their noise σ", low=0, high=6),
        answer=_truth,
    ),
    Step(
        question="A model gets the examples, and no word of their noise (dotted). For which noise "
        "is its answer the best one?",
        config=OnePrompt(sigma=1.0),
        views=("noise",),
        hides=MARKS,
        options=("For average noise", "For that of these examples"),
        answer=_model,
    ),
    Step(
        question="GD++ is a smaller transformer, of two numbers a layer. For how much noise is "
        "its answer the best one?",
        config=OnePrompt(sigma=0.5),
        views=("noise",),
        hides={"gdpp": 0, "const_rr": 0},
        options=SIDES,
        answer=_fixed,
    ),
    Step(
        question="Two layers instead of seven: for how much noise is the answer of FULL now best?",
        config=OnePrompt(sigma=0.5, layers=2),
        views=("noise",),
        hides={"full": 0, "diag": 0},
        options=SIDES,
        answer=_shallow,
    ),
    Step(
        question="Another prompt, as noisy as the dotted line says. For how much noise do its "
        "twenty examples speak?",
        config=OnePrompt(seed=19, sigma=3.0),
        views=("noise",),
        hides={"posterior": 0} | MARKS,
        options=SIDES,
        answer=_misled,
    ),
    Step(
        question="No prompt of training was noisier than σ = 5, and this one is (dotted). Whose "
        "mark comes nearest?",
        config=OnePrompt(sigma=6.0),
        views=("noise",),
        hides={"posterior": 0} | MARKS,
        options=("That of Bayes", "That of FULL", "That of AdaRR"),
        answer=_beyond,
    ),
    Step(
        question="These models met only prompts of noise 1 or 3. This one has noise 2. What does "
        "FULL take it for?",
        config=OnePrompt(task="categorical1-3_d10_n20", sigma=2.0),
        views=("noise",),
        hides={"posterior": 0} | MARKS,
        options=("For 1", "For 2", "For 3"),
        answer=_between,
    ),
    Step(
        question="AdaRR can be found by gradient descent. How many iterations of it are worth "
        "seven layers of FULL, on average over prompts?",
        config=OnePrompt(part="steps"),
        views=("iterations",),
        hides={"full": 0, "diag": 0, "bayes_rr": 0},
        options=(
            f"At most {WORTH[0]}",
            f"{WORTH[0] + 1} to {WORTH[1]}",
            "More",
            "No number is enough",
        ),
        answer=_worth,
    ),
)
"""In their order."""
