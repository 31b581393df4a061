"""The visitor's own models: a list, and what can be done with one."""

import time
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from icl_core.checkpoints import MAX_BYTES, Checkpoint
from icl_core.constructions.made import Made
from icl_core.errors import InputError
from icl_core.export.citation import model_bibtex
from icl_core.export.script import to_script
from icl_core.files import read_bytes
from icl_core.lessons.shared.shipped import found_own
from icl_core.plots import METHODS
from icl_core.zoo.library import load_entry
from icl_core.zoo.shelf import LONGEST, Kept, shelf
from ui.controls import Controls
from ui.menu import download, menu
from ui.own import open_in
from ui.values import written
from ui.visitor import owner

LIST, REMOVED, REFUSED = "models:mine", "models:removed", "models:refused"
NOTHING = (
    "None yet. **Train** one, or open a file below: it stays here, and every lesson can show it."
)


def own_list(controls: Controls[Any]) -> None:
    """All models of one's own; a row clicked is looked into, and compared with a second."""
    mine = shelf().of(owner())
    if shelf().lost:
        st.info(shelf().lost, icon=":material/info:")
    _undo()
    if dropped := shelf().dropped(owner()):
        bounds, names = shelf().bounds, ", ".join(kept.label for kept in dropped)
        st.info(
            f"Had to go: {names}. The server keeps at most {bounds.models:,} models and "
            f"{bounds.bytes / 2**30:g} GB, and each for {bounds.days:g} days: what was saved "
            "longest ago goes first.",
            icon=":material/delete_sweep:",
        )
    if not mine:
        st.markdown(NOTHING)
        st.page_link("pages/train.py", label="Train", icon=":material/model_training:")
        return

    def pick() -> None:
        rows = [row for row in st.session_state[LIST]["selection"]["rows"] if row < len(mine)]
        for field, row in zip(("model", "other"), rows, strict=False):
            controls.put(field, mine[row].name)
        if len(rows) == 1:
            controls.put("other", "")

    st.caption("A click on a row opens it below; a second one is compared with it.")
    st.dataframe(
        [_row(kept) for kept in mine],
        hide_index=True,
        placeholder="–",
        column_config={"saved": st.column_config.DatetimeColumn(format="distance")},
        key=LIST,
        on_select=pick,
        selection_mode="multi-row",
    )


NUMBERS = {
    "dim": "Dimension d",
    "num_context": "Examples n",
    "sigma": "Noise σ up to",
    "layers": "Layers L",
    "eta": "Step size η",
    "gamma_n": "nγ (0: plain GD)",
}
"""What a construction asks for, in words."""


def by_hand(controls: Controls[Any]) -> None:
    """Steps of GD++ with numbers of one's own, as a model that every lesson shows."""
    keys = {name: f"by_hand_{name}" for name in NUMBERS}

    def make() -> None:
        try:
            made = Made(**{name: st.session_state[key] for name, key in keys.items()})
            found = Checkpoint(model=made.model, parametrization="gdpp", task=made.task, seed=0)
            kept = shelf().keep(found, owner(), label=made.label, origin="made by hand")
        except InputError as error:
            st.session_state[REFUSED] = str(error)
        else:
            controls.put("model", kept.name)
            controls.put("other", "")

    with st.expander("Make one by hand", icon=":material/build:"), st.form("by_hand", border=False):
        st.markdown("Every layer takes a step of GD++ with these numbers.")
        with st.container(horizontal=True, gap="small"):
            for name, words in NUMBERS.items():
                st.text_input(words, written(getattr(Made(), name)), width=130, key=keys[name])
        st.form_submit_button("Make it", on_click=make)
    if refused := st.session_state.pop(REFUSED, ""):
        st.error(refused, icon=":material/edit_off:")


def _row(kept: Kept) -> dict[str, Any]:
    family = found_own(kept.id)
    entry, task = family.only, family.task
    return {
        "name": kept.label,
        "weights": METHODS[entry.parametrization].label,
        "L": entry.num_layers,
        "heads": entry.num_heads,
        "d": task.dim,
        "n": task.num_context,
        "noise": task.noise.label(),
        "loss": entry.metrics.get("mean"),
        "from": kept.origin,
        "saved": datetime.fromtimestamp(kept.saved, UTC),
    }


def own_row(id: str) -> None:
    """What can be done with a model of one's own: side by side, under its name."""
    family, place = found_own(id), shelf()
    mine = {kept.id: kept for kept in place.of(owner())}
    label = mine[id].label if id in mine else family.label
    path = family.folder / family.only.file

    def script() -> bytes:
        return to_script(load_entry(family.only, family.folder), label)

    with st.container(horizontal=True, gap="small", key="model_row", vertical_alignment="center"):
        name = f"icl_{id}"
        download("Model", lambda: read_bytes(path, limit=MAX_BYTES), f"{name}.safetensors")
        download("Python", script, f"{name}.py", "text/x-python")
        with menu("Cite", key="own") as opened:
            if opened:
                said = model_bibtex(label, family.only.sha256, time.gmtime().tm_year)
                st.code(said, language="bibtex")
        if id in mine:
            with menu("Rename", key="own") as opened:
                if opened:
                    _rename(mine[id])
            st.button("Delete", icon=":material/delete:", on_click=_remove, args=[mine[id]])
    open_in(mine[id].name if id in mine else f"mine-{id}", key="own")


def _rename(kept: Kept) -> None:
    key = f"rename_{kept.id}"

    def renamed() -> None:
        try:
            shelf().rename(owner(), kept.id, st.session_state[key])
        except InputError as error:
            st.session_state[REFUSED] = str(error)

    st.text_input("Its name", kept.label, max_chars=LONGEST, key=key, on_change=renamed)


def _remove(kept: Kept) -> None:
    shelf().remove(owner(), kept.id)
    st.session_state[REMOVED] = kept


def _undo() -> None:
    """Offer the last deleted model back."""
    kept = st.session_state.get(REMOVED)
    if kept is None:
        return

    def restore() -> None:
        st.session_state.pop(REMOVED)
        shelf().restore(owner(), kept)

    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"*{kept.label}* was deleted.", width="content")
        st.button("Undo", icon=":material/undo:", on_click=restore)
