"""Questions of the lesson, and what is found."""

import numpy as np

from icl_core.lessons.algorithm.config import NAMES, OMEGAS, Algorithm
from icl_core.lessons.algorithm.matching import matched
from icl_core.lessons.algorithm.measure import Opened
from icl_core.lessons.algorithm.prompt import momentum_of, prompt_flow
from icl_core.lessons.algorithm.switches import FACTORS, as_trained, switched, worth
from icl_core.lessons.shared.steps import Answer, Range, Step
from icl_core.lessons.shared.words import short

FEW, SEVERAL = 4, 10
"""Steps of gradient descent that are few, or several."""


def _sign(omega: str) -> str:
    return rf"$\omega_{{{omega}}}$"


def _needed(config: Algorithm, opened: Opened) -> Answer:
    found = worth(opened)
    ends = ", ".join(
        f"{short(float(loss), 2)} without {_sign(name)}"
        for name, loss in zip(OMEGAS, found.loss[:, 0], strict=True)
    )
    return Answer(
        right=int(np.argmax(found.loss[:, 0])),
        said=f"As trained its loss is {short(found.base, 2)}; it is {ends}. None can be spared, "
        "for the other numbers were learned with it. Switch them off above, one by one.",
    )


def _off(config: Algorithm, opened: Opened) -> tuple[np.ndarray, np.ndarray]:
    """Loss of the model with the omega of the choices off: by noise level [levels], and by layer
    over all noise [L+1]."""
    found = switched(
        opened, config.omega, config.replace(**{config.omega: 1.0}).factors, config.layer
    )
    node = int(np.flatnonzero(FACTORS == 0)[0])
    return found.profile.mean[node], found.law.mean[node]


def _blind(config: Algorithm, opened: Opened) -> Answer:
    before, after = as_trained(opened), _off(config, opened)[1][-1]
    trained = float(opened.sample.parts(before)[0][-1].mean())
    return Answer(
        right=float(after),
        said=f"It rises from {short(trained, 2)} to {short(float(after), 2)}: {_sign('xy')} is how "
        "the targets, and their noise with them, get a say in how inputs are changed. Drag its "
        "factor back up.",
    )


def _rescaling(config: Algorithm, opened: Opened) -> Answer:
    levels, sigmas = _off(config, opened)[0], opened.sample.sigmas
    trained = opened.sample.parts(as_trained(opened))[1][-1].mean(-1)
    met = np.flatnonzero((sigmas > 0) & (sigmas <= opened.task.noise.highest))[[0, -1]]
    times = (levels / trained)[met]
    little, much = (
        f"{short(float(found), 2)} times at σ = {sigmas[at]:g}"
        for found, at in zip(times, met, strict=True)
    )
    return Answer(
        right=int(times[1] > times[0]),
        said=f"Without it the loss is {little}, and {much} as high. {_sign('yy')} scales "
        "what a token answers by how large the targets are, and there noise shows. Drag its "
        "factor.",
    )


def _strongest(config: Algorithm, opened: Opened) -> Answer:
    steps = opened.normal[:, OMEGAS.index("yx")]
    at = int(np.argmax(np.abs(steps)))
    found, others = worth(opened), np.delete(steps, at)
    alone = float(found.loss[OMEGAS.index("yx"), at + 1])
    return Answer(
        right=at,
        said=f"There {_sign('yx')} is {short(float(steps[at]))}, elsewhere at most "
        f"{short(float(np.abs(others).max()), 2)} in size: the layers before prepare the inputs, "
        f"so that one long step is enough. Without it in that layer alone the loss is "
        f"{short(alone, 2)} instead of {short(found.base, 2)}.".replace("-", "−"),
    )


