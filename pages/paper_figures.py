"""Lesson: the figures of paper 2, with floors."""

import streamlit as st

from icl_core.lessons.paper_figures.config import FAR_DEPTHS, TITLES, PaperFigures
from icl_core.lessons.shared.shipped import families
from ui.page import Controls, begin, charts_of, control_row, fragment, preset_links, result, to_try

PAGE = "paper_figures"


@fragment()
def explore() -> None:
    families()
    controls = Controls(PAGE, PaperFigures())
    with control_row():
        controls.one_of("exhibit", "Figure", TITLES, menu=True, width=480)
        if controls["exhibit"] == "1":
            controls.switch("published", "Paper's Table 1")
        if controls["exhibit"] == "7":
            controls.one_of("layers", "Layers L", {depth: str(depth) for depth in FAR_DEPTHS})
    config = controls.config()
    with st.spinner("Measuring"):
        material = result(config)
    charts_of(config, material)("exhibit")
    preset_links(PAGE, config)


begin(
    PAGE,
    "[The paper's](https://arxiv.org/abs/2402.14180) figures again, each with two floors that it "
    "does not have. **How far is it still?**",
)
explore()
to_try(
    PAGE,
    [
        "**Figure 1:** how much of the way from AdaRR to Bayes is left with seven layers?",
        "**Figure 2:** GD++ touches the floor at one noise level only. Which one, and why?",
        "**Figure 3:** FULL is ahead at the levels met in training; who is ahead between them?",
        "**Figure 5:** a deep model is bad when read early: its layers are no copies of the "
        "shallower model.",
        "**Figure 7:** step through the depths: where, and after which layer, does the loss at "
        "low noise fall?",
    ],
)
