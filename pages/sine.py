"""Lesson: the sine with an MLP. Words -> controls -> cached call -> figures."""

import random

import streamlit as st

from icl_core.experiments.sine.settings import DEEPER, VARIANTS, variant_of
from icl_core.lessons import sine as lesson
from icl_core.lessons.shared.points import format_points
from icl_core.lessons.sine.config import LAWS, MODELS, Sine, drawn_points
from icl_core.live import Values
from ui.page import (
    Controls,
    begin,
    charts_of,
    control_row,
    course,
    finding,
    first_picture,
    fragment,
    more_choices,
    parts,
    preset_links,
    result,
)
from ui.steps import step_of

PAGE = "sine"


@fragment()
def explore() -> None:
    controls = Controls(PAGE, Sine())

    def other_law() -> None:
        """Its own prompt, and a model that there is."""
        controls.put("prompt", "")
        controls.put("layers", 1)

    def redraw() -> None:
        points = drawn_points(controls["law"], random.randrange(10**6))
        controls.put("prompt", format_points(points))

    chart = st.container()  # above the widgets, which are read first
    with control_row():
        controls.one_of("model", "Whose answer is taken apart", MODELS)
        st.button(
            "Another",
            icon=":material/casino:",
            on_click=redraw,
            help="Another prompt: examples of a sine drawn as in training",
        )
        with more_choices():
            controls.one_of("law", "Law of the sines", LAWS, on_change=other_law)
            law = controls["law"]
            depths = (1, *DEEPER) if variant_of(law, DEEPER[0]) in VARIANTS else (1,)
            controls.one_of("layers", "Layers L", {L: str(L) for L in depths})
            seeds = range(VARIANTS[variant_of(law, controls["layers"])].seeds)
            controls.one_of("seed", "Seed", {seed: str(seed) for seed in seeds})
    config = controls.config()
    found = result(config)

    def moved(values: Values) -> None:
        if values["points"] != config.points:
            controls.put("prompt", format_points(values["points"]))
        controls.put("query", float(values["query"]))

    with chart:
        if step_of(PAGE):
            first_picture(config, found, {"prompt": moved})
        else:
            charts_of(config, found, {"prompt": moved})("prompt")
    if not step_of(PAGE):
        finding(lesson.finding(config, found))
        preset_links(PAGE, config)
    trained = controls.puts(frame=int)
    parts(controls, found, {"losses": trained, "learning": trained})


begin(
    PAGE,
    "**Drag an example and the model's curve follows.** Nobody told it what a sine is: what has it "
    "learned?",
)
explore()
course(PAGE)