def _how_many(config: Algorithm, opened: Opened) -> Answer:
    found, row = matched(opened, config.system), opened.num_layers - 1
    best = {name: int(gaps.best()[row]) for name, gaps in found.gaps.items()}
    steps = {name: found.columns(name)[at] for name, at in best.items()}
    gaps = {name: 100 * float(found.gaps[name].gap[row, at]) for name, at in best.items()}
    return Answer(
        right=int(steps["gd"] > FEW) + int(steps["gd"] > SEVERAL),
        said=f"Step {steps['gd']:g} comes nearest: its predictions differ by {gaps['gd']:.0f} % of "
        f"their size. Methods that are made to be faster get as far sooner: conjugate gradients, "
        f"CG, at step {steps['cg']:g} ({gaps['cg']:.0f} %), Newton's at step "
        f"{steps['newton']:g} ({gaps['newton']:.0f} %).",
    )


def _ends_at(config: Algorithm, opened: Opened) -> Answer:
    flow = prompt_flow(opened, config.seed, config.sigma)
    ols, ridge = (float(np.linalg.norm(flow.w[-1] - point)) for point in (flow.ols, flow.ridge))
    return Answer(
        right=int(ridge < ols),
        said=f"Its weights end {ols:.2f} from least squares and {ridge:.2f} from the ridge "
        "regression that is told the noise, which nobody told the model. Press play, or drag σ.",
    )


def _against(config: Algorithm, opened: Opened) -> Answer:
    found = momentum_of(opened)
    sizes = {name: float(found.norms[name][0][-1]) for name in ("gradient", "momentum", "step")}
    pull = float(found.cosines["momentum"][0][-1])
    return Answer(
        right=int(pull < 0),
        said=f"Its cosine with what is missing is {pull:.2f}: of a gradient of size "
        f"{sizes['gradient']:.1f} it takes back {sizes['momentum']:.1f}, and the whole step is "
        f"{sizes['step']:.1f}. What earlier gradients left shortens the step where it would be too "
        "long.".replace("-", "−"),
    )


STEPS = (
    Step(
        question="A layer holds four numbers: arrows between the inputs x and the answer y. Which "
        "of them can it least do without, in all layers?",
        config=Algorithm(),
        views=("flow", "switches"),
        hides={"now": 0},
        options=tuple(map(_sign, OMEGAS)),
        answer=_needed,
        choices=True,
    ),
    Step(
        question=f"Without {_sign('xy')}, {NAMES['xy']}, in any layer: how high is the loss after "
        "the last one?",
        config=Algorithm(omega="xy", xy=0.0),
        views=("switches",),
        hides={"now": 0},
        range=Range(label="Its loss after the last layer", low=0.05, high=5, log=True),
        answer=_blind,
    ),
    Step(
        question=f"Without {_sign('yy')}, {NAMES['yy']}: where does the loss grow by the larger "
        "factor?",
        config=Algorithm(yy=0.0),
        views=("switches",),
        hides={"now": 0},
        options=("Where there is little noise", "Where there is much"),
        answer=_rescaling,
    ),
    Step(
        question=f"{_sign('yx')} is the step of gradient descent itself. In which layer is it the "
        "longest?",
        config=Algorithm(),
        views=("omegas",),
        hides={"ω_yx": 0},
        options=("1", "2", "3", "4"),
        answer=_strongest,
    ),
    Step(
        question="Which step of plain gradient descent, GD, are the four layers nearest to?",
        config=Algorithm(part="matching"),
        views=("matching",),
        hides={"gd": 0},
        options=(f"One of the first {FEW}", f"One of {FEW + 1} to {SEVERAL}", "A later one"),
        answer=_how_many,
    ),
    Step(
        question="Least squares (triangle) and ridge regression (star) on one noisy prompt: "
        "nearer to which do the model's weights end?",
        config=Algorithm(part="prompt", sigma=3.0),
        views=("implicit",),
        hides={"path": 0, "now": 0, "w:coordinates": 0},
        options=("To least squares", "To ridge regression"),
        answer=_ends_at,
    ),
    Step(
        question="In the last layer momentum, what earlier gradients left, is nearly as large as "
        "the gradient. Which way does it pull?",
        config=Algorithm(part="prompt"),
        views=("terms",),
        hides={"momentum": 0},
        options=("The right way", "The wrong way, against the gradient"),
        answer=_against,
    ),
)
"""In their order."""
