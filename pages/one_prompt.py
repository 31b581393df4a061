"""Lesson: one prompt, its noise, and what each method takes it to be."""

import random

import streamlit as st

from icl_core.lessons.one_prompt.config import OnePrompt
from icl_core.lessons.one_prompt.measure import Shown, drawn_sigma, sigma_reach
from icl_core.lessons.one_prompt.words import rows
from icl_core.lessons.shared.shipped import find_family
from ui.chart import Moved
from ui.own import beside_choice, family_choice
from ui.page import (
    Controls,
    begin,
    control_row,
    course,
    first_picture,
    fragment,
    more_choices,
    parts,
    result,
)
from ui.steps import step_of
from ui.values import digits

PAGE = "one_prompt"
FORMATS = {"acts for σ": "%.3f", "distance": "%.2g", "loss": "%.2g"}


@fragment()
def explore() -> None:
    controls = Controls(PAGE, OnePrompt())

    def redraw() -> None:
        """Another prompt, with a noise level of its own."""
        task = find_family(controls["task"]).task
        controls.put("seed", random.randrange(10_000))
        controls.put("sigma", drawn_sigma(task, random.random()))

    with control_row():
        controls.number("seed", "Prompt", 0, 9999)
        st.button(
            "Another",
            icon=":material/casino:",
            on_click=redraw,
            help="Another prompt, with a noise level drawn as in training",
        )
        with more_choices():
            family = family_choice(controls)
            controls.one_of("layers", "Layers L", {depth: str(depth) for depth in family.depths})
            beside_choice(controls, family.task.dim)
    limits = sigma_reach(family.task)
    controls.within("sigma", limits)
    config = controls.config()
    shown = result(config)

    moved = controls.puts(sigma=lambda value: limits.nearest(digits(6)(value)))
    moves: dict[str, Moved] = dict.fromkeys(("noise", "weights", "steps"), moved)
    first_picture(config, shown, moves)
    parts(controls, shown, moves)
    if controls["part"] == "ends" and not step_of(PAGE):
        ends(shown)


def ends(shown: Shown) -> None:
    """The strength of ridge regression that each method comes to, as a table."""
    st.dataframe(
        rows(shown.story),
        hide_index=True,
        width="content",
        column_config={
            name: st.column_config.NumberColumn(format=form) for name, form in FORMATS.items()
        },
    )
    st.caption(
        "A method acts for σ if the ridge regression of strength σ² comes nearest to its "
        "weights. The distance between the two is what no ridge regression explains; the loss "
        "is the distance from the one that is told the true σ. Half MSE over all queries, "
        "exact for this prompt."
    )


begin(
    PAGE,
    "**How noisy are these examples?** Nobody tells the model, and its best answer depends on it: "
    "it guesses.",
)
explore()
course(PAGE)
