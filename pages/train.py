"""Lab: train a linear transformer and watch; or open a file that was trained before."""

import streamlit as st

from icl_core.errors import InputError
from icl_core.lessons.training import LIMITS, PRESETS, SECONDS, Train
from icl_core.lessons.words import meanings
from icl_core.plots.style import METHODS
from ui.boundary import guarded
from ui.checkpoint_view import open_checkpoint
from ui.controls import Controls, control_row
from ui.frame import heading, to_try
from ui.jobs import trainings
from ui.presets import preset_links
from ui.training_view import example_view, training_view

PAGE = "train"
JOB, REFUSED = "train:job", "train:refused"
NOISES = {"uniform": "any up to", "fixed": "always", "categorical": "one of"}


def choose(controls: Controls[Train]) -> Train:
    with control_row():
        controls.number("dim", "Dimension d", *LIMITS["dim"])
        controls.number("num_context", "Examples n", *LIMITS["num_context"])
        controls.one_of("noise", "Noise level σ", NOISES)
        if controls["noise"] == "categorical":
            controls.text("sigmas", "Levels")
        else:
            controls.number("sigma", "Level", 0.0, 20.0)
        controls.one_of("layers", "Layers L", {n: str(n) for n in range(1, 7)})
        kinds = {kind: METHODS[kind].label for kind in ("gdpp", "diag", "full")}
        controls.one_of("parametrization", "Weights", kinds)
        controls.one_of("heads", "Heads", {1: "1", 2: "2"})
        controls.number("seed", "Seed", 0, 2**31 - 1)
        controls.number("seconds", "Seconds at most", *SECONDS)
    return controls.config()


def start(config: Train) -> None:
    """A button's callback: what goes wrong is told by the run that follows."""
    try:
        st.session_state[JOB] = trainings().start(config).id
    except InputError as error:
        st.session_state[REFUSED] = error


heading(
    "Train",
    "Choose a task and a model, press start, and watch the loss come down towards the Bayes floor: "
    "what the best predictor there can be would reach. You may leave this page meanwhile.",
)
preset_links(
    "pages/train.py",
    Train(),
    PRESETS,
    meanings(
        ("gdpp", "diag", "full", "bayes_rr", "paper"),
        ("L", "n, d", "σ", "P, Q, G", "ω", "adjusted loss", "Bayes floor"),
    ),
)
config = choose(Controls(PAGE, Train()))
job = trainings().find(st.session_state.get(JOB))
busy = job is not None and job.active
st.button(
    "Start training",
    type="primary",
    icon=":material/play_arrow:",
    disabled=busy,
    on_click=start,
    args=[config],
)
with guarded():
    if refused := st.session_state.pop(REFUSED, None):
        raise refused
if job is not None:
    training_view(job, page=PAGE)
else:
    example_view(PAGE)

open_checkpoint(PAGE)
to_try(
    [
        "Train **one layer** and compare with theory: it cannot do better than a single step of "
        "gradient descent.",
        "Train the same task with **GD++** and **DIAG**: one more number per layer lets the model "
        "react to the noise of the prompt.",
        "Set **d = 1**: two layers are nearly enough.",
    ]
)
