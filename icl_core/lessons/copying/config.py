"""Choices of the lesson on copying, and its named states."""

from collections.abc import Mapping
from dataclasses import dataclass

from icl_core.experiments.copying.settings import FRAMES, OPTIMISED
from icl_core.experiments.shared import MAIN
from icl_core.lessons.shared.parts import Part
from icl_core.validation import Config, checked, choice, integer

OPTIMISERS: Mapping[str, str] = {"muon": "Muon", "adam": "Adam, as in the paper"}
MODELS: Mapping[str, str] = {
    "trained": "Trained",
    "partner": "Proposition 3",
    "next": "Proposition 3 as printed",
}
"""The training that is chosen, and constructions by what their tokens look at."""
EDITS: Mapping[str, str] = {
    "contents": "contents",
    "places": "positions",
    "both": "contents and positions",
}
"""What two tokens exchange."""
TOKENS = {
    2 * i + at: f"{letter}{i + 1}" for i in range(MAIN) for at, letter in enumerate(("x", "y"))
}
"""Names of a context's tokens by their place."""
PROMPTS = 200
"""Fresh ones on which models answer here."""
PARTS = {
    "layers": Part("Both layers", ("attention", "weights")),
    "optimisers": Part("Both optimisers", ("optimisers",)),
    "swap": Part("Swap two tokens", ("swap", "partners")),
}
"""What is below the first picture."""


@dataclass(frozen=True, kw_only=True)
class Copying(Config):
    """Choices of the lesson.

    optimiser, seed: which training; frame: how far in it, in snapshots; model: what attends and
    answers. first, second: the places of two tokens that exchange `edit`; prompt: of which prompt
    the answers are shown; part: what is looked at below the first picture.
    """

    optimiser: str = checked("muon", choice, "The optimiser", OPTIMISERS)
    seed: int = 0
    frame: int = checked(FRAMES - 1, integer, "The snapshot", (0, FRAMES - 1))
    model: str = checked("trained", choice, "The model", MODELS)
    first: int = checked(0, integer, "The first token", (0, len(TOKENS) - 1))
    second: int = checked(2, integer, "The second token", (0, len(TOKENS) - 1))
    edit: str = checked("contents", choice, "What tokens exchange", EDITS)
    prompt: int = checked(1, integer, "The prompt", (1, PROMPTS))
    part: str = checked("layers", choice, "The part looked at", PARTS)

    def __post_init__(self) -> None:
        super().__post_init__()
        seeds = OPTIMISED[self.optimiser].seeds
        self._set(seed=integer("The seed", self.seed, (0, seeds - 1)))


PRESETS: dict[str, Copying] = {
    "It copies": Copying(),
    "Before the jump": Copying(frame=FRAMES // 3),
    "By Adam": Copying(optimiser="adam", seed=1),
    "Still waiting": Copying(optimiser="adam"),
    "By construction": Copying(model="partner"),
    "The cross term": Copying(model="next"),
    "x1 ⇄ y1": Copying(second=1, part="swap"),
}
"""Named states of the lesson; the first is its default."""
