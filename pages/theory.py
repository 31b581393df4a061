"""Lesson: what theory builds. Words -> controls -> cached call -> figures, three times."""

import streamlit as st

from icl_core.constructions import CONSTRUCTIONS
from icl_core.lessons.theory.config import CONTEXTS, DIMENSIONS, LEVELS, Theory
from icl_core.lessons.theory.measure import Measured
from icl_core.lessons.theory.two_noise import omega_table
from icl_core.lessons.theory.words import FINDINGS
from ui.page import (
    Controls,
    begin,
    charts_of,
    control_row,
    finding,
    fragment,
    part_choice,
    preset_links,
    result,
    show_part,
)
from ui.steps import step_of
from ui.values import digits

PAGE = "theory"


@fragment()
def explore() -> None:
    controls = Controls(PAGE, Theory())
    with control_row():
        controls.one_of("dim", "Eigenvalues d", {d: str(d) for d in DIMENSIONS})
    config = controls.config()
    found = result(config)

    moved = controls.puts(kappa=digits(5), num_context=lambda at: CONTEXTS[int(at)])
    moves = {"second_order": moved, "factor": moved}
    step = step_of(PAGE)
    if step is None or "second_order" in step.views:
        charts_of(config, found, moves)("second_order")
    if step is None:
        finding(FINDINGS["second_order"](config, found), "second_order")
        preset_links(PAGE, config)
        second_order()
    part = part_choice(controls)
    with control_row("part"):
        if "factor" in part.views:
            pairs = {name: f"{low:.2g} and {high:.2g}" for name, (low, high) in LEVELS.items()}
            controls.one_of("levels", "Noise levels σ₁ and σ₂", pairs, menu=True)
        else:
            controls.switch("centred", "Take out means")
    config = controls.config()
    found = result(config)
    show_part(part, config, found, moves)
    if step is None:
        (two_noise if "factor" in part.views else square)(config, found)


def second_order() -> None:
    st.markdown(
        r"**Theorem 5.1.** A GD++ layer turns every eigenvalue $\lambda$ of $\Sigma$ into "
        r"$\lambda(1-\gamma\lambda)^2$. With $\gamma\lambda_{\max} = \tfrac13$ the condition "
        r"number $\kappa$ falls to about $\tfrac49$ of itself while it is large, and once it is "
        r"near 1, $\kappa - 1$ becomes about $\tfrac34(\kappa-1)^2$: the number of right digits "
        r"doubles in every layer. One gradient step at the end then solves the problem, so that "
        r"$L = O(\log\kappa + \log\log\tfrac1\varepsilon)$ layers do for an error $\varepsilon$."
    )


def two_noise(config: Theory, found: Measured) -> None:
    finding(FINDINGS["two_noise"](config, found), "two_noise")
    st.markdown(
        r"**Theorem 5.2.** Let $x \sim N(0, I/n)$, so that $\Sigma \to I$, and let a prompt's "
        r"noise be $\sigma_1$ or $\sigma_2$. The best answer tends to $w = \alpha/(1+\sigma^2)$ "
        r"with $\alpha = \sum_i y_i x_i$, and the model is not told $\sigma$. Layer 1 uses "
        r"$\omega_{yx}$ alone; what it leaves of the targets has the sum of squares $\approx "
        r"n\sigma^2$. Layer 2 uses $\omega_{yy}$ alone and multiplies by one plus $\omega_{yy}$ "
        r"times that sum. So $w \to -\omega_{yx}(1 + n\sigma^2\omega_{yy})\,\alpha$: a line in "
        r"$\sigma^2$, which can be right at two noise levels."
    )
    st.markdown(
        "What the two layers use, in the theorem's units (exact). A trained model may use all "
        r"four numbers, and for $n = 20$ it does:"
    )
    st.markdown(omega_table(config, found.trained))


def square(config: Theory, found: Measured) -> None:
    finding(FINDINGS["squares"](config, found), "squares")
    st.markdown(
        r"**Theorem 4.2.** Every layer keeps a linear model: the answer to a query is "
        r"$\langle w, x_t\rangle$, whatever the weights. So labels $y_i = x_i(1)^2$ are out of "
        r"reach: over $n \gg d$ examples, the cosine between answers and squares stays below 0.1. "
        "One more feature, the square itself, would make it 1."
    )


def constructions() -> None:
    st.header("All constructions", anchor=False)
    lines = ["| construction | what its layers do |", "|-|-|"]
    for built in CONSTRUCTIONS.values():
        uses = " and ".join(rf"$\omega_{{{name}}}$" for name in built.uses)
        lines.append(f"| {built.label} ({built.source}) | {built.about}; with {uses} alone |")
    st.markdown("\n".join(lines))


begin(
    PAGE,
    "**Some algorithms need no training**: their weights can be written down. How many layers do "
    "they take? Drag κ.",
)
explore()
if not step_of(PAGE):
    constructions()
