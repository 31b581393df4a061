"""Theorem 4.2 on screen: the cosine with the square of a coordinate."""

from contextlib import suppress

import numpy as np

from icl_core.algorithms import Method
from icl_core.algorithms.descent import GradientDescent
from icl_core.analysis.squares import BEST, SEEN, Squares, square_cosines
from icl_core.errors import InputError
from icl_core.lessons.shared.curves import banded
from icl_core.lessons.theory import figures as plots
from icl_core.lessons.theory.config import Theory
from icl_core.live import View
from icl_core.plots import Curve
from icl_core.zoo.library import find_entry, from_shipped, load_entry

BOUND = 0.1
"""The theorem's, for n much larger than d."""
MODEL = "diag_L4_uniform5_d10_n20"
NAMES = {BEST: "least squares", "gd": "GD, one step", "diag": "DIAG, 4 layers"}


@from_shipped(1)
def squares() -> Squares:
    """One step of gradient descent and a shipped model, where it ships, beside the best."""
    methods: dict[str, Method] = {"gd": GradientDescent(etas=(1.0,))}
    with suppress(InputError):
        methods["diag"] = load_entry(find_entry(MODEL)).model
    return square_cosines(methods)


def square_curves(config: Theory, found: Squares) -> list[Curve]:
    """Cosine by n with two standard errors, and that of a quadratic feature."""
    curves = []
    for method, (mean, stderr) in (found.centred if config.centred else found.plain).items():
        bands = mean, np.maximum(mean - 2 * stderr, 1e-6), mean + 2 * stderr
        # The others lie on the best where prompts are long.
        style, width = ("oracle_rr", 5) if method == BEST else (method, 2)
        looks = {"label": NAMES[method], "markers": True, "width": width}
        curves.append(banded(style, found.contexts, bands, **looks))
    ends = float(found.contexts[0]), float(found.contexts[-1])
    feature = Curve(method="bayes_rr", x=np.array(ends), y=np.ones(2), label="a feature x(1)²")
    return [*curves, feature]


def square_view(config: Theory, found: Squares) -> View:
    """What linear attention makes of a square, by context length."""
    expected = Curve(method="paper", x=found.contexts, y=found.expected, label="√((d + 4) / n)")
    curves = square_curves(config, found)
    return View(
        figure=plots.square_figure(curves, expected, BOUND, centred=config.centred),
        caption=f"Root mean squares over {found.prompts} prompts with two standard errors; "
        f"d = {found.dim}. "
        "Least squares are the best linear function there is, √((d + 4) / n) what theory expects "
        f"of them; DIAG reads sums that are scaled to {SEEN} examples. "
        "The examples themselves are asked as queries"
        f"{', and both means taken out' if config.centred else ''}. Over fresh queries the cosine "
        "of any linear function is 0 exactly.",
    )


def square_finding(config: Theory, found: Squares) -> str:
    """The bound and where it falls below the theorem's."""
    mean, stderr = (found.centred if config.centred else found.plain)[BEST]
    below = np.flatnonzero(mean + 2 * stderr < BOUND)
    n = f"{found.contexts[below[0]]:,}" if below.size else f"more than {found.contexts[-1]:,}"
    what = "correlation" if config.centred else "cosine"
    return (
        f"The best linear function there is for a prompt has a {what} of "
        f"**{mean[-1]:.3f} ± {stderr[-1]:.3f}** with x(1)² at n = {found.contexts[-1]:,}, and is "
        f"below {BOUND:g} from n = {n} on. No linear transformer can do better, whatever its "
        "weights and depth."
    )
