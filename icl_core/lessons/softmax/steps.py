"""Questions of the lesson, and what is found."""

import numpy as np

from icl_core.analysis.softmax import weighed_scores
from icl_core.constructions.softmax import centred_loss
from icl_core.experiments.shared import MAIN, task_of
from icl_core.lessons.shared.steps import Answer, Range, Step
from icl_core.lessons.softmax.config import Softmax
from icl_core.lessons.softmax.measure import Found, layer_at, one_step, parts, prompt


def _answers(config: Softmax, found: Found, temperature: float) -> tuple[np.ndarray, np.ndarray]:
    """Of every head on the prompt, [heads, queries], and of one step of gradient descent."""
    drawn = prompt(config.prompt)
    layer = layer_at(found, config, config.frame)
    return parts(layer, drawn, temperature).answers[:, 0], one_step(drawn)


def _ends(config: Softmax, found: Found, heads: int) -> np.ndarray:
    """Losses after training, [seeds]."""
    return found.trainings.losses(config.variants[heads])[:, -1]


def _together(config: Softmax, found: Found) -> Answer:
    heads, step = _answers(config, found, config.temperature)
    alone = np.abs(heads - step).mean(-1)
    both = float(np.abs(heads.sum(0) - step).mean())
    first, second = (f"{off:.2f}" for off in alone)
    return Answer(
        right=int(both < alone.min() / 2),
        said=f"Alone they are off by {first} and {second} on average, together by {both:.2f}. One "
        "adds what the other should not have added: a softmax head cannot subtract, but its answer "
        "can be subtracted. Drag the temperature.",
    )


def _two(config: Softmax, found: Found) -> Answer:
    one, two = (_ends(config, found, heads) for heads in (1, 2))
    below = int((two < one.min()).sum())
    return Answer(
        right=float(np.median(two)),
        said=f"That is the median of {len(two)} trainings, of one head {np.median(one):.3f}; "
        f"{below} of {len(two)} are below all with one head. The step of gradient descent, GD, has "
        f"{found.trainings.loss_of('gd1'):.3f}.",
    )


def _four(config: Softmax, found: Found) -> Answer:
    two, four = (float(np.median(_ends(config, found, heads))) for heads in (2, 4))
    step, centred = found.trainings.loss_of("gd1"), centred_loss(task_of(MAIN))
    nearer = (two - four) / (two - step)
    return Answer(
        right=0 if nearer > 1 / 2 else 2 if nearer < -1 / 2 else 1,
        said=f"Four heads end at {four:.4f}, two at {two:.4f}. More heads do not help, for every "
        "softmax head sees the inputs minus the mean of the examples, and the best step on those "
        f"has {centred:.4f}.",
    )


def _sharper(config: Softmax, found: Found) -> Answer:
    gaps = []
    for temperature in (1.0, config.temperature):
        heads, step = _answers(config, found, temperature)
        gaps.append(float(np.abs(heads.sum(0) - step).mean()))
    return Answer(
        right=int(gaps[1] > 2 * gaps[0]),
        said=f"At temperature 1 they were off by {gaps[0]:.2f}, now by {gaps[1]:.2f}. Where scores "
        "are large the exponential bends, and the step is too long besides. Drag the temperature "
        "back to 1.",
    )


def _off_diagonal(config: Softmax, found: Found) -> Answer:
    heads = weighed_scores(layer_at(found, config, config.frame))[:, :MAIN, :MAIN]
    rest = [matrix - np.diag(np.diagonal(matrix)) for matrix in (*heads, heads.sum(0))]
    sizes = [float(np.linalg.norm(matrix)) for matrix in rest]
    share = sizes[-1] / max(sizes[:-1])
    return Answer(
        right=0 if share < 1 / 3 else 1 if share < 2 / 3 else 2,
        said=f"Off the diagonal {100 * share:.0f} % is left (of the norm of the larger head): the "
        "heads share what they should not compare, with opposite signs. Play the updates.",
    )


STEPS = (
    Step(
        question="A head whose points lie on the line answers like a step of gradient descent, and "
        "neither head does. Where do the answers of both together lie?",
        config=Softmax(),
        views=("heads",),
        hides={"sum": 0},
        options=("Farther off", "Near the line"),
        answer=_together,
    ),
    Step(
        question="One head was trained five times (left). How low is the loss that two heads end "
        "at?",
        config=Softmax(part="training"),
        views=("ends",),
        hides={"softmax2": 0, "softmax4": 0, "construction": 0},
        range=Range(label="Their loss, the median of five", low=0.2, high=0.4, at=1),
        answer=_two,
    ),
    Step(
        question="Do four heads come nearer to the loss of gradient descent, GD, than two do?",
        config=Softmax(part="training"),
        views=("ends",),
        hides={"softmax4": 0, "construction": 0},
        options=("Nearer", "As near as two", "Less near"),
        answer=_four,
    ),
    Step(
        question="Now the scores of both heads are four times as large: attention is sharper. Are "
        "both together still as near to the line?",
        config=Softmax(temperature=0.25),
        views=("heads",),
        hides={"sum": 0},
        options=("Yes, about", "No, far off"),
        answer=_sharper,
    ),
    Step(
        question="What each head compares has entries off the diagonal, which a step of gradient "
        "descent has not. How much of them is left in their sum?",
        config=Softmax(),
        views=("weights",),
        hides={"sum": 0},
        options=("Little", "About half", "Most"),
        answer=_off_diagonal,
    ),
)
"""In their order."""
