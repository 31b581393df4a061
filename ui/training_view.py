"""What pages show of a training: while it runs, and when it has ended."""

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from icl_core.checkpoints import checkpoint_bytes
from icl_core.errors import InputError
from icl_core.lessons.catalog import result
from icl_core.lessons.shared.shipped import families
from icl_core.lessons.train.config import Train
from icl_core.lessons.train.frame import Frame
from icl_core.lessons.train.measure import Outcome, checkpoint_of
from icl_core.lessons.train.systems import system_of
from icl_core.lessons.train.views import VIEWS, matrices_beside, run_view
from icl_core.lessons.train.views import movie_player as run_player
from icl_core.lessons.train.words import divergence, label_of
from icl_core.lessons.weights.config import Weights
from icl_core.lessons.weights.matrices import heatmap_view, movie_player
from ui.boundary import fragment
from ui.chart import asked, chart
from ui.frame import finding
from ui.job import Job
from ui.jobs import trainings
from ui.menu import download
from ui.own import open_in

REFUSED = "train:resume:refused"
"""Of a session: which job could not be resumed, and why."""
POLL = 1.0
"""Seconds between two looks at a running training."""


def training_view(
    job: Job, *, page: str, again: Callable[[Train], None], beside: Job | None = None
) -> None:
    """A job in any state, with another one beside it; while it is active, redrawn by itself. again:
    starts a training in the next run of the page."""
    if job.active:
        fragment(run_every=POLL)(_watch)(job, page, beside)
    else:
        fragment()(_ended)(job, page, again, beside)


@fragment()
def example_view(page: str) -> None:
    """A shipped training, to look at before there is one's own."""
    name, family = next(iter(families().items()))
    entries = family.entries
    kind = "diag" if "diag" in entries else next(iter(entries))
    depth = max(depth for depth in entries[kind] if depth <= 2)
    config = Weights(task=name, parametrization=kind, layers=depth, layer=depth)
    story = result(config)
    player = movie_player(config, story)
    values = asked(page, "example", [player])
    config = config.replace(snapshot=int(values["snapshot"]))
    label = f"{label_of(kind, depth)}, {family.label}"
    chart(
        replace(heatmap_view(config, story), title=f"What a training looks like: {label}"),
        key="example",
        page=page,
        config=config,
        figure="heatmaps",
    )


def _watch(job: Job, page: str, beside: Job | None) -> None:
    trainings().find(job.id)  # which keeps its place in the queue
    if not job.active:
        # The whole page: its start button comes back, and polling ends.
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center", key="progress"):
        st.progress(job.progress(), text=_state(job), width="stretch")
        st.button(
            "Pause",
            on_click=trainings().pause,
            args=[job],
            icon=":material/pause:",
            disabled=job.status != "running" or bool(job.order or job.taken) or not job.frames,
        )
        st.button(
            "Cancel",
            on_click=trainings().cancel,
            args=[job],
            icon=":material/stop:",
            disabled=job.taken,
            help="Another server of this address trains it." if job.taken else None,
        )
    if job.unsaved:
        st.info(f"This training is not being saved: {job.unsaved}", icon=":material/info:")
    if job.frames:
        _figures(job, page, beside)


def _state(job: Job) -> str:
    if place := trainings().place_of(job):
        return f"Waiting: number {place} in the queue"
    if job.status == "measuring":
        return "Measuring the model …"
    if job.order:
        return "Stopping …"
    if not job.frames:
        return "Compiling …"
    left = job.seconds_left()
    frame, open_ended = job.frames[-1], system_of(job.config).open_ended
    rest = "" if left is None else f", {'at most' if open_ended else 'about'} {left:.0f} s left"
    told = f"update {frame.step:,} of {frame.total_steps:,}"
    if open_ended:
        told = f"round {frame.round}, update {frame.step:,}"
    return f"{frame.phase.capitalize()}, {told}{rest}: loss {frame.loss:.3g}" + (
        f", Bayes floor {frame.floor:.3g}" if frame.floor else ""
    )


