"""Lesson: the algorithm that a model found, by its four numbers a layer."""

import streamlit as st

from icl_core.lessons import algorithm as lesson
from icl_core.lessons.algorithm.config import NAMES, PRESETS, SYSTEM_NAMES, Algorithm
from icl_core.lessons.algorithm.measure import LABELS, Opened
from icl_core.lessons.algorithm.views import VIEWS
from icl_core.lessons.shared.words import meanings
from icl_core.live import Values
from ui.boundary import fragment
from ui.calls import algorithm_depths, opened_model, shipped_families
from ui.chart import chart
from ui.controls import Controls, control_row
from ui.frame import finding, heading, to_try
from ui.presets import preset_links

PAGE = "algorithm"


def choose(controls: Controls[Algorithm]) -> None:
    """Which model; its depth stays within what is shipped."""
    with control_row():
        tasks = {name: family.label for name, family in shipped_families().items()}
        controls.one_of("task", "Trained on", tasks, menu=True)
        found = algorithm_depths(controls["task"])
        controls.one_of("model", "Model", {kind: LABELS[kind] for kind in found}, menu=True)
        depths = list(found[controls["model"]])
        controls.one_of("layers", "Layers L", {d: str(d) for d in depths})


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
    left, right = st.columns([4, 5], gap="large")
    with left:
        chart(VIEWS["flow"](config, opened), key="flow", page=PAGE, config=config)
    with right:
        chart(
            VIEWS["switches"](config, opened),
            key="switches",
            page=PAGE,
            config=config,
            on_change=lambda v: controls.put(config.omega, round(v["factor"], 1)),
        )


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
    config = controls.config()
    chart(VIEWS["matching"](config, opened), key="matching", page=PAGE, config=config)


@fragment()
def one_prompt(controls: Controls[Algorithm], opened: Opened) -> None:
    """Implicit weights of one prompt, and the terms of the steps."""
    st.header("The weights that it holds", anchor=False)
    controls.number("seed", "Prompt", 0, 999)
    config = controls.config()

    def moved(values: Values) -> None:
        at = int(values["after"])
        controls.put("after", None if at == opened.num_layers else at)
        controls.put("sigma", float(f"{values['sigma']:.6g}"))

    left, right = st.columns([3, 2], gap="large")
    with left:
        chart(
            VIEWS["implicit"](config, opened),
            key="implicit",
            page=PAGE,
            config=config,
            on_change=moved,
        )
    with right:
        chart(VIEWS["terms"](config, opened), key="terms", page=PAGE, config=config)


@fragment()
def explore() -> None:
    controls = Controls(PAGE, Algorithm())
    choose(controls)
    config = controls.config()
    opened = opened_model(config.task, config.model, config.layers)
    controls.fit(lesson.reach(config, opened))
    finding(lesson.finding(opened))
    switches(controls, opened)
    left, right = st.columns([3, 2], gap="large")
    with left:
        chart(VIEWS["worth"](config, opened), key="worth", page=PAGE, config=config)
    with right:
        chart(VIEWS["omegas"](config, opened), key="omegas", page=PAGE, config=config)
    compare(controls, opened)
    one_prompt(controls, opened)


heading(
    "The algorithm it found",
    r"In a DIAG model a layer is four numbers: what $x$ and $y$ receive from $x$ and $y$. "
    r"$\omega_{yx}$ takes the step of **gradient descent**, $\omega_{xx}$ **preconditions** the "
    r"inputs, $\omega_{xy}$ makes the step **depend on the noise**, $\omega_{yy}$ **rescales** "
    "the answers of noisy prompts. Switch them off and see what each is worth.",
)
preset_links(
    "pages/algorithm.py",
    Algorithm(),
    PRESETS,
    meanings(
        (
            "gd",
            "heavy_ball",
            "chebyshev",
            "cg",
            "newton",
            "gdpp",
            "diag",
            "full",
            "const_rr",
            "bayes_rr",
        ),
        ("L", "n, d", "σ", "ω", "Σ, α", "adjusted loss"),
    ),
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
