"""Choices of the lesson on a trained model's algorithm, and its named states."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

from icl_core.lessons.shared.fields import OfModel, name_or_none, text
from icl_core.lessons.shared.parts import Part
from icl_core.lessons.shared.shipped import KINDS, Kin
from icl_core.validation import checked, choice, integer, number

OMEGAS = ("xx", "xy", "yx", "yy")
System = Literal["ridge", "oracle", "ols"]
SYSTEMS: tuple[System, ...] = get_args(System)
SYSTEM_NAMES: dict[System, str] = {
    "ridge": "ridge with s = E σ²",
    "oracle": "ridge with the prompt's own σ²",
    "ols": "least squares (s = 0)",
}
Omega = Literal["xx", "xy", "yx", "yy"]
NAMES: dict[str, str] = {
    "xx": "preconditioning",
    "xy": "a step that knows the noise",
    "yx": "the gradient step",
    "yy": "adaptive rescaling",
}


def _tenths(name: str, value: Any) -> float:
    """A factor from 0 to 2, in tenths."""
    return round(number(name, value, (0, 2)), 1)


PARTS = {
    "worth": Part("What each number is worth", ("worth", "omegas"), (3, 2)),
    "matching": Part("Which known method is it?", ("matching",)),
    "prompt": Part("One prompt", ("implicit", "terms"), (3, 2)),
}
"""What is below the first picture."""


@dataclass(frozen=True, kw_only=True)
class Algorithm(OfModel):
    """Choices of the lesson.

    xx, xy, yx, yy are the factors of the omegas, in tenths, in one layer or (layer 0) in all;
    omega is the one whose slider is shown. seed, sigma and after (a layer, None is the last) choose
    what is shown of one prompt; system the equation that known methods solve; beside a second model
    by its name, "" for none.
    """

    task: str = checked("uniform5_d10_n20", text, "The task")
    model: str = checked("diag", choice, "The model", KINDS)
    layers: int = checked(4, integer, "The number of layers L", "num_layers")
    omega: Omega = checked("yy", choice, "The omega on the slider", OMEGAS)
    layer: int = checked(0, integer, "The layer", (0, 12))
    xx: float = checked(1.0, _tenths, "The factor of omega_xx")
    xy: float = checked(1.0, _tenths, "The factor of omega_xy")
    yx: float = checked(1.0, _tenths, "The factor of omega_yx")
    yy: float = checked(1.0, _tenths, "The factor of omega_yy")
    seed: int = checked(0, integer, "The seed", "seed")
    sigma: float = checked(1.0, number, "The noise level sigma", "sigma")
    after: int | None = checked(None, integer, "The layer shown", (0, 12))
    beside: str = checked("", name_or_none, "The model beside")
    part: str = checked("worth", choice, "The part looked at", PARTS)
    system: System = checked("oracle", choice, "The system", SYSTEMS)

    @property
    def factors(self) -> tuple[float, ...]:
        return self.xx, self.xy, self.yx, self.yy

    @staticmethod
    def picks(kin: Kin, layers: int) -> dict[str, Any]:
        return {"model": kin.name, "layers": layers}


PRESETS: dict[str, Algorithm] = {
    "Four layers of DIAG": Algorithm(),
    "Without rescaling": Algorithm(yy=0.0),
    "Only the gradient step": Algorithm(omega="xy", xx=0.0, xy=0.0, yy=0.0),
    "Preconditioning in GD++": Algorithm(model="gdpp", omega="xx", system="ridge"),
    "Two heads, noise 1 or 3": Algorithm(task="categorical1-3_d10_n20", model="diag_H2", sigma=3.0),
    "The DIAG part of FULL": Algorithm(model="full", omega="xy"),
}
"""Named states of the lesson; the first is its default."""
