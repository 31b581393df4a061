"""What a training of a linear transformer found, in words."""

from collections.abc import Mapping

import numpy as np

from icl_core.analysis.growth import first_grown, token_sizes
from icl_core.analysis.tails import TRIMMED, Tail, ToldLoss
from icl_core.experiments.mixed_noise.published import published_loss
from icl_core.lessons.shared.words import counted, plus_minus, short
from icl_core.lessons.train.config import RECIPES, SYSTEMS, Train
from icl_core.lessons.train.cost import estimate
from icl_core.lessons.train.frame import Frame
from icl_core.lessons.train.system import Measured
from icl_core.models.linear import PARAMETRIZATIONS, Parametrization
from icl_core.plots import METHODS
from icl_core.tasks.linear import LinearTask
from icl_core.training.paper import PAPER

HELD = (
    "at a rate that is held for half of the updates and then falls to 0. Of several starts the "
    "best is kept."
)
ABOUT: Mapping[str, str] = {
    "rounds": "Explores many random starts and refines the best, in rounds, until nothing is "
    "gained. There is nothing to set.",
    "paper": "As paper 2 trains: Adam in raw coordinates, on one sampled query a prompt. Its "
    f"{PAPER.steps:,} updates of {PAPER.batch:,} prompts take hours, so your seconds end it.",
    "adam": f"One run of Adam on the exact loss, {HELD}",
    "muon": f"One run of Muon, which makes every step of a matrix orthogonal, {HELD}",
}
"""What the recipes are, for those who choose one."""


def model_finding(parametrization: Parametrization, task: LinearTask, measured: Measured) -> str:
    """How good a model is, in one sentence with its numbers."""
    model, bayes = measured["model"], float(measured["bayes_rr"].mean[-1])
    layers = model.mean.shape[-1] - 1
    end = float(model.mean[-1])
    if not np.isfinite(end) or end > float(model.mean[0]):
        size = f"of {short(end)}" if np.isfinite(end) else "beyond all numbers"
        return (
            f"This model diverges: its loss {size} is worse than predicting nothing "
            f"({float(model.mean[0]):.3g})."
        )
    said = f"Adjusted loss **{plus_minus(end, float(model.stderr[-1]))}** (half MSE)"
    if bayes > 1e-6:
        said += f", {end / bayes:.2f} times the Bayes floor ({bayes:.3g})"
    published = published_loss(task, parametrization, layers)
    if published is not None:
        said += f"; the paper has {published:.3g}"
    if isinstance(model, ToldLoss) and not model.tail.resolved:
        return f"{said}. {tail_warning(model.tail)}"
    return said + "."


CALLED: Mapping[str, str] = {
    "dim": "d",
    "num_context": "n",
    "sigma": "σ",
    "sigmas": "σ in",
    "layers": "L",
    "heads": "H",
    "parametrization": "",
    "recipe": "",
    "system": "",
}
"""Choices by their symbols; those that name themselves have none."""


def differing(config: Train, other: Train) -> str:
    """What is chosen in a run that is not so in another."""
    theirs = other.to_dict()
    chosen = {k: v for k, v in config.to_dict().items() if v != theirs[k]}
    for name in ("snapshot", "seconds"):
        chosen.pop(name, None)
    named: Mapping[str, Mapping[str, str]] = {"recipe": RECIPES, "system": SYSTEMS}
    named |= {"parametrization": {kind: METHODS[kind].label for kind in PARAMETRIZATIONS}}
    said = []
    for name, value in chosen.items():
        called = CALLED.get(name, name)
        if isinstance(value, bool):
            said.append(name if value else f"not {name}")
        elif value is None:
            said.append(f"the recipe's {called}")
        else:
            said.append(f"{called} {named.get(name, {}).get(str(value), value)}".strip())
    return ", ".join(said[:4]) or "the same choices"


def duration(config: Train) -> tuple[str, str]:
    """How long a training will probably take here: one line, and what it is made of."""
    told = estimate(config)
    ends = [in_time(told.shortest), in_time(told.longest)]
    took = ends[0] if ends[0] == ends[1] else " to ".join(ends)
    line = f"About **{took}** on this server, {in_time(told.pace)} an update"
    about = f"{in_time(told.starting).capitalize()} of it until it has started and compiled."
    if told.limited:
        line += f"; your {in_time(config.seconds)} end it"
    if told.rounds:
        few, many = told.rounds
        rounds = counted(few, "round") if few == many else f"{few} to {many} rounds"
        about += f" Most trainings gain no more after {rounds}; then they end."
    else:
        about += f" There is time for {told.updates:,} of {told.planned:,} updates."
    return f"{line}.", f"{about} Estimated from what trainings have taken before."


def in_time(seconds: float) -> str:
    """Seconds in words, to one or two digits: 8 ms, 45 s, 3 min."""
    if seconds < 0.95:
        return f"{short(max(1000 * seconds, 0.1), 1)} ms"
    if seconds < 100:
        return f"{round(seconds) if seconds < 20 else 5 * round(seconds / 5)} s"
    return f"{seconds / 60:.0f} min"


def tail_warning(tail: Tail) -> str:
    """That rare prompts decide a mean, with what stands firm, in whole sentences."""
    count = max(1, round(tail.effective))
    said = (
        f"**Rare prompts decide the mean**: the median loss is {short(tail.median)}, the mean "
        f"without the largest {100 * TRIMMED:g} % {short(tail.trimmed)}, the largest of "
        f"{tail.count:,} {short(tail.largest)}; the mean rests on some {count:,} of them"
    )
    if tail.rare > tail.mean:
        said += f", and prompts that are rarer still would bring it to {short(tail.rare)}"
    return said + "."


def label_of(parametrization: Parametrization, layers: int, *, tied: bool = False) -> str:
    """The name of a linear transformer: parametrization and depth."""
    kind = "tied layer" if tied and layers > 1 else "layer"
    return f"{METHODS[parametrization].label}, {counted(layers, kind)}"


def divergence(config: Train, frame: Frame) -> str:
    """Why a run was stopped, which layer's tokens grew, and which rate would hold."""
    sizes = token_sizes(frame.model, config.task())
    layer = first_grown(sizes)
    with np.errstate(all="ignore"):
        times = float(sizes[layer] / sizes[0])
    size = f"{short(times)} times that of the examples"
    said = (
        f"**The training has diverged and was stopped** after {counted(frame.step, 'update')}: the "
        f"mean square of its tokens after layer {layer} is "
        f"{size if np.isfinite(times) else 'beyond all numbers'}."
    )
    if frame.holds:
        return f"{said} In a trial a learning rate of {frame.holds:g} has held."
    return f"{said} In trials no smaller learning rate has held: choose fewer layers."
