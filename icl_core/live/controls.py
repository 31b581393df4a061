"""What a reader can move on a live chart, and how values that come back are admitted."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, asdict, dataclass
from typing import Any, Literal

from icl_core.errors import InputError
from icl_core.live.points import Points

Scale = Literal["linear", "log"]


@dataclass(frozen=True, kw_only=True)
class Carried:
    """Points that go with a slider: y of each by so much for a unit of it, none for points more."""

    points: str
    by: tuple[float, ...]


@dataclass(frozen=True)
class Slider:
    """A continuous control; `step` counts in decades where `scale` is "log".

    `format` is Python's, ".3g", ".2f" or "d", with 10,000 and 2·10⁻⁵ for 1e+04 and 2e-05.
    """

    name: str
    label: str
    minimum: float
    maximum: float
    _: KW_ONLY
    step: float
    value: float
    scale: Scale = "linear"
    unit: str = ""
    format: str = ".3g"
    carries: Carried | None = None

    def __post_init__(self) -> None:
        numbers = (self.minimum, self.maximum, self.step, self.value)
        if not all(math.isfinite(number) for number in numbers):
            raise InputError(f"Slider {self.name!r} needs finite numbers, not {numbers}.")
        if not self.minimum < self.maximum:
            raise InputError(
                f"Slider {self.name!r} goes from {self.minimum:g} to {self.maximum:g}: "
                "the minimum must be below the maximum."
            )
        if self.step <= 0:
            raise InputError(f"Slider {self.name!r} has step {self.step:g}: expected above 0.")
        if self.scale == "log" and self.minimum <= 0:
            raise InputError(
                f"Slider {self.name!r} is logarithmic and starts at {self.minimum:g}: "
                "start above 0 or use a linear scale."
            )
        if not self.minimum <= self.value <= self.maximum:
            raise InputError(
                f"Slider {self.name!r} stands at {self.value:g}: "
                f"expected {self.minimum:g} to {self.maximum:g}."
            )

    def admitted(self, value: Any) -> float | None:
        """`value`, sent by a browser, if it is a number within the limits."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return float(value) if self.minimum <= value <= self.maximum else None

    def sent(self) -> dict[str, Any]:
        """What the browser is told; values travel apart."""
        told = asdict(self)
        del told["value"]
        return {"kind": "slider"} | told


@dataclass(frozen=True)
class Player:
    """A discrete control (layers, training steps): play, pause, step, reset.

    `labels` names each frame, `value` is the frame shown, `seconds` how long each one stays.
    """

    name: str
    label: str
    labels: Sequence[str]
    _: KW_ONLY
    value: int = 0
    seconds: float = 0.8
    loop: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", tuple(self.labels))
        if not self.labels:
            raise InputError(f"Player {self.name!r} has no frame: give at least one label.")
        if isinstance(self.value, bool) or self.value not in range(len(self.labels)):
            raise InputError(
                f"Player {self.name!r} stands at frame {self.value}: "
                f"expected 0 to {len(self.labels) - 1}."
            )
        if not 0.05 <= self.seconds <= 60:
            raise InputError(
                f"Player {self.name!r} shows a frame for {self.seconds:g} s: expected 0.05 to 60."
            )

    def admitted(self, value: Any) -> int | None:
        """`value`, sent by a browser, if it is the number of a frame."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return int(value) if value in range(len(self.labels)) else None

    def sent(self) -> dict[str, Any]:
        """What the browser is told; values travel apart."""
        told = asdict(self)
        del told["value"]
        return {"kind": "player"} | told | {"labels": list(self.labels)}


@dataclass(frozen=True)
class Switch:
    """A button that turns something on, which `label` says, or off, which `off` says."""

    name: str
    label: str
    off: str
    _: KW_ONLY
    value: bool = False

    def admitted(self, value: Any) -> bool | None:
        """`value`, sent by a browser, if it is True or False."""
        return value if isinstance(value, bool) else None

    def sent(self) -> dict[str, Any]:
        """What the browser is told; values travel apart."""
        return {"kind": "switch", "name": self.name, "label": self.label, "off": self.off}


Control = Slider | Player | Points | Switch
Values = Mapping[str, Any]
"""Value of each control by its name; a player's is the number of its frame, that of points their
pairs (x, y), that of a switch True or False."""


@dataclass(frozen=True)
class Answer:
    """What a browser last asked for: `question` counts its releases."""

    question: int
    values: Values


def check_controls(controls: Sequence[Control]) -> None:
    """Refuse controls that do not go together on a chart."""
    names = [control.name for control in controls]
    if len(set(names)) < len(names):
        raise InputError(f"Two controls share a name in {names}: each needs its own.")
    if sum(isinstance(control, Player) for control in controls) > 1:
        raise InputError("A chart has one player at most: the arrow keys can move only one.")
    several = [c for c in controls if isinstance(c, Points) and c.most > 1]
    if len(several) > 1:
        raise InputError(
            "A chart has one set of points at most beside single ones: it takes the clicks."
        )
    for control in controls:
        if isinstance(control, Slider) and control.carries:
            known = [c.name for c in controls if isinstance(c, Points)]
            if control.carries.points not in known:
                raise InputError(
                    f"The slider {control.name!r} carries {control.carries.points!r}, but the "
                    f"points are {known}: name one of them."
                )
        if isinstance(control, Points) and control.hover not in ("", *names):
            raise InputError(
                f"The pointer over {control.name!r} moves {control.hover!r}, but the controls are "
                f"{sorted(names)}: name one of them."
            )


def answer_to(state: Any, controls: Sequence[Control]) -> Answer:
    """The component's state as admitted values; what does not fit keeps the control's own."""
    asked = state.get("asked") if isinstance(state, Mapping) else None
    asked = asked if isinstance(asked, Mapping) else {}
    question, sent = asked.get("question"), asked.get("values")
    sent = sent if isinstance(sent, Mapping) else {}
    values: dict[str, Any] = {}
    for control in controls:
        value = control.admitted(sent.get(control.name))
        values[control.name] = control.value if value is None else value
    return Answer(question=question if type(question) is int else 0, values=values)
