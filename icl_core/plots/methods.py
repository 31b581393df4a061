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


METHODS: dict[str, MethodStyle] = {
    "gd": MethodStyle(
        label="GD",
        color="#8a7340",
        dash="dot",
        marker="triangle-up",
        about="gradient descent from w = 0",
    ),
    "gdpp_tuned": MethodStyle(
        label="GD++ (algorithm)",
        color="#4c8c8a",
        dash="dash",
        marker="triangle-down",
        about="gradient descent that also improves the condition of the inputs",
    ),
    "heavy_ball": MethodStyle(
        label="Momentum",
        color="#8a63d2",
        dash="dash",
        marker="pentagon",
        about="gradient descent that keeps part of its last step (heavy ball)",
    ),
    "chebyshev": MethodStyle(
        label="Chebyshev",
        color="#a05a2c",
        dash="longdashdot",
        marker="hexagon",
        about="steps planned from the smallest and the largest eigenvalue",
    ),
    "cg": MethodStyle(
        label="CG",
        color="#c0504d",
        dash="solid",
        marker="bowtie",
        about="conjugate gradients: the best of all methods that see only gradients",
    ),
    "newton": MethodStyle(
        label="Newton",
        color="#6b8e23",
        dash="dashdot",
        marker="hourglass",
        about="Newton's iteration for the inverse matrix: its error is squared in each step",
    ),
    "construction": MethodStyle(
        label="construction",
        color="#9853c6",
        dash="longdashdot",
        marker="octagon",
        about="linear attention with hand-made weights that do gradient descent",
    ),
    "gdpp": MethodStyle(
        label="GD++",
        color="#009e73",
        dash="dashdot",
        marker="diamond",
        about="trained transformer, two numbers per layer and head",
    ),
    "diag": MethodStyle(
        label="DIAG",
        color="#0072b2",
        dash="solid",
        marker="circle",
        about="trained transformer, four numbers per layer and head",
    ),
    "full": MethodStyle(
        label="FULL",
        color="#d55e00",
        dash="longdash",
        marker="square",
        about="trained transformer, full P and Q matrices",
    ),
    "seen": MethodStyle(
        label="training prompts",
        color="#c22f6e",
        dash="dash",
        marker="diamond-wide",
        about="a trained model on the prompts that it has seen, where their number is fixed",
    ),
    "const_rr": MethodStyle(
        label="ConstRR",
        color="#b87f00",
        dash="dash",
        marker="x-thin-open",
        about="ridge regression, one strength for all prompts",
    ),
    "ada_rr": MethodStyle(
        label="AdaRR",
        color="#c46a9d",
        dash="dot",
        marker="cross-thin-open",
        about="ridge regression, strength from the residuals of least squares",
    ),
    "iterative_rr": MethodStyle(
        label="AdaRR by GD",
        color="#8664c0",
        dash="dot",
        marker="hexagram",
        about="AdaRR found by gradient descent, its noise estimate too",
    ),
    "tuned_rr": MethodStyle(
        label="TunedRR",
        color="#3a93cc",
        dash="dashdot",
        marker="asterisk-open",
        about="as AdaRR, scaled and capped by two tuned numbers",
    ),
    "one_level": MethodStyle(
        label="one noise level",
        color="#8a6642",
        dash="longdash",
        marker="triangle-right",
        about="the best that training at one noise level can lead to: ridge of that strength",
    ),
    "oracle_rr": MethodStyle(
        label="OracleRR",
        color="#6c7a89",
        dash="longdash",
        marker="star",
        about="ridge regression that is told the noise level",
    ),
    "bayes_rr": MethodStyle(
        label="Bayes",
        color="#7b8794",
        dash="solid",
        marker="line-ew-open",
        about="the best predictor there can be for this noise law",
    ),
    "theorem_51": MethodStyle(
        label="Theorem 5.1",
        color="#b0389e",
        dash="longdash",
        marker="star-diamond",
        about="built by hand: GD++ layers that only improve the condition, then one step",
    ),
    "two_noise": MethodStyle(
        label="Theorem 5.2",
        color="#cc4db3",
        dash="dashdot",
        marker="diamond-tall",
        about="built by hand: two layers that are the best ridge regression at two noise levels",
    ),
    "paper": MethodStyle(
        label="published",
        color="#7b8794",
        dash="longdashdot",
        marker="circle-open",
        about="the value in the paper's table",
    ),
}
"""In the order of every legend and table."""
