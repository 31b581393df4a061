"""What pages show of a model that comes in a file."""

from pathlib import Path

import streamlit as st

from icl_core.analysis.loss import LossSummary
from icl_core.checkpoints import Checkpoint, parse_checkpoint, sha256
from icl_core.errors import InputError
from icl_core.lessons.shared.coordinates import normalised
from icl_core.lessons.shared.matrices import panels
from icl_core.lessons.train.noise import measure_model
from icl_core.lessons.train.views import layers_figure
from icl_core.lessons.train.words import label_of, model_finding
from icl_core.live import View
from icl_core.models.linear import LinearTransformer
from icl_core.plots.heatmaps import ROW, heatmaps
from icl_core.zoo.shelf import LONGEST, shelf
from ui.boundary import guarded
from ui.chart import chart
from ui.own import open_in
from ui.visitor import owner


@st.cache_data(max_entries=16, show_spinner=False)
def opened(name: str, data: bytes) -> Checkpoint[LinearTransformer]:
    """A linear transformer out of an uploaded file, fully checked."""
    return parse_checkpoint(name[:80], data).holding(LinearTransformer)


@st.cache_data(max_entries=16, show_spinner="Measuring the model …")
def measured(name: str, data: bytes) -> dict[str, LossSummary]:
    """Its losses."""
    checkpoint = opened(name, data)
    return measure_model(checkpoint.model, checkpoint.linear_task)


def open_checkpoint(page: str) -> None:
    """A place for a file, and what it holds."""
    with st.expander("Open a model from a file", icon=":material/folder_open:"):
        file = st.file_uploader("A .safetensors file saved by this app", type=["safetensors"])
        if file is not None:
            with guarded():
                checkpoint_view(file.name, file.getvalue(), page=page)


def checkpoint_view(name: str, data: bytes, *, page: str) -> None:
    """What a file holds, how good it is, and its weights."""
    checkpoint = opened(name, data)
    task, model = checkpoint.linear_task, checkpoint.model
    kind = label_of(checkpoint.parametrization, model.num_layers)
    st.markdown(
        f"**{kind}**, d = {task.dim}, trained on n = {task.num_context} examples with "
        f"{task.noise.label()}."
    )
    if kept := _kept(checkpoint, name, data):
        open_in(kept, key="uploaded")
    losses = measured(name, data)
    left, right = st.columns([2, 3], gap="large")
    with left:
        view = View(
            figure=layers_figure(checkpoint.parametrization, losses),
            caption=model_finding(checkpoint.parametrization, task, losses),
        )
        chart(view, key="opened_layers", page=page)
    with right:
        shown = panels(normalised(model, task))
        figure = heatmaps(shown, title="Weights (normalised)", name="weights", cell=ROW)
        chart(View(figure=figure), key="opened_weights", page=page)


def _kept(checkpoint: Checkpoint[LinearTransformer], name: str, data: bytes) -> str:
    """Put it on the visitor's shelf, once a session; its name there, or "" where it cannot be."""
    known: dict[str, str] = st.session_state.setdefault("uploads", {})
    digest = sha256(data)
    if digest not in known:
        label = Path(name).stem[:LONGEST]
        try:
            kept = shelf().keep(checkpoint, owner(), label=label, origin="uploaded")
        except InputError as error:
            st.info(str(error), icon=":material/info:")
            return ""
        known[digest] = kept.name
    return known[digest]
