"""What a widget holds, and what a visitor may change it to, by the message that describes it."""

import json
import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from streamlit.dataframe_util import convert_arrow_bytes_to_pandas_df
from streamlit.proto.ButtonGroup_pb2 import ButtonGroup
from streamlit.proto.Dataframe_pb2 import Dataframe
from streamlit.proto.Slider_pb2 import Slider
from streamlit.proto.WidgetStates_pb2 import WidgetState

from ui.live.chart import told_of

EDITED = 2.0
"""As far from 0 as a number of a table is typed."""
REFUSED = "neither"
"""A line that no field takes."""


@dataclass(frozen=True, kw_only=True)
class Element:
    """An element on the page: `proto` describes it, `fragment` and `run` say what drew it."""

    kind: str
    proto: Any
    fragment: str = ""
    run: str = ""

    @property
    def widget(self) -> str:
        """The id of a widget, "" of anything else."""
        return getattr(self.proto, "id", "")


@dataclass(frozen=True, kw_only=True)
class Change:
    """A widget with another value; `refused` is one that the page must refuse in a sentence."""

    element: Element
    state: WidgetState
    refused: bool = False

    @property
    def control(self) -> str:
        """What a report calls the widget: its label, or its key where it has none."""
        proto = self.element.proto
        return getattr(proto, "label", "") or self.element.widget.rsplit("-", 1)[-1]


def held(element: Element) -> WidgetState | None:
    """What the server says a widget holds: a value that it sets, or the default."""
    proto, state = element.proto, WidgetState(id=element.widget)
    match element.kind:
        case "slider" if proto.type == Slider.SELECT_SLIDER:
            chosen = proto.raw_value if proto.set_value else _at(proto.options, proto.default)
            state.string_array_value.data[:] = chosen
        case "slider":
            state.double_array_value.data[:] = proto.value if proto.set_value else proto.default
        case "button_group":
            names = [option.content for option in proto.options]
            chosen = proto.raw_values if proto.set_value else _at(names, proto.default)
            state.string_array_value.data[:] = chosen
        case "selectbox" if proto.set_value:
            state.string_value = proto.raw_value
        case "selectbox" if proto.HasField("default"):
            state.string_value = proto.options[proto.default]
        case "text_input":
            state.string_value = proto.value if proto.set_value else proto.default
        case "checkbox":
            state.bool_value = proto.value if proto.set_value else proto.default
    return state if state.WhichOneof("value") else None


def another(element: Element, now: WidgetState | None, rng: random.Random) -> Change | None:
    """Another value for a control at random; None for what is no control or has no other."""
    make = _MAKERS.get(element.kind)
    if make is None or not element.widget or getattr(element.proto, "disabled", False):
        return None
    state = WidgetState(id=element.widget)
    make(element.proto, now or WidgetState(), state, rng)
    if not state.WhichOneof("value"):
        return None
    return Change(element=element, state=state, refused=state.string_value == REFUSED)


def pressed(button: Element) -> Change:
    """A click on a button."""
    return Change(element=button, state=WidgetState(id=button.widget, trigger_value=True))


def opened(menu: Element, is_open: bool) -> Change:
    """A menu that is opened or closed."""
    return Change(element=menu, state=WidgetState(id=menu.widget, bool_value=is_open))


def typed(field: Element, value: float) -> Change:
    """A number in its line."""
    return Change(element=field, state=WidgetState(id=field.widget, string_value=f"{value:g}"))


def _at(options: Any, places: Any) -> list[str]:
    return [options[int(place)] for place in places]


def _slide(proto: Any, now: WidgetState, state: WidgetState, rng: random.Random) -> None:
    if proto.type == Slider.SELECT_SLIDER:
        state.string_array_value.data[:] = [rng.choice(list(proto.options))]
        return
    step = proto.step or 1
    steps = max(1, round((proto.max - proto.min) / step))
    value = min(proto.min + rng.randint(0, steps) * step, proto.max)
    state.double_array_value.data[:] = [value]


def _press_one(proto: Any, now: WidgetState, state: WidgetState, rng: random.Random) -> None:
    names = [option.content for option in proto.options]
    have = set(now.string_array_value.data)
    if proto.click_mode == ButtonGroup.MULTI_SELECT:
        have ^= {rng.choice(names)}
        state.string_array_value.SetInParent()
        state.string_array_value.data[:] = [name for name in names if name in have]
    elif others := [name for name in names if name not in have]:
        state.string_array_value.data[:] = [rng.choice(others)]


def _select(proto: Any, now: WidgetState, state: WidgetState, rng: random.Random) -> None:
    if others := [option for option in proto.options if option != now.string_value]:
        state.string_value = rng.choice(others)


def _type_line(proto: Any, now: WidgetState, state: WidgetState, rng: random.Random) -> None:
    """A number's neighbour in its place, to and fro, or what no field takes."""
    state.string_value = REFUSED
    with suppress(ValueError):
        number = float(now.string_value)
        beside = number + 1 if number < 1 or int(number) % 2 else number - 1
        state.string_value = rng.choice((f"{beside:g}", REFUSED))


def _switch(proto: Any, now: WidgetState, state: WidgetState, rng: random.Random) -> None:
    state.bool_value = not now.bool_value


def _drag(proto: Any, now: WidgetState, state: WidgetState, rng: random.Random) -> None:
    """A control of a live chart: the question that its JavaScript asks, see ui/live/chart.py."""
    data = told_of(proto.bytes)
    if data is None or not data["controls"]:
        return
    control, values = rng.choice(data["controls"]), dict(data["values"])
    values[control["name"]] = moved(control, values[control["name"]], rng)
    asked = {"question": data["question"] + 1, "values": values}
    state.json_value = json.dumps({"asked": asked})


def moved(control: Mapping[str, Any], value: Any, rng: random.Random) -> Any:
    """What a hand could make of `value`: `control` is a chart's, as it is sent to the browser."""
    match control["kind"]:
        case "slider":
            return rng.uniform(control["minimum"], control["maximum"])
        case "player":
            return rng.randrange(len(control["labels"]))
        case "switch":
            return not value
        case "points":
            points = [list(point) for point in value]
            points[rng.randrange(len(points))] = [rng.uniform(*control[axis]) for axis in "xy"]
            return points
        case kind:
            raise ValueError(f"Nobody knows how to move a {kind!r}: say it here.")


def _edit(proto: Any, now: WidgetState, state: WidgetState, rng: random.Random) -> None:
    """A number of a table."""
    if proto.editing_mode == Dataframe.READ_ONLY:
        return
    table = convert_arrow_bytes_to_pandas_df(proto.arrow_data.data)
    cells = [
        (row, column)
        for row, column in np.ndindex(table.shape)
        if _is_number(table.iat[row, column])
    ]
    if cells:
        row, column = rng.choice(cells)
        value: Any = round(rng.uniform(-EDITED, EDITED), 1)
        value = str(value) if isinstance(table.iat[row, column], str) else value
        rows = {str(row): {str(table.columns[column]): value}}
        edits = {"edited_rows": rows, "added_rows": [], "deleted_rows": []}
        state.string_value = json.dumps(edits)


def _is_number(cell: Any) -> bool:
    try:
        return np.isfinite(float(cell))
    except (TypeError, ValueError):
        return False


_MAKERS: Mapping[str, Callable[[Any, WidgetState, WidgetState, random.Random], None]] = {
    "slider": _slide,
    "button_group": _press_one,
    "selectbox": _select,
    "text_input": _type_line,
    "checkbox": _switch,
    "bidi_component": _drag,
    "dataframe": _edit,
}
