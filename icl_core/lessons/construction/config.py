"""Choices of the lesson on the construction, and its named states."""

from dataclasses import dataclass

from icl_core.errors import InputError
from icl_core.lessons.construction.prompt import EXAMPLE, parse_prompt, parse_start
from icl_core.lessons.shared.parts import Part
from icl_core.validation import Config, checked, choice, integer, number

LAYERS = 100
"""Layers run beside as many steps."""
SHOWN_LAYERS = 8
"""Layers that can be looked into."""
LARGEST_ETA = 1e14
"""Beyond the end of the slider for every prompt there can be."""
PARTS = {
    "step": Part("One layer, part by part", ("step",)),
    "matrices": Part("The matrices", ("matrices",)),
}
"""What is below the first picture."""


@dataclass(frozen=True, kw_only=True)
class Construction(Config):
    """Choices of the lesson. prompt and start (W_0) as text; layer is the one looked into."""

    prompt: str = EXAMPLE
    start: str = "0, 0"
    eta: float = checked(6.0, number, "The step size eta", (0.0, LARGEST_ETA))
    gamma: float = checked(0.0, number, "The preconditioning strength gamma", (0.0, 100.0))
    layer: int = checked(1, integer, "The layer", (1, SHOWN_LAYERS))
    part: str = checked("step", choice, "The part looked at", PARTS)

    def __post_init__(self) -> None:
        super().__post_init__()
        prompt, start = parse_prompt(self.prompt), parse_start(self.start)
        if start.any() and len(start) != prompt.dim:
            raise InputError(
                f"W_0 has {len(start)} entries and the query {prompt.dim} inputs: "
                "give W_0 one entry for each input."
            )
        if start.any() and self.gamma:
            raise InputError(
                "GD++ changes the inputs that W_0 would be applied to in later layers: "
                "set W_0 to 0 or gamma to 0."
            )


PRESETS: dict[str, Construction] = {
    "One step from zero": Construction(),
    "From another W₀": Construction(start="-0.5, 1"),
    "GD++": Construction(eta=9.0, gamma=1.0),
    "Too large a step": Construction(eta=15.0),
    "One example": Construction(prompt="0.8 0.6 1; 0.6 -0.8", eta=0.5),
}
"""Named states of the lesson; the first is its default."""


def starts_at_zero(start: str) -> bool:
    """Whether the text is a W_0 of zeros, from which GD++ may start."""
    try:
        return not parse_start(start).any()
    except InputError:
        return False
