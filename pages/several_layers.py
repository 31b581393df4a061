"""Lesson: deeper. Words -> controls -> cached call -> figures."""

import streamlit as st

from icl_core.experiments.several_layers.settings import ARCHITECTURES
from icl_core.lessons import several_layers as lesson
from icl_core.lessons.several_layers.config import PRESETS, SHORT, SeveralLayers
from icl_core.lessons.several_layers.views import VIEWS
from icl_core.lessons.shared.words import meanings
from icl_core.live import Values
from ui.boundary import fragment
from ui.calls import depth_results
from ui.chart import charts_of
from ui.controls import Controls, control_row
from ui.frame import finding, heading, to_try
from ui.presets import preset_links

PAGE = "several_layers"


@fragment()
def explore() -> None:
    controls = Controls(PAGE, SeveralLayers())
    with control_row():
        controls.one_of("kind", "Layers", SHORT)
        kind = ARCHITECTURES[controls["kind"]]
        controls.one_of("seed", "Seed", {seed: str(seed) for seed in kind.seeds})
        if not kind.tied and not kind.clipped:
            controls.one_of(
                "layer", "Weights of layer", {k: str(k) for k in range(1, kind.layers + 1)}
            )
        if not kind.clipped:
            controls.one_of("tokens", "Mixtures", {"free": "not clipped", "clipped": "clipped"})
    config = controls.config()
    runs = depth_results()
    show = charts_of(VIEWS, config, runs, page=PAGE)

    def moved(values: Values) -> None:
        controls.put("frame", int(values["frame"]))

    finding(lesson.finding(config, runs))
    left, right = st.columns(2, gap="large")
    with left:
        show("layers", moved)
    with right:
        show("cosines")
    left, right = st.columns([3, 4], gap="large")
    with left:
        show("likeness")
    with right:
        # Blocks with heads and MLPs have no construction to stand beside.
        if kind.clipped:
            show("depths")
        else:
            show("weights", moved)
    left, right = st.columns(2, gap="large")
    with left:
        show("training")
    with right:
        show("scales")
    if not kind.clipped:
        left, right = st.columns(2, gap="large")
        with left:
            show("mixes")
        with right:
            show("depths")


heading(
    "Deeper",
    "One layer is one step of gradient descent. Are several layers several steps? They learn "
    "something better: GD++, which also changes the inputs, "
    r"$x \leftarrow (I - \gamma \Sigma)\,x$, so that the next step meets an easier problem. "
    "Same task: ten examples in ten dimensions, no noise. *Tied* layers share their weights.",
)
preset_links(
    "pages/several_layers.py",
    SeveralLayers(),
    PRESETS,
    meanings(("gd", "gdpp"), ("L", "n, d", "loss (half MSE)", "Σ, α")),
)
explore()
to_try(
    [
        "Play the **updates**: first both layers descend like GD, then the loss after layer one "
        "rises, and the loss after layer two falls below anything GD can reach.",
        "**Predict:** are five layers with weights of their own better or worse than ten that "
        "share theirs?",
        "**Five untied**, layer after layer: γ and η grow from layer to layer, for inputs shrink. "
        "The scales of the layers hang together: can one layer be averaged with GD++'s?",
        "Look at **larger inputs**: what does clipping do to a method that diverges?",
    ]
)
