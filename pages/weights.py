"""Lesson: the weights of a model, layer by layer, over training, and beside theory."""

import streamlit as st

from icl_core.lessons import weights as lesson
from icl_core.lessons.weights import PRESETS, VIEWS, Weights
from icl_core.live import Values
from icl_core.plots.style import METHODS
from ui.boundary import fragment
from ui.calls import shipped_families, weights_story
from ui.chart import chart
from ui.controls import Controls, control_row
from ui.frame import finding, heading, to_try
from ui.presets import preset_links

PAGE = "weights"


def choose(controls: Controls[Weights]) -> Weights:
    """The row of widgets; depth and layer stay within what is shipped."""
    families = shipped_families()
    with control_row():
        tasks = {name: family.label for name, family in families.items()}
        controls.one_of("task", "Trained on", tasks, menu=True)
        entries = families[controls["task"]].entries
        kinds = {kind: METHODS[kind].label for kind in entries}
        controls.one_of("parametrization", "Model", kinds)
        depths = list(entries[controls["parametrization"]])
        controls.one_of("layers", "Layers L", {d: str(d) for d in depths})
        layers = {0: "all"} | {i: str(i) for i in range(1, controls["layers"] + 1)}
        controls.one_of("layer", "Show layer", layers)
        controls.one_of(
            "coordinates",
            "Coordinates",
            {"normalised": "normalised", "raw": "raw"},
            help="Normalised: tokens are measured in their typical size, so that entries of "
            "different blocks compare. Raw: as in the paper and in the file.",
        )
    return controls.config()


@fragment()
def explore() -> None:
    controls = Controls(PAGE, Weights())
    config = choose(controls)
    story = weights_story(config.task, config.parametrization, config.layers)

    def moved(values: Values) -> None:
        at = int(values["snapshot"])
        controls.put("snapshot", None if at == story.last else at)

    finding(lesson.finding(story))
    chart(
        VIEWS["heatmaps"](config, story), key="heatmaps", page=PAGE, config=config, on_change=moved
    )
    left, right = st.columns([3, 2], gap="large")
    with left:
        chart(VIEWS["theory"](config, story), key="theory", page=PAGE, config=config)
    with right:
        chart(VIEWS["omegas"](config, story), key="omegas", page=PAGE, config=config)


heading(
    "Weights",
    r"A layer adds $P\,G\,Q\,e$ to every token $e = (x, y)$, where $G = \sum_j e_j e_j^\top$ sums "
    "over the examples. So two small matrices a layer are the whole model. What did training "
    "write into them?",
)
preset_links("pages/weights.py", Weights(), PRESETS)
explore()
to_try(
    [
        "Press **play** (or the space bar): at first nothing happens, then the diagonal appears.",
        "Choose **one layer** and compare with theory: training found the best step of gradient "
        "descent by itself.",
        "Set **DIAG** beside **FULL** at the same depth: are the ω of the two alike, up to sign?",
        r"Look at the last layer of a deep model: only the $y$ row of $P$ matters there.",
        "Switch to **raw** coordinates: the same model, but with $n$ and the size of $y$ in it.",
    ]
)
