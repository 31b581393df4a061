"""Lab: train a linear transformer and watch; or open a file that was trained before."""

import streamlit as st

from icl_core.errors import InputError
from icl_core.experiments.variations.settings import SOFTMAX
from icl_core.lessons.train.config import (
    BATCHES,
    INPUTS,
    LIMITS,
    RECIPES,
    SECONDS,
    STARTS,
    STEPS,
    SYSTEMS,
    Train,
)
from icl_core.lessons.train.systems import system_of
from icl_core.lessons.train.words import ABOUT, duration
from icl_core.plots import METHODS
from icl_core.settings import settings
from icl_core.training.plain_config import RECIPES as RUNS
from icl_core.validation import LIMITS as ENGINE_LIMITS
from ui.boundary import guarded
from ui.checkpoint_view import open_checkpoint
from ui.controls import Controls, control_row
from ui.frame import begin, to_try
from ui.job import Job
from ui.jobs import trainings
from ui.parts import more_choices
from ui.presets import preset_link, preset_links
from ui.training_view import example_view, training_view
from ui.visitor import owner, visitor

PAGE = "train"
LINKED, BESIDE = "job", "beside"
"""The parameters of the link that name a training, and the one that stands beside it."""
JOB, SHOWN = "train:job", "train:shown"
"""Of a session: its last training, the one that the page shows."""
ASKED, REFUSED = "train:asked", "train:refused"
"""Of a session: whether a training was asked for, why none was started."""
START = "train_start"
SIZES = {"dim": "Inputs d", "num_context": "Examples n", "layers": "Layers L"}
NOISES = {"uniform": "any up to", "fixed": "always", "categorical": "one of"}


def choose(controls: Controls[Train]) -> None:
    """What everybody chooses."""
    with control_row():
        controls.one_of("system", "What is trained", SYSTEMS, menu=True, width=230)
        if controls["system"] != "noise":
            choose_beyond(controls)
            return
        for name, label in SIZES.items():
            controls.number(name, label, *LIMITS[name], width=84)
        kinds = {kind: METHODS[kind].label for kind in ("gdpp", "diag", "full")}
        controls.one_of("parametrization", "Weights", kinds)


def choose_more(controls: Controls[Train]) -> None:
    """What not everybody asks for, of linear attention."""
    if controls["system"] != "noise":
        return
    other = RECIPES[controls["recipe"]] if controls["recipe"] != "rounds" else ""
    with more_choices(other, "tied" * controls["tied"]):
        choose_task(controls)
        choose_recipe(controls)
        controls.number("seed", "Seed", 0, 2**31 - 1)
        controls.number("seconds", "Seconds at most", SECONDS[0], settings().training_seconds)


def choose_task(controls: Controls[Train]) -> None:
    """What the prompts are like, beyond their size, and how many heads read them."""
    with st.container(horizontal=True):
        controls.one_of("noise", "Noise level σ", NOISES)
        if controls["noise"] == "categorical":
            controls.text("sigmas", "Levels")
        else:
            controls.number("sigma", "Level", 0.0, 20.0)
    with st.container(horizontal=True):
        controls.one_of("inputs", "Inputs", INPUTS)
        if controls["inputs"] == "stretched":
            controls.number("condition", "Condition", 1.0, 1000.0)
    controls.one_of("heads", "Heads", {n: str(n) for n in range(1, LIMITS["heads"][1] + 1)})


def choose_recipe(controls: Controls[Train]) -> None:
    """How it is trained. Muon is for matrices, which only FULL has."""
    full = controls["parametrization"] == "full"
    known = {name: said for name, said in RECIPES.items() if full or name != "muon"}
    controls.one_of("recipe", "Recipe", known)
    name = controls["recipe"]
    st.caption(ABOUT[name])
    if name != "rounds":
        run = RUNS[name]
        with st.container(horizontal=True):
            own = {"rate": run.learning_rate, "steps": run.steps, "batch": run.batch}
            limits = {"rate": ENGINE_LIMITS["learning_rate"], "steps": STEPS, "batch": BATCHES}
            words = {"rate": "Learning rate", "steps": "Updates", "batch": "Prompts each"}
            for field, label in words.items():
                controls.number(field, label, *limits[field], placeholder=f"{own[field]:g}")
            controls.number("starts", "Starts", *STARTS)
    controls.switch("tied", "All layers share their weights (tied)")


def choose_beyond(controls: Controls[Train]) -> None:
    """What there is to choose beyond linear attention."""
    if controls["system"] == "softmax":
        controls.one_of("heads", "Heads", {1: "1", 2: "2"})
    if controls["system"] != "sine":
        controls.one_of("optimiser", "Trained by", {name: name.title() for name in SOFTMAX})
    controls.number("seed", "Seed", 0, 2**31 - 1)
    controls.number("seconds", "Seconds at most", SECONDS[0], settings().training_seconds)


def start(config: Train) -> None:
    """Put a training in the queue; what goes wrong is told further down."""
    try:
        job = trainings().start(config, visitor(), owner())
        st.session_state[JOB] = job.id
        st.query_params.from_dict(naming(job) | without(LINKED, BESIDE))
    except InputError as error:
        st.session_state[REFUSED] = error


