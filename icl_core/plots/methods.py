"""How methods look and what they are called: one row each.

Colours follow Okabe and Ito's palette, which colour-blind readers can tell apart; orange and sky
blue are darkened, so that each has a contrast of 3:1 on white and on the dark page, and one colour
per method serves both. Dash and marker differ too: a greyscale print stays legible.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class MethodStyle:
    """One method's looks and words, the same on all pages and in all exports."""

    label: str
    color: str
    dash: str
    marker: str
    about: str


def _row(label: str, looks: str, about: str) -> MethodStyle:
    """`looks` are colour, dash and marker."""
    color, dash, marker = looks.split()
    return MethodStyle(label=label, color=color, dash=dash, marker=marker, about=about)


METHODS: dict[str, MethodStyle] = {
    "gd": _row("GD", "#8a7340 dot triangle-up", "gradient descent from w = 0"),
    "gdpp_tuned": _row(
        "GD++ (algorithm)",
        "#4c8c8a dash triangle-down",
        "gradient descent that also improves the condition of the inputs",
    ),
    "heavy_ball": _row(
        "Momentum",
        "#8a63d2 dash pentagon",
        "gradient descent that keeps part of its last step (heavy ball)",
    ),
    "chebyshev": _row(
        "Chebyshev",
        "#a05a2c longdashdot hexagon",
        "steps planned from the smallest and the largest eigenvalue",
    ),
    "cg": _row(
        "CG",
        "#c0504d solid bowtie",
        "conjugate gradients: the best of all methods that see only gradients",
    ),
    "newton": _row(
        "Newton",
        "#6b8e23 dashdot hourglass",
        "Newton's iteration for the inverse matrix: its error is squared in each step",
    ),
    "construction": _row(
        "construction",
        "#9853c6 longdashdot octagon",
        "linear attention with hand-made weights that do gradient descent",
    ),
    "gdpp": _row(
        "GD++", "#009e73 dashdot diamond", "trained transformer, two numbers per layer and head"
    ),
    "diag": _row(
        "DIAG", "#0072b2 solid circle", "trained transformer, four numbers per layer and head"
    ),
    "full": _row("FULL", "#d55e00 longdash square", "trained transformer, full P and Q matrices"),
    "beside": _row(
        "model beside",
        "#b813e0 solid star-triangle-down",
        "another model, of whatever training, set beside the ones that are looked at",
    ),
    "softmax1": _row("1 softmax head", "#b72d64 dot x", "a trained layer with one softmax head"),
    "softmax2": _row(
        "2 softmax heads", "#28a328 solid cross", "a trained layer with two softmax heads"
    ),
    "softmax4": _row(
        "4 softmax heads", "#b970c1 dash star-square", "a trained layer with four softmax heads"
    ),
    "frozen": _row(
        "control",
        "#2f6fd0 dashdot triangle-left",
        "a learned MLP below attention that is frozen at one step of gradient descent",
    ),
    "kernel": _row(
        "Gaussian kernel",
        "#5a7d00 dot triangle-ne",
        "one step of gradient descent on functions, with the kernel exp(-(x - x')²/2ℓ²)",
    ),
    "seen": _row(
        "training prompts",
        "#c22f6e dash diamond-wide",
        "a trained model on the prompts that it has seen, where their number is fixed",
    ),
    "const_rr": _row(
        "ConstRR", "#b87f00 dash x-thin-open", "ridge regression, one strength for all prompts"
    ),
    "ada_rr": _row(
        "AdaRR",
        "#c46a9d dot cross-thin-open",
        "ridge regression, strength from the residuals of least squares",
    ),
    "iterative_rr": _row(
        "AdaRR by GD",
        "#8664c0 dot hexagram",
        "AdaRR found by gradient descent, its noise estimate too",
    ),
    "tuned_rr": _row(
        "TunedRR",
        "#3a93cc dashdot asterisk-open",
        "as AdaRR, scaled and capped by two tuned numbers",
    ),
    "ols": _row("OLS", "#cf1030 dash triangle-se", "ordinary least squares, with an intercept"),
    "ridge_cv": _row(
        "RidgeCV",
        "#9932cc longdash star-triangle-up",
        "ridge regression with an intercept, strength by leave-one-out cross-validation",
    ),
    "mean": _row(
        "mean", "#82603e dashdot circle-cross-open", "the mean of the context's targets, no inputs"
    ),
    "one_level": _row(
        "one noise level",
        "#8a6642 longdash triangle-right",
        "the best that training at one noise level can lead to: ridge of that strength",
    ),
    "oracle_rr": _row(
        "OracleRR", "#6c7a89 longdash star", "ridge regression that is told the noise level"
    ),
    "bayes_rr": _row(
        "Bayes", "#7b8794 solid line-ew-open", "the best predictor there can be for this noise law"
    ),
    "theorem_51": _row(
        "Theorem 5.1",
        "#b0389e longdash star-diamond",
        "built by hand: GD++ layers that only improve the condition, then one step",
    ),
    "two_noise": _row(
        "Theorem 5.2",
        "#cc4db3 dashdot diamond-tall",
        "built by hand: two layers that are the best ridge regression at two noise levels",
    ),
    "paper": _row("published", "#7b8794 longdashdot circle-open", "the value in the paper's table"),
}
"""In the order of every legend and table."""
