"""Home: the playground, and where to go. Words -> controls -> cached call -> figure."""

import random
from collections.abc import Sequence

import numpy as np
import streamlit as st

from icl_core.export.recipe import HOME
from icl_core.lessons import playground as lesson
from icl_core.lessons.catalog import LESSONS, result
from icl_core.lessons.paths import PATHS
from icl_core.lessons.playground.config import (
    DEEPEST,
    TASKS,
    Playground,
    drawn_points,
    with_outlier,
)
from icl_core.lessons.shared.points import format_points
from icl_core.live import Values
from icl_core.live.points import Point
from icl_core.models.linear import PARAMETRIZATIONS
from icl_core.plots.methods import METHODS
from ui.boundary import fragment
from ui.chart import charts_of
from ui.controls import Controls, control_row
from ui.frame import finding, heading
from ui.presets import preset_link, preset_links
from ui.reopen import reopen

ROW = 4
"""Cards in a row."""
NEAR = 0.002
"""Points that a slider has moved differ by rounding from those drawn at its noise level."""


@fragment()
def explore() -> None:
    controls = Controls(HOME, Playground())

    def new_prompt() -> None:
        controls.put("seed", random.randrange(10**6))
        controls.put("prompt", "")
        controls.put("revealed", False)

    def outlier() -> None:
        points = st.session_state[f"{HOME}:config"].points
        controls.put("prompt", format_points(with_outlier(points)))

    def other_depth() -> None:
        controls.put("layer", controls["layers"])

    chart = st.container()  # above the widgets, which are read first
    with control_row():
        controls.one_of("dim", "Inputs x", {1: "one: a line", 2: "two: a plane"})
        if controls["dim"] == 1:
            icons = {
                "casino": ("New prompt", new_prompt),
                "north_east": ("Make an outlier", outlier),
            }
            for icon, (label, act) in icons.items():
                st.button(label, icon=f":material/{icon}:", on_click=act)
            depths = {L: str(L) for L in range(1, DEEPEST + 1)}
            controls.one_of("layers", "Layers L", depths, on_change=other_depth)
            controls.one_of("model", "Transformer", {k: METHODS[k].label for k in PARAMETRIZATIONS})
            tasks = {name: task.noise.label() for name, task in TASKS.items()}
            controls.one_of("task", "Trained on noise", tasks)
    config = controls.config()
    found = result(config)

    def line_moved(values: Values) -> None:
        points, sigma = values["points"], float(values["sigma"])
        if config.prompt or not drawn(points, config.seed, sigma):
            controls.put("prompt", format_points(points))
        ((query, guess),) = values["guess"]
        for field, value in {"sigma": sigma, "query": query, "guess": guess}.items():
            controls.put(field, value)
        controls.put("layer", int(values["layer"]))
        controls.put("revealed", values["revealed"])

    def plane_moved(values: Values) -> None:
        if values["inputs"] != config.plane:
            controls.put("inputs", format_points(values["inputs"]))
        for field in ("eta", "gamma"):
            controls.put(field, float(values[field]))
        controls.put("step", int(values["step"]))

    show = charts_of(config, found, {"line": line_moved, "plane": plane_moved})
    with chart:
        show(*LESSONS[HOME].shown(config))
    if config.revealed and config.dim == 1:
        finding(lesson.finding(config, found))


def drawn(points: Sequence[Point], seed: int, sigma: float) -> bool:
    """Whether the points are those of a prompt, but for the rounding of a slider's."""
    own = np.array(drawn_points(seed, sigma))
    return len(points) == len(own) and bool(np.allclose(points, own, rtol=0, atol=NEAR))


def path(name: str) -> None:
    """The stops of a path, in their order."""
    st.markdown(f"**{name}**")
    with st.container(gap="xxsmall", key=f"path_{name.replace(' ', '_')}"):
        for at, stop in enumerate(PATHS[name], 1):
            row = LESSONS[stop.page]
            st.page_link(
                f"pages/{stop.page}.py",
                label=f"{at}. {row.title}: {stop.see}",
                icon="",
                query_params=preset_link(row.presets[stop.preset]),
            )


def card(name: str) -> None:
    """A page and what it shows."""
    row = LESSONS[name]
    with st.container(border=True, gap="xsmall", key=f"card_{name}", height="stretch"):
        st.page_link(f"pages/{name}.py", label=f"**{row.title}**", icon_position="right")
        st.markdown(row.about)


heading(
    "Move the points; the answer follows",
    "A transformer that has never seen these points reads them, and answers for a new x: layer by "
    "layer it finds their line.",
)
explore()
preset_links(HOME)
st.header("Where to go from here", anchor=False)
for place, name in zip(st.columns(len(PATHS), gap="large"), PATHS, strict=True):
    with place:
        path(name)
st.header("All pages", anchor=False)
names = [name for name in LESSONS if name != HOME]
for start in range(0, len(names), ROW):
    for column, name in zip(st.columns(ROW), names[start : start + ROW], strict=False):
        with column:
            card(name)
reopen()
