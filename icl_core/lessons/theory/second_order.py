"""Theorem 5.1 on screen: error by depth, condition number by layer, for every kappa."""

from functools import lru_cache

import numpy as np

from icl_core.analysis.convergence import Convergence, convergence
from icl_core.lessons.shared.words import counted
from icl_core.lessons.theory import figures as plots
from icl_core.lessons.theory.config import DIMENSIONS, KAPPAS, STEPS, Theory
from icl_core.live import Grid, Slider, View
from icl_core.live.moving import Index, curve_grid
from icl_core.plots import METHODS, Curve, Looks

NODES = 121
REACHED = 1e-10
"""An error that counts as solved."""
BEST = "GD++, best γ, a step in each layer"
NAMES = {"gdpp_tuned": BEST}
TURN = 2.0
"""kappa - 1 from which on the prediction is that of large kappa."""


def predicted_excess(excess: np.ndarray) -> np.ndarray:
    """What the theorem's two regimes say of the next layer, from kappa - 1 before it: [steps + 1].

    kappa falls to 4/9 of itself while it is large, kappa - 1 becomes 3/4 (kappa - 1)^2 near 1.
    """
    before = excess[:-1]
    after = np.where(before > TURN, 4 / 9 * (1 + before) - 1, 0.75 * before**2)
    return np.concatenate([excess[:1], after])


def error_curves(found: Convergence, index: int = 0) -> list[Curve]:
    """Error after each number of layers or steps, a curve a method."""
    steps, curves = np.arange(found.steps + 1), []
    for method, errors in found.errors.items():
        y, width = plots.clipped(errors[:, index]), 2.75 if method == "theorem_51" else 1.75
        looks: Looks = {"label": NAMES.get(method, ""), "markers": True, "width": width}
        curves.append(Curve(method=method, x=steps, y=y, **looks))
    return curves


def excess_curves(found: Convergence, index: int = 0) -> tuple[list[Curve], Curve]:
    """kappa - 1 after each layer, and the prediction for the theorem's."""
    steps, curves = np.arange(found.steps + 1), []
    for method, excess in found.excess.items():
        y, label = plots.clipped(excess[:, index]), NAMES.get(method, METHODS[method].label)
        named: Looks = {"uid": f"excess:{method}", "label": label}
        curves.append(Curve(method=method, x=steps, y=y, markers=True, **named))
    expected = plots.clipped(predicted_excess(found.excess["theorem_51"][:, index]))
    named = {"uid": "predicted", "label": "predicted: 4/9 κ, then ¾ (κ − 1)²"}
    return curves, Curve(method="paper", x=steps, y=expected, **named)


@lru_cache(maxsize=len(DIMENSIONS))
def second_order_grid(dim: int) -> Grid:
    """What the figure shows at every kappa, exact at its nodes."""
    kappas = np.geomspace(*KAPPAS, NODES)
    found = convergence(kappas, dim=dim, steps=STEPS)

    def curves_at(index: Index) -> list[Curve]:
        curves, predicted = excess_curves(found, *index)
        return [*error_curves(found, *index), *curves, predicted]

    return curve_grid({"kappa": kappas}, curves_at, bottom=0.0)


def layers_needed(errors: np.ndarray, reached: float = REACHED) -> int | None:
    """Fewest steps after which the error is and stays below `reached`; None if it never is."""
    above = np.flatnonzero(~(errors < reached))
    first = int(above[-1]) + 1 if above.size else 0
    return first if first < len(errors) else None


def second_order_finding(config: Theory, found: Convergence) -> str:
    """How many layers or steps each method needs."""

    def said(method: str) -> str:
        needed = layers_needed(found.errors[method][:, 0])
        return f"more than {found.steps}" if needed is None else f"{needed}"

    def name(method: str) -> str:
        return METHODS[method].label

    own = layers_needed(found.errors["theorem_51"][:, 0])
    layers = counted(own, "layer") if own is not None else f"more than {found.steps}"
    others = ", ".join(
        f"{name(method)} {said(method)}" for method in ("newton", "cg", "chebyshev", "gd")
    )
    return (
        f"At κ = {kappa_text(config.kappa)} the construction of Theorem 5.1 needs **{layers}** "
        f"for an error below 10⁻¹⁰; GD++ with the best γ and a step in each layer needs "
        f"**{said('gdpp_tuned')}**. Steps of other methods: {others}. (Exact, nothing sampled.)"
    )


def kappa_text(kappa: float) -> str:
    """Four digits, never as a power of ten."""
    return f"{float(f'{kappa:.4g}'):,.10g}"


def second_order_view(config: Theory, found: Convergence) -> View:
    """Errors by step of GD++ as a second-order method, beside first-order ones."""
    curves, predicted = excess_curves(found)
    slider = Slider(
        "kappa", "Condition number κ", *KAPPAS, step=0.05, value=config.kappa, scale="log"
    )
    return View(
        figure=plots.convergence_figure(
            error_curves(found),
            curves,
            predicted,
            title=f"κ = {kappa_text(config.kappa)}",
            kappa=config.kappa,
        ),
        title="Error by depth, and the condition number on the way",
        caption="Exact: every curve is a polynomial of the eigenvalues, nothing is sampled. "
        f"{found.dim} eigenvalues, evenly spaced by their logarithm; w* has the same component "
        "along each. Circles: the theorem's two limits, of large κ and of κ near 1. "
        "Curves leave the picture below 10⁻¹⁵; momentum first overshoots.",
        controls=[slider],
        grid=second_order_grid(config.dim),
    )
