"""The findings of the lesson on sine waves, in words with their numbers."""

from collections.abc import Mapping

import numpy as np

from icl_core.analysis.estimate import Estimate
from icl_core.experiments.sine.claims import PAPER, ends
from icl_core.experiments.sine.results import Compared, Course, Likeness
from icl_core.experiments.sine.settings import ALIKE, FINAL, QUERIES, VARIANTS
from icl_core.lessons.shared.words import counted, plus_minus, short
from icl_core.lessons.sine.config import Sine
from icl_core.lessons.sine.measure import Learned
from icl_core.tasks.sine import SineTask

METHOD = {"transformer": "full", "control": "frozen"}
"""How each of the models looks."""
LAWS = {
    "coded": "the law of the paper's code, a = 0.1 + 0.4 u and φ = π u with one u ~ U(0, 1)",
    "printed": "the law that the paper prints, a ~ U(0.1, 5) and φ ~ U(0, π), independent",
}


def finding(config: Sine, found: Learned) -> str:
    """Who is ahead, on how many seeds, and how alike they are."""
    trained, control = (found.courses[name] for name in METHOD)
    both = (_mean(course) for course in (trained, control))
    said = (
        f"Trained on {LAWS[config.law]}: the transformer with "
        f"{counted(config.layers, 'layer')} ends at **{next(both)}**, its control, whose attention "
        f"is one frozen step of gradient descent, at **{next(both)}** (half MSE, ± between seeds)"
    )
    if isinstance(trained, Compared):
        better = int((ends(trained) <= ends(control)).sum())
        said += f"; on **{better} of {len(ends(trained))} seeds** the transformer is at or below it"
    if config.law == "coded" and config.layers == 1:
        said += f". The paper's plot: {PAPER['coded']} and {PAPER['coded_control']}"
    if config.layers > 1:
        said += f". With one layer it is {_mean(found.depths[1])}"
    kernel, nothing = found.kernel.loss, found.kernel.nothing
    return (
        f"{said}. One best step with a Gaussian kernel has {_single(kernel)}, answering 0 "
        f"{short(float(nothing.mean))}."
    )


def _single(estimate: Estimate) -> str:
    return plus_minus(float(estimate.mean), float(estimate.stderr))


def _mean(course: Course) -> str:
    values = ends(course)
    return plus_minus(float(values.mean()), float(values.std(ddof=1)))


def prompt_caption(config: Sine, found: Learned) -> str:
    """What is dragged, what the stems are, and what the models were trained on."""
    n = SineTask(law=config.law).num_context
    said = (
        f"The curve of the {config.model} before and after attention. Point at the picture, "
        "or slide x, to choose a query: the stems are what each example adds to the answer there, "
        f"filled for the {config.model}, open for the other model. "
    )
    if found.models[config.model].shape.num_layers > 1:
        said += "With several layers they are those of the first. "
    if len(config.points) != n:
        said += (
            f"Trained on {n} examples: a transformer adds up what they say, however many there "
            "are, where the control divides by their number. "
        )
    return said + "All curves are computed here while you drag, in double precision."


def kernel_caption(known: Mapping[str, tuple[float, float]]) -> str:
    """What tells the learned kernels from a Gaussian one: see `inside.facts`."""
    third, half = (
        ", ".join(f"{name} {short(fact[at], 2)}" for name, fact in known.items()).replace("-", "−")
        for at in (0, 1)
    )
    return (
        "Linear attention alone can only fit lines. With an MLP below it a layer is a step of "
        "gradient descent on learned features, which weighs the examples by a learned kernel: what "
        "a target of 1 at x adds to the answer at x′; for the control η/n · m(x)ᵀ m(x′). Any "
        "sine a sin(x + φ) is a mix of sin x and cos x: a kernel of two functions is enough, and "
        "half a period away examples should count with the opposite sign. Third singular value, by "
        f"the first: {third}. Mean half a period away, by that on the diagonal: {half}."
    )


def losses_caption(config: Sine, found: Learned) -> str:
    """How the trainings were made and measured."""
    variant = VARIANTS[config.variant]
    run, course = variant.run, found.courses["transformer"]
    seconds = float(course.seconds.mean())
    error = float(course.end.stderr[config.seed, -1])
    return (
        f"{run.steps:,} updates on {run.batch} prompts of {variant.queries} queries each, "
        f"{seconds:.0f} s of CPU time a seed (the paper: 2,048 prompts of one query). Line: seed "
        f"{config.seed}; band: the lowest to the highest of {len(course.steps)} seeds. At the end "
        f"the seed has {short(float(course.end.mean[config.seed, -1]))} "
        f"(±{short(error, 1)}) on {FINAL:,} prompts of {QUERIES} queries."
    )


def learning_caption(config: Sine, found: Learned) -> str:
    """Where the training of the curve stands."""
    course = found.courses["transformer"]
    updates, loss = (
        values[config.seed, config.frame] for values in (course.steps, course.loss.mean)
    )
    return (
        f"Seed {config.seed} after {int(updates):,} updates, loss {short(float(loss))}. Play it: "
        "both models find the sine by themselves."
    )


def likeness_caption(config: Sine, alike: Likeness) -> str:
    """The likeness at the end."""
    parts = (alike.cosine, alike.prediction_gap, alike.slope_gap)
    cosine, gap, slope = (
        plus_minus(float(part.mean[config.seed, -1]), float(part.stderr[config.seed, -1]))
        for part in parts
    )
    return (
        f"Seed {config.seed} at the end: cosine {cosine}, gap of answers {gap}, of slopes {slope} "
        f"({ALIKE} prompts of {QUERIES} queries; the paper's plot has about 0.95, 0.02 and 0.02). "
        "The slope is that of the answer over the query x; of a slope in one dimension the cosine "
        "is no more than the sign. Bands: all seeds."
    )


def depth_caption(found: Learned) -> str:
    """What every layer adds."""
    parts = [f"{counted(L, 'layer')} {_mean(course)}" for L, course in found.depths.items()]
    last = found.depths[max(found.depths)]
    layers = " → ".join(short(float(value)) for value in last.end.mean.mean(0))
    return (
        f"At the end: {', '.join(parts)} (± between seeds; {len(ends(last))} seeds of the deeper "
        f"ones). In {counted(max(found.depths), 'layer')} the loss goes {layers}: "
        f"{_steps(last)}. This is beyond the paper."
    )


def _steps(course: Course) -> str:
    falls = bool((np.diff(course.end.mean, axis=1) < 0).all())
    return (
        "every layer takes a step further"
        if falls
        else "not every layer by itself brings the answer nearer"
    )
