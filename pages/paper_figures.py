"""Lesson: the figures of paper 2, with floors."""

import streamlit as st

from icl_core.lessons.paper_figures.config import FAR_DEPTHS, PRESETS, TITLES, PaperFigures
from icl_core.lessons.paper_figures.views import VIEWS
from icl_core.lessons.shared.words import meanings
from ui.boundary import fragment
from ui.calls import paper_material, shipped_families
from ui.chart import chart
from ui.controls import Controls, control_row
from ui.frame import heading, to_try
from ui.presets import preset_links

PAGE = "paper_figures"


@fragment()
def explore() -> None:
    shipped_families()
    controls = Controls(PAGE, PaperFigures())
    with control_row():
        controls.one_of("exhibit", "Figure", TITLES, menu=True, width=480)
        if controls["exhibit"] == "1":
            controls.switch("published", "Paper's Table 1")
        if controls["exhibit"] == "7":
            controls.one_of("layers", "Layers L", {depth: str(depth) for depth in FAR_DEPTHS})
    config = controls.config()
    with st.spinner("Measuring"):
        material = paper_material(config)
    chart(VIEWS["exhibit"](config, material), key="exhibit", page=PAGE, config=config)


heading(
    "The paper's figures",
    "Figures 1 to 7 of [Vladymyrov et al. 2024](https://arxiv.org/abs/2402.14180) again, on the "
    "models shipped here, and each with two floors that the paper does not have: the Bayes "
    "predictor, which nothing can beat, and ridge regression of one strength, which GD++ of any "
    "depth cannot. (Figure 4 shows matrices: see *Weights*.)",
)
preset_links(
    "pages/paper_figures.py",
    PaperFigures(),
    PRESETS,
    meanings(
        (
            "gdpp",
            "diag",
            "full",
            "const_rr",
            "ada_rr",
            "tuned_rr",
            "oracle_rr",
            "bayes_rr",
            "paper",
        ),
        ("L", "n, d", "σ", "adjusted loss", "Bayes floor"),
    ),
)
explore()
to_try(
    [
        "**Figure 1:** how much of the way from AdaRR to Bayes is left with seven layers?",
        "**Figure 2:** GD++ touches the floor at one noise level only. Which one, and why?",
        "**Figure 3:** FULL is ahead at the levels met in training; who is ahead between them?",
        "**Figure 5:** a deep model is bad when read early: its layers are no copies of the "
        "shallower model.",
        "**Figure 7:** step through the depths: where, and after which layer, does the loss at "
        "low noise fall?",
    ]
)
