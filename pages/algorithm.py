"""Lesson: the algorithm that a model found, by its four numbers a layer."""

import streamlit as st

from icl_core.lessons import algorithm as lesson
from icl_core.lessons.algorithm.config import NAMES, SYSTEM_NAMES, Algorithm
from icl_core.lessons.algorithm.measure import LABELS, Opened
from icl_core.lessons.shared.shipped import models_of
from icl_core.live import Values
from ui.own import family_choice
from ui.page import Controls, begin, charts_of, control_row, finding, fragment, result, to_try
from ui.values import digits

PAGE = "algorithm"


def choose(controls: Controls[Algorithm]) -> None:
    """Which model; its depth stays within what is shipped."""
    with control_row():
        found = models_of(family_choice(controls).name)
        controls.one_of("model", "Model", {kind: LABELS[kind] for kind in found}, menu=True)
        layers = found[controls["model"]]
        controls.one_of("layers", "Layers L", {d: str(d) for d in layers})


@fragment()
def switches(controls: Controls[Algorithm], opened: Opened) -> None:
    """The omegas, scaled or off, and what the loss says to it."""
    with st.container(
        border=True, horizontal=True, gap="medium", vertical_alignment="center", key="switches"
    ):
        names = {name: f"ω_{name}: {role}" for name, role in NAMES.items()}
        controls.one_of("omega", "On the slider", names, menu=True, width=300)
        layers = {0: "all"} | {i: str(i) for i in range(1, opened.num_layers + 1)}
        controls.one_of("layer", "In layer", layers)
        with st.container(horizontal=True, gap="medium", width="content", key="toggles"):
            toggles(controls)
    config = controls.config()

    def moved(values: Values) -> None:
        controls.put(config.omega, round(values["factor"], 1))

    show = charts_of(config, opened, {"switches": moved})
    show("flow", "switches", widths=(4, 5))


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
def compare(controls: Controls[Algorithm], opened: Opened) -> None:
    """The layers beside known methods."""
    st.header("Which known method is it?", anchor=False)
    controls.one_of("system", "The methods solve", SYSTEM_NAMES, menu=True, width=300)
    charts_of(controls.config(), opened)("matching")


@fragment()
def one_prompt(controls: Controls[Algorithm], opened: Opened) -> None:
    """Implicit weights of one prompt, and the terms of the steps."""
    st.header("The weights that it holds", anchor=False)
    controls.number("seed", "Prompt", 0, 999)

    moved = controls.puts(
        after=lambda at: None if at == opened.num_layers else int(at), sigma=digits(6)
    )
    show = charts_of(controls.config(), opened, {"implicit": moved})
    show("implicit", "terms", widths=(3, 2))


@fragment()
def explore() -> None:
    controls = Controls(PAGE, Algorithm())
    choose(controls)
    config = controls.config()
    opened = result(config)
    controls.fit(lesson.reach(config, opened))
    finding(lesson.finding(config, opened))
    switches(controls, opened)
    charts_of(config, opened)("worth", "omegas", widths=(3, 2))
    compare(controls, opened)
    one_prompt(controls, opened)


begin(
    PAGE,
    r"In a DIAG model a layer is four numbers: what $x$ and $y$ receive from $x$ and $y$. "
    r"$\omega_{yx}$ takes the step of **gradient descent**, $\omega_{xx}$ **preconditions** the "
    r"inputs, $\omega_{xy}$ makes the step **depend on the noise**, $\omega_{yy}$ **rescales** "
    "the answers of noisy prompts. Switch them off and see what each is worth.",
)
explore()
to_try(
    [
        r"**Predict:** which number can the model least do without? Then turn it off.",
        r"Drag $\omega_{yy}$ from 0 to 1: which noise levels gain, and which do not care?",
        "Scale a number in **one layer** alone: the last layer is not like the others.",
        "Open **GD++** and look at the nearest method: its layers are not steps of Newton's "
        "method, but they are close. Then set two heads beside one.",
        "Press **play** on the one prompt: the weights pass least squares by and end near ridge "
        "regression, which was never told to them. Raise σ and play again.",
        "Which term does most of the work in the last layer, and does it point the right way?",
    ]
)
