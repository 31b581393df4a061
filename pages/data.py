"""Lab: a visitor's own table as a prompt. Words -> controls -> cached call -> figures."""

from contextlib import suppress

import streamlit as st

from icl_core.data.prepare import FITS, SPLITS
from icl_core.data.table import Table, find, is_known
from icl_core.errors import InputError
from icl_core.lessons.data.config import SCALES, Data
from icl_core.lessons.data.measure import contexts
from icl_core.lessons.data.words import components
from icl_core.lessons.shared.shipped import Family, families, find_family, found_own
from icl_core.lessons.train.config import LIMITS, Train
from icl_core.plots import METHODS
from icl_core.zoo.shelf import shelf
from ui.controls import folded
from ui.data_entry import entry
from ui.own import beside_choice, carry_here, carry_on
from ui.page import Controls, begin, control_row, course, first_picture, fragment, parts, result
from ui.presets import preset_link
from ui.visitor import owner

PAGE = "data"
SCALED_BY = {"context": "the context's rows", "table": "the whole table"}


def take(controls: Controls[Data], state: Data) -> None:
    """Another table, with what is predicted, from what, by which model."""
    for name in ("data", "target", "features", "task"):
        controls[name] = getattr(state, name)


def miss(controls: Controls[Data]) -> None:
    """Show the example where the data of a link are gone, and say so."""
    if not is_known(controls["data"]):
        st.info(
            "The data that the link names are not on this server: paste them again under *Paste "
            "a table*, and the link works; until then the diabetes data stand here.",
            icon=":material/link_off:",
        )
        take(controls, controls.default)


def table_of(controls: Controls[Data]) -> Table:
    """The table that was just given, whose last column is predicted by all others, or the one that
    there was."""
    given = entry()
    if given is not None and given.key != controls["data"]:
        *features, target = range(1, len(given.names) + 1)
        take(controls, Data(data=given.key, target=target, features=tuple(features)))
        controls["task"] = ""
    return find(controls["data"])


def columns(controls: Controls[Data], table: Table) -> None:
    """What is predicted, from what, and how inputs are scaled."""
    names = dict(enumerate(table.names, 1))
    with folded("Columns", key="data:columns"):
        controls.one_of("target", "What is predicted", names, menu=True, width=300)
        others = {at: name for at, name in names.items() if at != controls["target"]}
        # A target that was a feature is none any more, and nobody needs be told.
        kept = tuple(at for at in controls["features"] if at in others)
        controls["features"] = kept or tuple(others)
        controls.some_of("features", "From what", others)
        controls.one_of("fit", "Inputs scaled by", {fit: SCALED_BY[fit] for fit in FITS})
        controls.number("seed", "Draw of the splits", 0, 2**31 - 1)
        controls.slider("split", "Split shown below", 1, SPLITS)


def offered(controls: Controls[Data]) -> dict[str, Family]:
    """Families of models whose d fits: as many inputs as features first, fewer after them."""
    now, features = controls["task"], len(controls["features"])
    known = dict(families()) | {kept.name: found_own(kept.id) for kept in shelf().of(owner())}
    # A name that is not listed may still be found; one that is not gives way to the first.
    with suppress(InputError):
        known.setdefault(now, find_family(now))
    if now in known and (dim := known[now].task.dim) > features:
        st.info(
            f"The model that was chosen has d = {dim}, and there are {features} features: take "
            "a table with more of them to see it here. Another model stands in its place.",
            icon=":material/info:",
        )
        controls["task"] = ""
    fitting = [(name, found) for name, found in known.items() if found.task.dim <= features]
    return dict(sorted(fitting, key=lambda pair: -pair[1].task.dim))


def model(controls: Controls[Data]) -> Family:
    """The model's widgets; the family that it is of."""
    carry_here(controls)
    found = offered(controls)
    labels = {
        name: ("Mine: " if f.own else "")
        + f"d = {f.task.dim}, n = {f.task.num_context}, {f.task.noise.label()}"
        for name, f in found.items()
    }
    with folded("Model", key="data:model"):
        controls.one_of("task", "Model trained on", labels, menu=True, width=300)
        family = found[controls["task"]]
        carry_on(controls, family)
        kinds = {kind: METHODS[kind].label for kind in family.parametrizations}
        controls.one_of("parametrization", "Weights", kinds)
        depths = family.entries[controls["parametrization"]]
        controls.one_of("layers", "Layers L", {depth: str(depth) for depth in depths})
        beside_choice(controls, family.task.dim)
    return family


def train_one(family: Family, features: int, rows: int) -> None:
    """Where there is no model of that d: how to get one."""
    if family.task.dim == features:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="train_one"):
        st.markdown(
            f"The model has d = {family.task.dim}: it gets the first "
            f"{components(family.task.dim, features)}."
        )
        if features <= LIMITS["dim"][1]:
            st.page_link(
                "pages/train.py",
                label=f"Train one with d = {features}, in a minute",
                icon=":material/model_training:",
                query_params=preset_link(Train(dim=features, num_context=max(rows, features))),
            )


@fragment()
def explore() -> None:
    controls = Controls(PAGE, Data())
    miss(controls)
    with control_row():
        scale, rows = st.container(width="content"), st.container(width="content")
        with st.container(width="content", horizontal=True, gap="small"):
            table = table_of(controls)
            columns(controls, table)
            family = model(controls)
        with scale:
            controls.one_of("scale", "Inputs", SCALES)
        with rows:
            sizes = contexts(table, family.task)
            controls.steps("rows", "Context rows n", {n: str(n) for n in sizes}, width=150)
    config = controls.config()
    found = result(config)
    first_picture(config, found)
    train_one(family, len(config.features), config.rows)
    parts(controls, found)


begin(
    PAGE,
    "Some rows of a table are the examples. **Can a model that only ever saw random regressions "
    "predict the rest?**",
)
explore()
course(PAGE)
