"""Lab: all shipped models beside the published table; one of them, or two, looked into."""

import streamlit as st

from icl_core.errors import InputError
from icl_core.experiments.mixed_noise.claims import Claim
from icl_core.experiments.mixed_noise.faults import faults
from icl_core.experiments.mixed_noise.table import Results, results
from icl_core.lessons import models as lesson
from icl_core.lessons.models.cards import card_finding, list_rows
from icl_core.lessons.models.config import ALL, Models
from icl_core.lessons.models.measure import listed
from icl_core.lessons.shared.model_map import noise_words
from icl_core.lessons.shared.named import in_order, label
from icl_core.plots import METHODS
from icl_core.zoo.library import task_name
from icl_core.zoo.shelf import OWN
from ui.checkpoint_view import open_checkpoint
from ui.model_view import model_row
from ui.own import CHOSEN, measure_linked, own_labels, ready_labels
from ui.page import (
    Controls,
    begin,
    charts_of,
    control_row,
    finding,
    fragment,
    more_choices,
    preset_links,
    result,
    to_try,
)
from ui.shelf_view import by_hand, own_list, own_row

PAGE = "models"
LIST = "models:list"
MARKS = {True: "✓", False: "✗", None: "…"}
NUMBERS = {
    "loss": "%.4g",
    "± error": "%.1g",
    "median": "%.4g",
    "loss / Bayes": "%.3f",
    "published": "%.3g",
    "loss / published": "%.3f",
    "seconds": "%.0f",
}


def checked(title: str, judged: tuple[Claim, ...]) -> None:
    """Claims with their numbers, for those who open them."""
    lines = []
    for claim in judged:
        name = claim.name[:1].upper() + claim.name[1:]
        lines.append(f"- {MARKS[claim.holds]} **{name}.** {claim.statement} {claim.said}")
        lines += [f"    - {case}" for case in claim.cases]
    with st.expander(title):
        st.markdown("\n".join(lines))


def narrow(controls: Controls[Models], table: Results) -> None:
    """The widgets above the list."""
    entries = in_order(table.entries)
    tasks = {
        task_name(e.linear_task): f"{noise_words(e.linear_task)}, d = {e.linear_task.dim}"
        for e in entries
    }
    kinds = [kind for kind in METHODS if any(kind == e.parametrization for e in entries)]
    depths = sorted({entry.num_layers for entry in entries})
    with st.container(horizontal=True, gap="medium", key="filters"):
        controls.one_of("noise", "Trained on", {ALL: "any task"} | tasks, menu=True)
        kinds_named = {ALL: "all"} | {kind: METHODS[kind].label for kind in kinds}
        controls.one_of("parametrization", "Weights", kinds_named)
        controls.one_of("layers", "Layers L", {0: "all"} | {d: str(d) for d in depths})


def listing(controls: Controls[Models], config: Models, table: Results) -> None:
    """All models that the filter leaves; a row clicked is the model looked into."""
    entries = listed(config, table)

    def pick() -> None:
        rows = st.session_state[LIST]["selection"]["rows"]
        if rows and rows[0] < len(entries):
            controls.put("model", entries[rows[0]].name)

    st.caption(f"{len(entries)} of {len(table.entries)} models. A click on a row opens it below.")
    st.dataframe(
        list_rows(entries, table),
        hide_index=True,
        height=300,
        placeholder="–",
        column_config={
            name: st.column_config.NumberColumn(format=form) for name, form in NUMBERS.items()
        },
        key=LIST,
        on_select=pick,
        selection_mode="single-row",
    )


@fragment()
def explore() -> None:
    table = results()
    if not table.entries:
        raise InputError("The manifest lists no models: run `make zoo` to train them.")
    controls = Controls(PAGE, Models())
    carried = st.session_state.get(CHOSEN, "")
    if controls.arrived and carried.startswith(OWN):
        controls["model"] = carried
    labels = own_labels(controls["model"], controls["other"])
    labels |= {entry.name: label(entry) for entry in in_order(table.entries)} | ready_labels()
    with control_row():
        titles = {"gain": "against the paper", "bayes": "against Bayes", "loss": "loss"}
        controls.one_of("quantity", "The map shows", titles, label_visibility="collapsed")
        with more_choices():
            controls.one_of("model", "Model", labels, menu=True, width=270)
            controls.one_of("other", "Compare with", {"": "nothing"} | labels, menu=True, width=270)
            controls.one_of("statistic", "Over prompts", {"mean": "mean", "median": "median"})
    measure_linked(controls["model"], controls["other"])
    controls.tell()
    overview, everything, mine = st.tabs(["Table 1", "All models", "Mine"])
    with mine:
        own_list(controls)
        by_hand(controls)
    with everything:
        narrow(controls, table)
        config = controls.config()
        listing(controls, config, table)
    shown = result(config)
    show = charts_of(config, shown)
    with overview:
        show("map")
        finding(lesson.finding(config, shown))
        preset_links(PAGE, config)
        checked("What is checked", shown.claims)
        checked("What is wrong in the published table", faults(table))
    st.header(shown.picked.label, anchor=False)
    st.markdown(card_finding(shown.picked, table))
    if shown.picked.own:
        own_row(config.model.removeprefix(OWN))
    else:
        model_row(shown.picked)
    show("by_layer", "by_noise")
    show("matrices")


begin(
    PAGE,
    "The paper trained each of these models for 4 to 12 hours. **Are ours better?** Blue: yes.",
)
explore()
open_checkpoint(PAGE)
to_try(
    PAGE,
    [
        "**Predict:** which row of the map gains nothing from depth, and why? GD++ is linear in "
        "the targets, and the best such predictor is ridge regression of one strength.",
        "Point at the cells marked **†**: the published value is lower than anything that its kind "
        "of model can reach.",
        "Compare **FULL** and **DIAG** of equal depth: at which noise levels do the many more "
        "numbers help?",
        "Compare a model trained on **two noise levels** with one trained on all of them: each is "
        "better at home.",
        "Download a model and open it again above, or with `python -m icl_core evaluate`.",
    ],
)
