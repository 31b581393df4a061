"""Choices of the lesson on a trained model's algorithm, and its named states."""

from dataclasses import dataclass
from typing import Literal, get_args

from icl_core.lessons.shared.fields import text
from icl_core.validation import Config, choice, integer, number

OMEGAS = ("xx", "xy", "yx", "yy")
System = Literal["ridge", "oracle", "ols"]
SYSTEMS: tuple[System, ...] = get_args(System)
SYSTEM_NAMES: dict[System, str] = {
    "ridge": "ridge with s = E σ²",
    "oracle": "ridge with the prompt's own σ²",
    "ols": "least squares (s = 0)",
}
Kind = Literal["gdpp", "diag", "diag_H2", "full"]
Omega = Literal["xx", "xy", "yx", "yy"]
NAMES: dict[str, str] = {
    "xx": "preconditioning",
    "xy": "a step that knows the noise",
    "yx": "the gradient step",
    "yy": "adaptive rescaling",
}


@dataclass(frozen=True, kw_only=True)
class Algorithm(Config):
    """Choices of the lesson.

    xx, xy, yx, yy are the factors of the omegas, in tenths, in one layer or (layer 0) in all;
    omega is the one whose slider is shown. seed, sigma and after (a layer, None is the last) choose
    what is shown of one prompt; system the equation that known methods solve.
    """

    task: str = "uniform5_d10_n20"
    model: Kind = "diag"
    layers: int = 4
    omega: Omega = "yy"
    layer: int = 0
    xx: float = 1.0
    xy: float = 1.0
    yx: float = 1.0
    yy: float = 1.0
    seed: int = 0
    sigma: float = 1.0
    after: int | None = None
    system: System = "oracle"

    def __post_init__(self) -> None:
        after = self.after
        factors = {
            name: round(number(f"The factor of omega_{name}", getattr(self, name), (0, 2)), 1)
            for name in OMEGAS
        }
        self._set(
            task=text("The task", self.task),
            model=choice("The model", self.model, get_args(Kind)),
            layers=integer("The number of layers L", self.layers, "num_layers"),
            omega=choice("The omega on the slider", self.omega, OMEGAS),
            layer=integer("The layer", self.layer, (0, 12)),
            **factors,
            seed=integer("The seed", self.seed, "seed"),
            sigma=number("The noise level sigma", self.sigma, "sigma"),
            after=None if after is None else integer("The layer shown", after, (0, 12)),
            system=choice("The system", self.system, SYSTEMS),
        )

    @property
    def factors(self) -> tuple[float, ...]:
        return self.xx, self.xy, self.yx, self.yy


PRESETS: dict[str, Algorithm] = {
    "Four layers of DIAG": Algorithm(),
    "Without rescaling": Algorithm(yy=0.0),
    "Only the gradient step": Algorithm(omega="xy", xx=0.0, xy=0.0, yy=0.0),
    "Preconditioning in GD++": Algorithm(model="gdpp", omega="xx", system="ridge"),
    "Two heads, noise 1 or 3": Algorithm(task="categorical1-3_d10_n20", model="diag_H2", sigma=3.0),
    "The DIAG part of FULL": Algorithm(model="full", omega="xy"),
}
"""Named states of the lesson; the first is its default."""