def naming(job: Job | None) -> dict[str, str]:
    """The part of a link that names a training, and the one beside it; before the choices, as
    `Controls` orders them, for every other order would be one more step back in the browser."""
    kept = st.query_params.get(BESIDE)
    return ({LINKED: job.id} if job else {}) | ({BESIDE: kept} if kept else {})


def without(*names: str) -> dict[str, str]:
    """The rest of the link."""
    return {k: v for k, v in st.query_params.to_dict().items() if k not in names}


def keep_beside(job: Job | None) -> None:
    """Name a run in the link to stand beside the next, or none any longer."""
    kept = {} if job is None else {BESIDE: job.id}
    named = {k: v for k, v in st.query_params.to_dict().items() if k == LINKED}
    st.query_params.from_dict(named | kept | without(LINKED, BESIDE))


def choose_beside(job: Job | None, beside: Job | None) -> None:
    """Keep the run that is shown for a comparison with the next, or put the one kept away."""
    if job is not None and job.frames and job is not beside:
        st.button(
            "Keep beside the next", on_click=keep_beside, args=[job], icon=":material/compare:"
        )
    if beside is not None:
        name = system_of(beside.config).name(beside.config)
        label = f"Put away {name}" if beside is not job else "Not beside the next"
        st.button(label, on_click=keep_beside, args=[None], icon=":material/close:")
    elif st.query_params.get(BESIDE):
        st.info(
            "The training that was to stand beside this one is gone: the server remembers the last "
            f"{settings().runs:,}, for {settings().run_days:g} days.",
            icon=":material/link_off:",
        )


def link_again() -> None:
    """Name the session's training in the link when the page is come back to from another one.

    Not in every run: the back button could not pass. Streamlit forgets the button of a page left.
    """
    own = trainings().find(st.session_state.get(JOB))
    if START not in st.session_state and own is not None:
        st.query_params.setdefault(LINKED, own.id)


def note(job: Job | None) -> None:
    """Keep in mind what the link names. A link to the page from itself leaves the browser's address
    as it was, so what is new is written there."""
    if job is not None and st.session_state.get(SHOWN) != job.id:
        st.session_state[JOB] = job.id
        st.query_params.from_dict(st.query_params.to_dict())
    st.session_state[SHOWN] = job.id if job else None


def again(config: Train) -> None:
    """Take over choices, and start them in the next run."""
    choices = {f"{PAGE}_{name}": value for name, value in config.to_dict().items()}
    st.session_state.update(choices | {ASKED: True})


def others(job: Job | None) -> None:
    """Links to what else the visitor has waiting, running or paused."""
    for other in trainings().active_of(visitor(), paused=True):
        if other is not job:
            config = other.config
            st.page_link(
                f"pages/{PAGE}.py",
                label=f"To your training: {system_of(config).name(config)}",
                icon=":material/timer:",
                query_params=naming(other) | preset_link(config),
            )


def show(job: Job | None, beside: Job | None) -> None:
    """The training that the link names, or what there is in its place."""
    if job is not None:
        training_view(job, page=PAGE, again=again, beside=beside)
        return
    if st.query_params.get(LINKED):
        known = settings()
        st.info(
            "The training that the link names is not known here: the server remembers the last "
            f"{known.runs:,}, for {known.run_days:g} days. *Start training* makes it again from "
            "the choices above.",
            icon=":material/link_off:",
        )
    example_view(PAGE)


link_again()
job, beside = (trainings().find(st.query_params.get(name)) for name in (LINKED, BESIDE))
begin(
    PAGE,
    "Make your own, and open it in every lesson. **How near does it come to the best there can "
    "be?**",
)
controls = Controls(PAGE, Train())
choose(controls)
row = st.container(horizontal=True, vertical_alignment="center", key="start")
with row:
    choose_more(controls)
config = controls.config()
note(job)
# Asked for by the callback, done here: what is trained is what this run shows.
if st.session_state.pop(ASKED, False):
    start(config)
    st.rerun()
busy = job is not None and job.active
with row:
    st.button(
        "Start training",
        key=START,
        type="primary",
        icon=":material/play_arrow:",
        disabled=busy,
        on_click=lambda: st.session_state.update({ASKED: True}),
        help="It trains until it gains no more, or your seconds are over. You may leave this page "
        "meanwhile: the link finds the training again, and one that waits keeps its place for "
        f"{settings().unseen_seconds / 60:g} minutes.",
    )
    if not busy:
        with guarded():
            line, about = duration(config)
            st.caption(line, help=about)
    choose_beside(job, beside)
with guarded():
    if refused := st.session_state.pop(REFUSED, None):
        raise refused
others(job)
show(job, beside)
preset_links(PAGE, config, beside=naming(job))
open_checkpoint(PAGE)
to_try(
    PAGE,
    [
        "Train **one layer** and compare with theory: it cannot do better than a single step of "
        "gradient descent.",
        "Train the same task with **GD++** and **DIAG**: one more number per layer lets the model "
        "react to the noise of the prompt.",
        "Set **d = 1**: two layers are nearly enough.",
    ],
)
