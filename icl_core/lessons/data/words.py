"""What the lesson says of a visitor's data, with its numbers."""

import numpy as np

from icl_core.data.prepare import SPLITS
from icl_core.data.table import EXAMPLES
from icl_core.lessons.data.config import SCALES, Data
from icl_core.lessons.data.measure import Found
from icl_core.lessons.data.scores import LARGEST, interval
from icl_core.lessons.data.traits import LABELS, Traits
from icl_core.lessons.shared.losses import BESIDE
from icl_core.lessons.shared.words import counted, short
from icl_core.plots import METHODS

FAR = 3.0
"""Times the error of predicting the mean from which on a method is said to break down."""

WORST = -10.0
"""Values of R² below it are not told apart."""


def model_words(config: Data) -> str:
    """The model by its name and depth."""
    return f"{METHODS[config.parametrization].label}, {counted(config.layers, 'layer')}"


def number(value: float) -> str:
    """An error: in digits, or that it has none."""
    return "beyond all numbers" if value >= LARGEST else short(value)


def share(r2: float) -> str:
    """R² in two digits, as far as that says something."""
    return f"R² {r2:.2f}" if r2 > WORST else f"R² below {WORST:.0f}"


def finding(config: Data, found: Found) -> str:
    """The errors of the chosen state, and which scale breaks the model."""
    scores = found.scores
    middle, mean = scores.middle, scores.middle["mean"].median
    own = middle[config.parametrization]
    labels = {BESIDE: found.beside} if found.beside else {}
    labels |= {name: METHODS[name].label for name in ("bayes_rr", "ridge_cv", "ols")}
    beside = "; ".join(f"{said} {number(middle[name].median)}" for name, said in labels.items())
    if own.median > FAR * mean:
        head = (
            f"From {counted(config.rows, 'row')} of {_data(config)}, with {SCALES[config.scale]} "
            f"inputs, **{model_words(config)}** breaks down: its error is "
            f"**{number(own.median)}**, where the mean of the targets has {number(mean)}"
        )
        return f"{head} ({beside}). {_why(found)}"
    low, high = map(short, interval(scores.rmse[config.parametrization]))
    r2 = share(scores.r2(config.parametrization))
    return (
        f"From {counted(config.rows, 'row')} of {_data(config)}, **{model_words(config)}** "
        f"predicts {found.held_out} other rows in one forward pass with an error of "
        f"**{number(own.median)}** ({low} to {high}; {r2}). Beside it: {beside}; the mean "
        f"alone {number(mean)}.{_breaks(config, found)}"
    )


def components(dim: int, features: int) -> str:
    """So many principal components of so many features."""
    first = "principal component" if dim == 1 else f"{dim} principal components"
    return f"{first} of {features} features"


def _data(config: Data) -> str:
    return f"the {config.data} data" if config.data in EXAMPLES else "your data"


def _breaks(config: Data, found: Found) -> str:
    """What other scales do to the model."""
    method = config.parametrization
    broken = [
        f"{SCALES[scale]} inputs it breaks down ({number(scores.middle[method].median)})"
        for scale, scores in found.model_by_scale.items()
        if scores.middle[method].median > FAR * scores.middle["mean"].median
    ]
    return f" With {' and with '.join(broken)}." if broken else ""


def _why(found: Found) -> str:
    """How far the Gram matrix is from that of training."""
    return (
        f"The largest eigenvalue of its Gram matrix is {_ratio(found, 0)} times that of a typical "
        "prompt in training."
    )


def _ratio(found: Found, index: int) -> str:
    data, training = (_median(t, index) for t in (found.data, found.training))
    return short(data / training, 2)


def _median(traits: Traits, index: int) -> float:
    return float(np.median(traits.eigenvalues[:, index]))


def errors_caption(config: Data, found: Found) -> str:
    """What a point, a mark and a bar are; what was held out; how inputs and targets were made."""
    rows = len(found.table.values)
    many = len(config.features)
    dim = found.task.dim
    projected = f" The model gets the first {components(dim, many)}." * (many > dim)
    by = "the context's own rows" if config.fit == "context" else "all inputs of the table"
    scaled = "" if config.scale == "raw" else f", by {by}"
    return (
        f"A point is one of {SPLITS} random splits: {counted(config.rows, 'row')} of {rows:,} are "
        f"the context, {found.held_out} others are predicted. Mark and bar: the median with its "
        f"95 % interval over splits. Inputs {SCALES[config.scale]}{scaled}; targets always centred "
        f"and scaled by the context's.{projected} Open marks at the right: beyond the axis."
    )


def rows_caption(config: Data, found: Found) -> str:
    """What bands are, and where the model was trained."""
    return (
        f"Lines: median over splits; bands: 10 to 90 %. The model was trained on n = "
        f"{found.task.num_context} rows (shaded) and reads sums over rows, which grow with n; the "
        f"same rows are held out everywhere. Dotted: the n that is chosen."
    )


def scales_caption(config: Data, found: Found) -> str:
    """What the model does at each scale."""
    errors = "; ".join(
        f"{SCALES[scale]} {number(scores.middle[config.parametrization].median)}"
        for scale, scores in found.by_scale.items()
    )
    return (
        f"{model_words(config)}: {errors}. Marks: median over splits; bars: 10 to 90 %. OLS is the "
        "same at every scale; a model knows only the scale of its training. Open: beyond the axis."
    )


def predictions_caption(config: Data, found: Found) -> str:
    """The errors of the split that is shown."""
    scores, index = found.scores, config.split - 1
    labels = {config.parametrization: METHODS[config.parametrization].label}
    labels |= {BESIDE: found.beside} if found.beside else {}
    said = "; ".join(
        f"{label} {number(min(float(scores.rmse[name][index]), LARGEST))}"
        for name, label in (labels | {"ridge_cv": METHODS["ridge_cv"].label}).items()
    )
    return f"Split {config.split} of {SPLITS}: error (RMSE) of {said}. On the line: no error."


def distribution_caption(config: Data, found: Found) -> str:
    """How far the spectrum and the noise lie from training's."""
    last = found.task.dim - 1
    which = "largest eigenvalue" if last else "sum of x²"
    spectrum = f"{which} {_ratio(found, 0)} times training's"
    if 0 < last < config.rows - 1:
        spectrum += f", smallest {_ratio(found, last)} times"
    sigma = ""
    if "sigma" in found.data.numbers:
        middle = short(float(np.median(found.data.numbers["sigma"])))
        sigma = (
            f" {LABELS['sigma'].capitalize()}: {middle} here; the law of training is "
            f"{found.task.noise.label()}."
        )
    return (
        f"Medians with 10 to 90 % of prompts, in the model's units: {spectrum}, of n = "
        f"{config.rows} rows here and {found.task.num_context} in training.{sigma}"
    )
