"""Lesson: GD++ and the spectrum of the Hessian."""

import math

import numpy as np
import streamlit as st

from icl_core.lessons import spectrum as lesson
from icl_core.lessons.spectrum import CONTEXTS, DIMENSIONS, MAX_LAYERS, PRESETS, Spectrum
from ui.boundary import fragment
from ui.calls import hessians, trained_gammas
from ui.chart import chart
from ui.controls import Controls, control_row
from ui.frame import finding, heading, to_try
from ui.live import READOUT, Grid, Player, Quantity, Readout, Slider, Values
from ui.presets import preset_links

PAGE = "gdpp_spectrum"
NODES = 61


@st.cache_resource(max_entries=32, show_spinner=False)
def passage_grid(dim: int, num_context: int) -> Grid:
    """What the upper figure shows at every gamma and number of layers."""
    found = hessians(dim, num_context)
    gammas = np.linspace(0, found.highest_gamma, NODES)
    fields, kappas = lesson.passages(found, gammas)
    quantities = [Quantity(trace=uid, field=name, values=v) for (uid, name), v in fields.items()]
    quantities.append(Quantity(trace=READOUT, field="kappa", values=kappas, scale="log"))
    return Grid(axes={"gamma": gammas, "layers": range(MAX_LAYERS)}, quantities=quantities)


@fragment()
def explore() -> None:
    controls = Controls(PAGE, Spectrum())
    with control_row():
        controls.one_of("dim", "Dimension d", {d: str(d) for d in DIMENSIONS})
        controls.steps("num_context", "Examples n in the prompt", {n: str(n) for n in CONTEXTS})
        st.button(
            "Best γ",
            icon=":material/target:",
            on_click=lambda: controls.put("gamma", None),
            help="The γ with the smallest median condition number over prompts",
        )
    config = controls.config()
    found = hessians(config.dim, config.num_context)
    gamma = lesson.gamma_of(config, found)
    shown = lesson.passage(found, gamma, config.layers)

    def moved(values: Values) -> None:
        controls.put("layers", int(values["layers"]) + 1)
        if not math.isclose(values["gamma"], gamma):
            controls.put("gamma", float(f"{values['gamma']:.5g}"))

    finding(lesson.finding(config, found))
    chart(
        lesson.passage_figure(config, found),
        key="passage",
        page=PAGE,
        config=config,
        title="One prompt's eigenvalues",
        controls=[
            Slider(
                name="gamma",
                label="γ",
                minimum=0.0,
                maximum=found.highest_gamma,
                step=found.highest_gamma / 600,
                value=gamma,
            ),
            Player(
                name="layers",
                label="GD++ layers",
                labels=[str(layers) for layers in range(1, MAX_LAYERS + 1)],
                value=config.layers - 1,
            ),
        ],
        grid=passage_grid(config.dim, config.num_context),
        readouts=[
            Readout(name="before", label="κ before", value=lesson.kappa(shown.before)),
            Readout(name="kappa", label="κ after", value=lesson.kappa(shown.after)),
        ],
        on_change=moved,
    )
    left, right = st.columns(2, gap="large")
    with left:
        trained = trained_gammas(config.dim, config.num_context)
        chart(lesson.gamma_figure(config, found, trained), key="gamma", page=PAGE, config=config)
    with right:
        chart(lesson.histogram_figure(config, found), key="kappas", page=PAGE, config=config)


heading(
    "GD++ spectrum",
    r"Gradient descent is slow where the Hessian $\Sigma = \sum_i x_i x_i^\top$ has eigenvalues of "
    r"very different size. A GD++ layer also moves the inputs, "
    r"$x \leftarrow (I - \gamma\Sigma)\,x$, and so turns every eigenvalue $\lambda$ into "
    r"$\lambda(1-\gamma\lambda)^2$.",
)
preset_links("pages/gdpp_spectrum.py", Spectrum(), PRESETS)
explore()
to_try(
    [
        r"Drag **γ** until the largest eigenvalue reaches the root $1/\gamma$: it vanishes, and "
        "the condition number explodes.",
        "Put the **peak** near the largest eigenvalues: all large ones end up nearly equal.",
        "Add **layers**: each squeezes what the one before left, with less to gain every time.",
        "Take **more examples**: the spectrum narrows by itself, and there is less to do.",
        "Take **fewer examples than dimensions**: the missing directions stay at 0, whatever γ is.",
    ]
)
