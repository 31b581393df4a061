"""Lesson: one layer. Words -> controls -> cached call -> figures."""

import streamlit as st

from icl_core.experiments.one_layer.settings import SEEDS
from icl_core.lessons import one_layer as lesson
from icl_core.lessons.one_layer.config import PRESETS, SHIFTS, OneLayer
from icl_core.lessons.one_layer.views import VIEWS
from icl_core.lessons.shared.words import meanings
from icl_core.live import Values
from ui.boundary import fragment
from ui.calls import one_layer_results
from ui.chart import charts_of
from ui.controls import Controls, control_row
from ui.frame import finding, heading, to_try
from ui.presets import preset_links

PAGE = "one_layer"


@fragment()
def explore() -> None:
    controls = Controls(PAGE, OneLayer())
    with control_row():
        controls.one_of("seed", "Weights of seed", {seed: str(seed) for seed in SEEDS})
        controls.one_of("shift", "Tested on", {name: words[0] for name, words in SHIFTS.items()})
    config = controls.config()
    runs = one_layer_results()
    show = charts_of(VIEWS, config, runs, page=PAGE)

    def damped(values: Values) -> None:
        controls.put("damping", float(f"{values['damping']:.4g}"))

    finding(lesson.finding(runs))
    left, right = st.columns([3, 4], gap="large")
    with left:
        show("training")
    with right:
        show("weights", lambda values: controls.put("frame", int(values["frame"])))
    left, right = st.columns(2, gap="large")
    with left:
        show("alignment")
    with right:
        show("shift")
    left, right = st.columns(2, gap="large")
    with left:
        show("mixes")
    with right:
        show("sizes")
    left, right = st.columns([3, 2], gap="large")
    with left:
        show("rollout", damped)
    with right:
        show("limits", damped)


heading(
    "One layer",
    "A layer of linear self-attention *can* take a step of gradient descent. Does training find "
    "it? A layer starts from random weights and sees prompts of ten examples $y_i = "
    r"\langle w, x_i\rangle$ with inputs from $U(-\frac12, \frac12)$, ten dimensions, a new $w$ "
    "every time, and no noise.",
)
preset_links(
    "pages/one_layer.py",
    OneLayer(),
    PRESETS,
    meanings(("gd", "construction"), ("n, d", "Σ, α", "loss (half MSE)")),
)
explore()
to_try(
    [
        "Play the **updates**: the loss waits on a plateau until the diagonal of "
        r"$W_K^\top W_Q$ is there.",
        "Choose another **seed**: the weights differ in sign and scale, their product does not.",
        "**Predict:** with inputs twice as wide, is the trained layer better or worse than "
        "gradient descent with the same step?",
        "Drag the **damping** to 1: the median falls faster, and the mean explodes. Why?",
        "Look at **other sizes**: the loss of a single step is known exactly, and training finds "
        "it.",
    ]
)
