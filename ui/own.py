"""Models of the visitor's own on the pages: which there are, choosing one, and where to open it."""

from typing import Any

import streamlit as st

from icl_core.errors import InputError
from icl_core.lessons.catalog import LESSONS
from icl_core.lessons.shared import paper1, theory
from icl_core.lessons.shared.beside import besides, fits
from icl_core.lessons.shared.fields import OfModel
from icl_core.lessons.shared.shipped import Family, families, find_family, found_own
from icl_core.lessons.shared.tables import is_measured, measure_own
from icl_core.zoo.shelf import OWN, shelf
from ui.controls import Controls
from ui.presets import preset_link
from ui.visitor import owner

CHOSEN = "family"
"""Of a session: the family that was chosen last, which other pages open with."""
BESIDE = "family:beside"
"""Of a session: the model that was last set beside others."""
WIDTH = 290
"""Of the menu where a model of one's own is chosen, whose name is longer than a task's."""


def family_choice(controls: Controls[Any], label: str = "Trained on") -> Family:
    """The widget that chooses a task with its shipped models, or a model of one's own, which is
    measured if it has not been. What is chosen stays chosen on the next page."""
    carry_here(controls)
    options = {name: family.label for name, family in families().items()}
    options |= own_labels(controls["task"]) | ready_labels()
    wide = {"width": WIDTH} if controls["task"].startswith(OWN) else {}
    controls.one_of("task", label, options, menu=True, **wide)
    name = controls["task"]
    # Before it is measured, which takes a while: whoever goes on at once takes it along.
    family = found_own(name.removeprefix(OWN)) if name.startswith(OWN) else find_family(name)
    carry_on(controls, family)
    measure_linked(name)
    return family


def ready_labels() -> dict[str, str]:
    """Models that are there for everybody and of no task of the zoo, by name, in words."""
    return theory.labels() | paper1.labels()


def beside_choice(controls: Controls[Any], dim: int, label: str = "Beside") -> None:
    """The widget that sets a second model, of whatever training, beside those of d that are shown.
    It goes along from page to page as well."""
    carried = st.session_state.get(BESIDE)
    own = own_labels(controls["beside"]) | ready_labels()
    fitting = {name: said for name, said in own.items() if fits(name, dim)}
    options = {"": "nothing"} | fitting | dict(besides(dim))
    if controls.arrived and carried in options:
        controls["beside"] = carried
    controls.one_of("beside", label, options, menu=True)
    st.session_state[BESIDE] = controls["beside"]


def carry_here(controls: Controls[Any]) -> None:
    """Open a page that is come to by the menu with what was chosen on another."""
    if controls.arrived and (carried := st.session_state.get(CHOSEN)):
        controls["task"] = carried


def carry_on(controls: Controls[Any], family: Family) -> None:
    """Keep what is chosen for other pages. Of a model that is alone in its family there is nothing
    else to choose."""
    if controls["task"] != controls.default.task:
        st.session_state[CHOSEN] = controls["task"]
    elif not controls.arrived:
        st.session_state.pop(CHOSEN, None)
    if family.own:
        picked = type(controls.default).picks(family.only_kin, family.only.num_layers)
        for field, value in picked.items():
            controls[field] = value


def own_labels(*named: str) -> dict[str, str]:
    """Models of one's own by name, in words: the visitor's, and those that a link names."""
    found = {kept.name: f"Mine: {kept.label}" for kept in shelf().of(owner())}
    listed = found | ready_labels()
    for name in named:
        if name.startswith(OWN) and name not in listed:
            try:
                found[name] = f"By its link: {found_own(name.removeprefix(OWN)).label}"
            except InputError as error:
                st.info(str(error), icon=":material/link_off:")
    return found


def measure_linked(*named: str) -> None:
    """Make the tables of models of one's own among these, at their first look."""
    for name in named:
        if name.startswith(OWN):
            _measure(found_own(name.removeprefix(OWN)))


def _measure(family: Family) -> None:
    """Make the tables of a model at its first look."""
    if is_measured(family.only, family.folder):
        return
    bar = st.progress(0.0, "Measuring this model, once …")
    for done, count in measure_own(family.only, family.folder):
        bar.progress(done / count, "Measuring this model, once …")
    bar.empty()


def open_in(name: str, *, key: str) -> None:
    """Links to every lesson that shows a model, with this one; `key` is unique on the page."""
    family = found_own(name.removeprefix(OWN))
    with st.container(
        horizontal=True, gap="small", vertical_alignment="center", key=f"open_in_{key}"
    ):
        st.markdown("**Open it in**", width="content")
        for page, lesson in LESSONS.items():
            if issubclass(lesson.config, OfModel):
                picks = lesson.config.picks(family.only_kin, family.only.num_layers)
                config = lesson.default.replace(task=name, **picks)
                st.page_link(
                    f"pages/{page}.py",
                    label=lesson.title,
                    icon=f":material/{lesson.icon}:",
                    query_params=preset_link(config),
                )
