"""Values computed beforehand on a grid of control positions, which a browser draws from."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from icl_core.errors import InputError
from icl_core.live.controls import Control, Player, Scale, Slider
from icl_core.live.packing import digest_of, packed

LAYOUT = "layout"
"""As a quantity's trace: its field belongs to the layout, as in "shapes[0].x0"."""
READOUT = "readout"
"""As a quantity's trace: its field is the name of a number written under the chart."""
SAID = "said"
"""As what an engine changes: the sentence of the chart, its "text"."""

MAX_VALUES = 4_000_000
"""Of a grid, all quantities together: 16 MB as float32."""


def safe_uid(uid: str) -> str:
    """`uid` as the browser knows it: plotly makes CSS selectors of it, where "GD++" is an error."""
    return re.sub(r"[^A-Za-z0-9-]", lambda sign: f"_{ord(sign[0]):x}_", uid)


@dataclass(frozen=True, kw_only=True, eq=False)
class Quantity:
    """What one field of one trace holds at every node.

    `trace` is the trace's uid (its name where it has none), `field` what plotly calls it ("y",
    "z", "marker.size"). `values` has one axis per control, in the grid's order, then the axes of
    the field itself. With `scale` "log" the logarithm is interpolated. Values that are not finite
    leave gaps.

    x and y of scatter traces move at the rate of the screen; anything else costs a redraw of some
    20 ms, fields of the layout too: a line that moves with a slider is best a trace of two points.
    """

    trace: str
    field: str
    values: ArrayLike
    scale: Scale = "linear"


@dataclass(frozen=True, kw_only=True, eq=False)
class Grid:
    """`quantities` at every combination of the nodes of `axes` (control name -> nodes).

    A player's axis needs no nodes: give `range(len(labels))`. With `exact`, what is drawn at a
    node is the engine's own result and not a preview of it, so nothing waits for an answer there.
    """

    axes: Mapping[str, Sequence[float] | np.ndarray]
    quantities: Sequence[Quantity]
    exact: bool = False

    def __post_init__(self) -> None:
        if not self.axes:
            raise InputError("A grid needs at least one axis: name a control and its nodes.")
        for name, nodes in self.axes.items():
            array = np.asarray(nodes, dtype=np.float64)
            if array.ndim != 1 or not array.size:
                raise InputError(f"The grid's axis {name!r} needs one row of nodes.")
            if not np.isfinite(array).all() or not (np.diff(array) > 0).all():
                raise InputError(f"The grid's axis {name!r} must have finite, increasing nodes.")
        if sum(math.prod(values.shape) for values in self._arrays) > MAX_VALUES:
            raise InputError(
                f"The grid has more than {MAX_VALUES:,} values: use fewer nodes or points."
            )
        for quantity, values in zip(self.quantities, self._arrays, strict=True):
            if values.shape[: len(self.shape)] != self.shape:
                raise InputError(
                    f"The grid has {_times(self.shape)} nodes, but {_named(quantity)} comes as "
                    f"{_times(values.shape)}: its first axes must be the grid's."
                )
            if values.ndim - len(self.shape) > 2:
                raise InputError(f"{_named(quantity)} has more than two axes of its own.")
            if quantity.scale == "log" and (values <= 0).any():
                raise InputError(
                    f"{_named(quantity)} has values that are not above 0: "
                    "interpolate it on a linear scale."
                )

    @cached_property
    def shape(self) -> tuple[int, ...]:
        return tuple(len(nodes) for nodes in self.axes.values())

    @cached_property
    def _arrays(self) -> tuple[np.ndarray, ...]:
        return tuple(_as_float32(quantity) for quantity in self.quantities)

    @cached_property
    def packed(self) -> bytes:
        """For the browser, values as float32."""
        header: dict[str, Any] = {
            "exact": self.exact,
            "axes": [
                {"name": name, "nodes": np.asarray(nodes, dtype=np.float64).tolist()}
                for name, nodes in self.axes.items()
            ],
            "quantities": [
                {
                    "trace": safe_uid(quantity.trace),
                    "field": quantity.field,
                    "log": quantity.scale == "log",
                    "shape": values.shape[len(self.shape) :],
                }
                for quantity, values in zip(self.quantities, self._arrays, strict=True)
            ],
        }
        return packed(header, [values.astype("<f4") for values in self._arrays])

    @property
    def digest(self) -> str:
        """Names the grid: a chart finds the one that belongs to it by this."""
        return digest_of(self.packed)

    def check_against(self, controls: Sequence[Control], fields: Mapping[str, Any]) -> None:
        """Every axis is a control it covers, every quantity fits its trace (`fields`, by uid)."""
        by_name = {control.name: control for control in controls}
        for name, nodes in self.axes.items():
            control = by_name.get(name)
            if control is None:
                raise InputError(
                    f"The grid has an axis {name!r}, but the chart's controls are "
                    f"{sorted(by_name)}: name one of them."
                )
            _check_cover(control, np.asarray(nodes, dtype=np.float64))
        for quantity, values in zip(self.quantities, self._arrays, strict=True):
            if quantity.trace in (LAYOUT, READOUT):
                continue
            if quantity.trace not in fields:
                raise InputError(
                    f"The grid has values for the trace {quantity.trace!r}, but the figure has "
                    f"{sorted(fields)}: name one of them."
                )
            own, shown = values.shape[len(self.shape) :], fields[quantity.trace].get(quantity.field)
            if isinstance(shown, list | tuple | np.ndarray) and np.shape(shown) != own:
                raise InputError(
                    f"{_named(quantity)} has shape {_times(own)} in the grid but "
                    f"{_times(np.shape(shown))} in the figure: they must agree."
                )


def _as_float32(quantity: Quantity) -> np.ndarray:
    """Too large a value becomes infinite, which is a gap like any other; one too small for its
    logarithm becomes the smallest there is."""
    values = np.asarray(quantity.values)
    if quantity.scale == "log":
        values = np.where(values > 0, np.maximum(values, np.finfo(np.float32).tiny), values)
    with np.errstate(over="ignore"):
        return np.asarray(values, dtype=np.float32)


def _check_cover(control: Control, nodes: np.ndarray) -> None:
    if isinstance(control, Player):
        if not np.array_equal(nodes, np.arange(len(control.labels))):
            raise InputError(
                f"The grid's axis {control.name!r} must count the player's frames, "
                f"0 to {len(control.labels) - 1}."
            )
    elif isinstance(control, Slider):
        # Nodes made by linspace and the like may miss an end by rounding.
        slack = 1e-9 * (control.maximum - control.minimum)
        if nodes[0] > control.minimum + slack or nodes[-1] < control.maximum - slack:
            raise InputError(
                f"The grid covers {control.name!r} from {nodes[0]:g} to {nodes[-1]:g}, but its "
                f"slider goes from {control.minimum:g} to {control.maximum:g}: cover all of it."
            )


def _named(quantity: Quantity) -> str:
    return f"The grid's quantity {quantity.trace!r}.{quantity.field}"


def _times(shape: Sequence[int]) -> str:
    return " x ".join(str(length) for length in shape) or "a single number"
