"""Lesson: GD++ and the spectrum of the Hessian."""

import math

import streamlit as st

from icl_core.errors import InputError
from icl_core.lessons import gdpp_spectrum as lesson
from icl_core.lessons.gdpp_spectrum.config import (
    CONDITIONS,
    CONTEXTS,
    DIMENSIONS,
    DRAWS,
    EIGENVALUES,
    INPUTS,
    OF_MODEL,
    GdppSpectrum,
)
from icl_core.lessons.gdpp_spectrum.measure import gamma_of
from icl_core.lessons.gdpp_spectrum.trained import trained_of, trained_reach
from icl_core.lessons.shared.shipped import KINDS, models_of
from icl_core.live import Values
from ui.chart import Moved
from ui.own import beside_choice, family_choice
from ui.page import (
    Controls,
    begin,
    control_row,
    course,
    finding,
    first_picture,
    fragment,
    more_choices,
    part_choice,
    result,
    show_part,
)
from ui.steps import step_of

PAGE = "gdpp_spectrum"


@fragment()
def explore() -> None:
    controls = Controls(PAGE, GdppSpectrum())
    with control_row():
        controls.one_of("dim", "Dimension d", {d: str(d) for d in DIMENSIONS})
        controls.one_of("inputs", "Inputs", INPUTS)
        st.button(
            "Best γ",
            icon=":material/target:",
            on_click=lambda: controls.put("gamma", None),
            help="The γ with the smallest median condition number over prompts; for one prompt of "
            "two eigenvalues, that which makes them equal",
            key="best_gamma",
        )
        with more_choices():
            controls.steps("num_context", "Examples n in the prompt", {n: str(n) for n in CONTEXTS})
            if controls["inputs"] == "stretched":
                values = {value: f"{value:g}" for value in CONDITIONS}
                controls.steps("condition", "Condition of their covariance", values)
            controls.one_of("prompt", "Eigenvalues of", EIGENVALUES)
    charts(controls)


@fragment()
def charts(controls: Controls[GdppSpectrum]) -> None:
    """Apart from the widgets, which a release of γ leaves as they are."""
    config = controls.config()
    found = result(config)
    reach = lesson.reach(config, found)
    config = controls.fit({"gamma": reach["gamma"]})
    gamma = gamma_of(config, found.hessians)

    def moved(values: Values) -> None:
        controls.put("layers", int(values["layers"]) + 1)
        if not math.isclose(values["gamma"], gamma):
            controls.put("gamma", reach["gamma"].nearest(float(f"{values['gamma']:.5g}")))

    moves: dict[str, Moved] | None = {"passage": moved, "conditions": moved}
    first_picture(config, found, moves)
    part = part_choice(controls)
    if controls["part"] in OF_MODEL:
        moves = trained(controls)
    if moves is not None:
        show_part(part, controls.config(), found, moves)


def trained(controls: Controls[GdppSpectrum]) -> dict[str, Moved] | None:
    """What the layers of a trained model do, whatever is chosen above: its widgets, and what moves
    its charts; None where there is no such model."""
    try:
        choose_model(controls)
    except InputError as none:
        st.info(str(none), icon=":material/inventory_2:")
        return None
    config = controls.fit(trained_reach(controls.config()))
    last = trained_of(config).last
    if not step_of(PAGE):
        finding(lesson.trained_finding(config), "trained")
    played = controls.puts(frame=lambda at: None if at == last else int(at))
    stepped = controls.puts(layer=lambda at: int(at) + 1)
    return {"layers": played, "map": stepped}


def choose_model(controls: Controls[GdppSpectrum]) -> None:
    """Which model, of those there are, and which of its prompts."""
    with control_row("trained"):
        family = family_choice(controls)
        found = models_of(family.name)
        labels = {name: KINDS[name].label for name in found}
        controls.one_of("model", "Model", labels, menu=True)
        depths = found[controls["model"]]
        controls.one_of("depth", "Layers L", {depth: str(depth) for depth in depths})
        controls.one_of("draw", "Eigenvalues of", DRAWS)
        beside_choice(controls, family.task.dim)


begin(
    PAGE,
    "**Because long ellipses become round.** Gradient descent is slow in a long valley: what does "
    "GD++ do to it? Drag γ.",
)
explore()
course(PAGE)
