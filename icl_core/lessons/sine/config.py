"""Choices of the lesson on sine waves, and its named states."""

from collections.abc import Mapping
from dataclasses import dataclass

from icl_core.errors import InputError
from icl_core.experiments.sine.settings import (
    DEEPER,
    POINTS,
    SNAPSHOTS,
    VARIANTS,
    shown_prompt,
    variant_of,
)
from icl_core.lessons.shared.parts import Part
from icl_core.lessons.shared.points import format_points, parse_points
from icl_core.live.points import Point, rounded
from icl_core.tasks.base import Context
from icl_core.tasks.sine import SineTask
from icl_core.validation import Config, checked, choice, integer, number

LAWS: Mapping[str, str] = {"coded": "coded", "printed": "printed"}
MODELS: Mapping[str, str] = {"transformer": "transformer", "control": "control"}
X = (float(POINTS[0]), float(POINTS[-1]))
Y: Mapping[str, float] = {"coded": 0.8, "printed": 6.0}
"""How far the axis of y reaches, by the law of the trainings."""
REACH = (-max(Y.values()), max(Y.values()))
"""Where points can lie."""
PARTS = {
    "kernel": Part("What was learned", ("kernel", "features"), (3, 2)),
    "training": Part("Over training", ("losses", "learning")),
    "likeness": Part("How alike they are", ("likeness",)),
    "depth": Part("What depth is worth", ("depth",)),
}
"""What is below the first picture."""


@dataclass(frozen=True, kw_only=True)
class Sine(Config):
    """Choices of the lesson.

    law: that of the trainings, of which `SineTask` tells; layers: of the transformer; model: whose
    answers are taken apart; prompt: the examples as text "x y; x y", "" for the one shown; query:
    where they are weighed; frame: how far in the training, in snapshots.
    """

    law: str = checked("coded", choice, "The law of amplitude and phase", LAWS)
    layers: int = checked(1, integer, "The number of layers", (1, DEEPER[-1]))
    seed: int = 0
    model: str = checked("transformer", choice, "The model", MODELS)
    prompt: str = ""
    query: float = checked(1.0, number, "The query x", X)
    frame: int = checked(SNAPSHOTS - 1, integer, "The snapshot", (0, SNAPSHOTS - 1))
    part: str = checked("kernel", choice, "The part looked at", PARTS)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.variant not in VARIANTS:
            raise InputError(
                f"With the {self.law} law a transformer of {self.layers} layers is not shipped: "
                "expected 1 layer."
            )
        self._set(seed=integer("The seed", self.seed, (0, VARIANTS[self.variant].seeds - 1)))
        if self.prompt:
            parse_points(self.prompt, X, REACH)

    @property
    def variant(self) -> str:
        """The name of the transformer in the experiment."""
        return variant_of(self.law, self.layers)

    @property
    def points(self) -> tuple[Point, ...]:
        """The examples (x, y)."""
        return parse_points(self.prompt, X, REACH) if self.prompt else _rows(shown_prompt(self.law))

    @property
    def reach(self) -> float:
        """Where the axis of y ends: further than for the law, if a point lies there."""
        return Y[self.law] if self._within(Y[self.law]) else max(Y.values())

    def _within(self, reach: float) -> bool:
        return all(abs(y) <= reach for _, y in self.points)


def _rows(prompt: Context) -> tuple[Point, ...]:
    return rounded(zip(prompt.X[0, :, 0], prompt.y[0], strict=True))


def drawn_points(law: str, seed: int) -> tuple[Point, ...]:
    """The examples of a prompt of the law."""
    return _rows(SineTask(law=law).draw(seed, 1).context)


THREE = format_points([(-3.0, 0.3), (0.0, -0.3), (3.0, 0.3)])
PRESETS: dict[str, Sine] = {
    "Coded law": Sine(),
    "Printed law": Sine(law="printed"),
    "Control": Sine(model="control"),
    "Two layers": Sine(layers=2, part="depth"),
    "Three layers": Sine(layers=3, part="depth"),
    "Three examples": Sine(prompt=THREE),
    "Before training": Sine(frame=0, part="training"),
}
"""Named states of the lesson; the first is its default."""


def offers(config: Sine) -> tuple[str, ...]:
    """The parts that there are of a state: several layers have no control to be likened to."""
    return tuple(name for name in PARTS if name != "likeness" or config.layers == 1)
