"""Lesson: GD++ and the spectrum of the Hessian."""

import math

import numpy as np
import streamlit as st

from icl_core.lessons import spectrum as lesson
from icl_core.lessons.spectrum import CONTEXTS, DIMENSIONS, MAX_LAYERS, Hessians, Spectrum
from ui.boundary import fragment
from ui.calls import hessians, trained_gammas
from ui.chart import chart
from ui.controls import Controls, control_row
from ui.frame import heading, to_try
from ui.live import READOUT, Grid, Player, Quantity, Readout, Slider
from ui.presets import preset_links

PAGE = "gdpp_spectrum"
DEFAULT = Spectrum()
PRESETS = {
    "25 examples": DEFAULT,
    "100 examples": Spectrum(num_context=100),
    "As many as dimensions": Spectrum(num_context=10),
    "Three layers": Spectrum(layers=3),
    "Too large a γ": Spectrum(gamma=0.022),
    "Fewer examples than dimensions": Spectrum(num_context=5),
}
NODES = 61


def passage_grid(found: Hessians) -> Grid:
    """What the upper figure shows at every gamma and number of layers."""
    gammas = np.linspace(0, found.highest_gamma, NODES)
    stops = [
        [lesson.passage(found, float(gamma), layers) for layers in range(1, MAX_LAYERS + 1)]
        for gamma in gammas
    ]
    quantities = [
        Quantity(
            trace=uid,
            field=field,
            values=np.array([[stop.values()[uid, field] for stop in row] for row in stops]),
        )
        for uid, field in stops[0][0].values()
    ]
    kappas = np.array([[lesson.kappa(stop.after) for stop in row] for row in stops])
    quantities.append(Quantity(trace=READOUT, field="kappa", values=kappas, scale="log"))
    return Grid(axes={"gamma": gammas, "layers": range(MAX_LAYERS)}, quantities=quantities)


@st.cache_resource(max_entries=32, show_spinner=False)
def cached_grid(dim: int, num_context: int) -> Grid:
    return passage_grid(hessians(dim, num_context))


@fragment()
def explore() -> None:
    controls = Controls(PAGE, DEFAULT)
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

    def moved(values: dict[str, float]) -> None:
        controls.put("layers", int(values["layers"]) + 1)
        if not math.isclose(values["gamma"], gamma):
            controls.put("gamma", values["gamma"])

    chart(
        lesson.passage_figure(config, found),
        key="passage",
        page=PAGE,
        config=config,
        title="One prompt's eigenvalues",
        caption=lesson.finding(config, found),
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
        grid=cached_grid(config.dim, config.num_context),
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
    r"very different size. A GD++ layer also moves the inputs, $x \leftarrow (I - \gamma\Sigma)\,x$, "
    r"and so turns every eigenvalue $\lambda$ into $\lambda(1-\gamma\lambda)^2$.",
)
preset_links("pages/gdpp_spectrum.py", DEFAULT, PRESETS)
explore()
to_try(["Drag γ."])
