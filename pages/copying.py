"""Lesson: copying tokens. Words -> controls -> cached call -> figures."""

import streamlit as st

from icl_core.experiments.copying.settings import OPTIMISED
from icl_core.lessons.copying.config import EDITS, MODELS, OPTIMISERS, PROMPTS, TOKENS, Copying
from icl_core.lessons.copying.measure import Trainings
from ui.page import (
    Controls,
    begin,
    charts_of,
    control_row,
    course,
    first_picture,
    fragment,
    more_choices,
    part_choice,
    result,
    show_part,
)
from ui.steps import step_of

PAGE = "copying"


@fragment()
def explore() -> None:
    controls = Controls(PAGE, Copying())
    with control_row():
        controls.one_of("model", "Model", MODELS, menu=True, width=230)
        with more_choices():
            controls.one_of("optimiser", "Trained by", OPTIMISERS)
            seeds = range(OPTIMISED[controls["optimiser"]].seeds)
            controls.one_of("seed", "Seed", {seed: str(seed) for seed in seeds})
    config = controls.config()
    runs = result(config)

    moved = controls.puts(frame=int)
    first_picture(config, runs, {"training": moved})
    part = part_choice(controls)
    if "swap" in part.views and not step_of(PAGE):
        swaps(controls, runs)
    else:
        show_part(part, controls.config(), runs, {"weights": moved})


@fragment()
def swaps(controls: Controls[Copying], runs: Trainings) -> None:
    st.markdown(
        "Layer 1 has to find out which target belongs to which input, and "
        "knows that by positions alone. What does the model make of a prompt in which two tokens "
        "have exchanged what they say, or where they stand?"
    )
    with st.container(horizontal=True, gap="medium"):
        controls.one_of("first", "One token", TOKENS, menu=True, width=110)
        controls.one_of("second", "The other", TOKENS, menu=True, width=110)
        controls.one_of("edit", "They exchange", EDITS)
        controls.number("prompt", f"Prompt (1 to {PROMPTS})", 1, PROMPTS)
    charts_of(controls.config(), runs)("swap", "partners")


begin(
    PAGE,
    "Each answer stands one place after its question. **A layer must copy before another can "
    "learn.** When does it?",
)
explore()
course(PAGE)
