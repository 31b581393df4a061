"""A plotly figure as plain JSON for the browser, every trace with a lasting name."""

import base64
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from icl_core.errors import InputError
from icl_core.live.grid import LAYOUT, READOUT, SAID, safe_uid
from icl_core.plots import Figure

MAX_BYTES = 5_000_000
"""Of a figure as JSON: beyond this a browser stutters and a phone gives up."""

VALUE_FIELDS = ("x", "y", "z")
"""Where a value that is not finite leaves a gap the reader must know of."""


def plain_figure(figure: Figure | Mapping[str, Any]) -> dict[str, Any]:
    """`figure` with numbers as plotly's base64 arrays or lists, and a uid on every trace."""
    source = figure if isinstance(figure, Mapping) else figure.to_plotly_json()
    traces = [dict(trace) for trace in source.get("data", ())]
    for index, trace in enumerate(traces):
        trace["uid"] = str(trace.get("uid") or trace.get("name") or f"trace {index}")
    uids = [trace["uid"] for trace in traces]
    doubled = sorted({uid for uid in uids if uids.count(uid) > 1})
    if doubled:
        raise InputError(f"Several traces are called {doubled}: give each its own uid.")
    if taken := {LAYOUT, READOUT, SAID} & set(uids):
        raise InputError(f"No trace may be called {min(taken)!r}: choose another uid.")
    layout = dict(source.get("layout") or {})
    # The browser gets one for each surface and knows which one it draws on.
    layout.pop("template", None)
    return {"data": traces, "layout": layout}


def for_browser(plain: Mapping[str, Any]) -> dict[str, Any]:
    """`plain` with uids that plotly.js can make CSS selectors of."""
    traces = [{**trace, "uid": safe_uid(trace["uid"])} for trace in plain["data"]]
    return {**plain, "data": traces}


def sized(plain: Mapping[str, Any]) -> str:
    """`plain` as JSON text, without NaN or Infinity, which JSON does not know."""
    text = json.dumps(_jsonable(plain), allow_nan=False, separators=(",", ":"))
    if len(text) > MAX_BYTES:
        raise InputError(
            f"The figure has {len(text) / 1e6:.1f} MB, more than {MAX_BYTES / 1e6:g} MB: "
            "plot fewer points."
        )
    return text


def gaps(plain: Mapping[str, Any]) -> dict[str, int]:
    """How many values of each trace (by uid) are infinite or not a number.

    None is a deliberate break in a line and is not counted.
    """
    counts = {}
    for trace in plain["data"]:
        bad = sum(_count_bad(trace.get(field)) for field in VALUE_FIELDS)
        if bad:
            counts[trace["uid"]] = bad
    return counts


def breaks(plain: Mapping[str, Any]) -> dict[str, int]:
    """How many deliberate breaks each trace (by uid) has."""
    counts = {}
    for trace in plain["data"]:
        lists = [trace.get(field) for field in VALUE_FIELDS]
        none = sum(values.count(None) for values in lists if isinstance(values, list | tuple))
        if none:
            counts[trace["uid"]] = none
    return counts


def readable(trace: Mapping[str, Any]) -> dict[str, Any]:
    """`trace` with plotly's base64 arrays as numpy arrays, one level deep."""
    return {field: _array(value) for field, value in trace.items()}


_CODES = ("i1", "u1", "i2", "u2", "i4", "u4", "f4", "f8")


def _array(value: Any) -> Any:
    """Plotly's {"dtype", "bdata"} as an array; anything else as it came."""
    if not isinstance(value, Mapping) or "bdata" not in value:
        return value
    # The type comes from plotly itself, but a figure may also be read from a file.
    if value.get("dtype") not in _CODES:
        raise InputError(f"The figure holds numbers of unknown type {value.get('dtype')!r}.")
    flat = np.frombuffer(base64.b64decode(value["bdata"]), dtype="<" + value["dtype"])
    shape = value.get("shape")
    if shape is None:
        return flat
    lengths = shape.split(",") if isinstance(shape, str) else np.atleast_1d(shape)
    return flat.reshape([int(length) for length in lengths])


def _count_bad(value: Any) -> int:
    value = _array(value)
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return int(value.size - np.isfinite(value).sum())
    if isinstance(value, np.ndarray | list | tuple):
        return sum(_count_bad(entry) for entry in value)
    return int(isinstance(value, float) and not math.isfinite(value))


def _jsonable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _jsonable(entry) for name, entry in value.items()}
    if isinstance(value, np.ndarray):
        return _jsonable(value.tolist())
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_jsonable(entry) for entry in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return str(value)