def _ended(job: Job, page: str, again: Callable[[Train], None], beside: Job | None) -> None:
    if job.active:  # resumed: polling begins with a run of the whole page
        st.rerun()
    if job.status == "paused":
        _paused(job)
    elif job.status == "failed":
        st.error(job.error, icon=":material/info:")
    elif job.status == "cancelled":
        reached = "; what it had reached is below" if job.frames else " before it began"
        st.info(job.error or f"The training was cancelled{reached}.", icon=":material/stop:")
    if job.frames and job.frames[-1].phase == "diverged":
        _diverged(job.config, job.frames[-1], again)
    elif job.measured:
        _result(job)
    if job.frames:
        _figures(job, page, beside)


def _diverged(config: Train, last: Frame, again: Callable[[Train], None]) -> None:
    """What went wrong, and the same once more with smaller steps."""
    st.warning(divergence(config, last), icon=":material/trending_up:")
    if last.holds and st.button(
        f"Start again with rate {last.holds:g}",
        on_click=again,
        args=[config.replace(rate=last.holds)],
        type="primary",
        icon=":material/replay:",
    ):
        st.rerun()


def _paused(job: Job) -> None:
    """What a paused training has reached, and the way on."""
    reached = "".join(
        f" after {last.seconds:.0f} s, at a loss of {last.loss:.3g}" for last in job.frames[-1:]
    )
    with st.container(horizontal=True):
        st.button("Resume", on_click=_resume, args=[job], icon=":material/play_arrow:")
        st.button("Cancel", on_click=trainings().cancel, args=[job], icon=":material/stop:")
    st.info(
        f"Paused{reached}: it takes up no worker and is kept on the server. *Resume* goes on from "
        "there, later too, by this link.",
        icon=":material/pause:",
    )
    if st.session_state.get(REFUSED, ("", ""))[0] == job.id:
        st.error(st.session_state.pop(REFUSED)[1], icon=":material/info:")


def _resume(job: Job) -> None:
    try:
        trainings().resume(job)
    except InputError as error:
        st.session_state[REFUSED] = job.id, str(error)


def _result(job: Job) -> None:
    config = job.config
    finding(system_of(config).finding(config, job.measured))
    checkpoint = checkpoint_of(config, job.frames[-1], job.measured)
    if job.kept:
        open_in(job.kept, key="trained")
    elif job.unkept:
        st.info(job.unkept, icon=":material/info:")
    download(
        "Download the model", checkpoint_bytes(checkpoint), system_of(config).file_name(config)
    )


def _outcome(job: Job) -> Outcome:
    return Outcome(frames=list(job.frames), measured=job.measured, finished=not job.active)


def _figures(job: Job, page: str, other: Job | None) -> None:
    """Loss, and once it is measured the loss by layer, beside the weights; with another run its
    loss in the same chart, and its weights beside these."""
    outcome = _outcome(job)
    config = job.config
    if outcome.finished:
        player = run_player(config, outcome)
        shown = int(asked(page, "matrices", [player])["snapshot"])
        config = config.replace(snapshot=None if shown == outcome.last else shown)
    again = config if outcome.comes_again else None
    if other is not None and other is not job and other.frames:
        beside = other.config, _outcome(other)
        left, right = st.columns(2, gap="large")
        with left:
            chart(run_view(config, outcome, beside), key="run", page=page)
        if outcome.measured:
            with right:
                chart(VIEWS["by_layer"](config, outcome), key="by_layer", page=page, config=again)
        left, right = st.columns(2, gap="large")
        with left:
            chart(VIEWS["matrices"](config, outcome), key="matrices", page=page, config=again)
        with right:
            chart(matrices_beside(config, outcome, beside), key="matrices_beside", page=page)
        return
    left, right = st.columns([2, 3], gap="large")
    with left:
        chart(VIEWS["run"](config, outcome), key="run", page=page, config=again)
        if outcome.measured:
            chart(VIEWS["by_layer"](config, outcome), key="by_layer", page=page, config=again)
    with right:
        chart(VIEWS["matrices"](config, outcome), key="matrices", page=page, config=again)
