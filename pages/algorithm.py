"""Lesson: the algorithm that a model found, by its four numbers a layer."""

import streamlit as st

from icl_core.lessons import algorithm as lesson
from icl_core.lessons.algorithm.config import NAMES, SYSTEM_NAMES, Algorithm
from icl_core.lessons.algorithm.measure import LABELS, Opened
from icl_core.lessons.shared.shipped import models_of
from icl_core.live import Values
from ui.own import beside_choice, family_choice
from ui.page import (
    Controls,
    begin,
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
from ui.values import digits

PAGE = "algorithm"


def choose(controls: Controls[Algorithm]) -> None:
    """Which model, its depth within what is shipped, and what the slider scales."""
    family = family_choice(controls)
    found = models_of(family.name)
    controls.one_of("model", "Model", {kind: LABELS[kind] for kind in found}, menu=True)
    depths = found[controls["model"]]
    controls.one_of("layers", "Layers L", {d: str(d) for d in depths})
    names = {name: f"ω_{name}: {role}" for name, role in NAMES.items()}
    controls.one_of("omega", "Number to scale", names, menu=True, width=300)
    layers = {0: "all"} | {i: str(i) for i in range(1, controls["layers"] + 1)}
    controls.one_of("layer", "In layer", layers)
    beside_choice(controls, family.task.dim)


def toggles(controls: Controls[Algorithm]) -> None:
    """Every omega on or off; one that is scaled counts as on."""
    for name, role in NAMES.items():
        factor, key = controls[name], f"{PAGE}_switch_{name}"
        st.session_state[key] = factor > 0

        def turned(name: str = name, key: str = key) -> None:
            controls.put(name, 1.0 if st.session_state[key] else 0.0)

        scaled = f" × {factor:g}" if factor not in (0, 1) else ""
        st.toggle(rf"$\omega_{{{name}}}${scaled}", key=key, help=role, on_change=turned)


@fragment()
def closer(controls: Controls[Algorithm], opened: Opened) -> None:
    """One part at a time, with the choices that it has of its own."""
    part = part_choice(controls)
    if "matching" in part.views and not step_of(PAGE):
        controls.one_of("system", "The methods solve", SYSTEM_NAMES, menu=True, width=300)
    if "implicit" in part.views and not step_of(PAGE):
        controls.number("seed", "Prompt", 0, 999)
    moved = controls.puts(
        after=lambda at: None if at == opened.num_layers else int(at), sigma=digits(6)
    )
    show_part(part, controls.config(), opened, {"implicit": moved})


@fragment()
def explore() -> None:
    controls = Controls(PAGE, Algorithm())
    with control_row():
        toggles(controls)
        with more_choices():
            choose(controls)
    config = controls.config()
    opened = result(config)
    config = controls.fit(lesson.reach(config, opened))

    def moved(values: Values) -> None:
        controls.put(config.omega, round(values["factor"], 1))

    first_picture(config, opened, {"switches": moved}, widths=(4, 5))
    closer(controls, opened)


begin(
    PAGE,
    "**Four numbers a layer.** What does the model lose without one of them? Switch it off.",
)
explore()
course(PAGE)
