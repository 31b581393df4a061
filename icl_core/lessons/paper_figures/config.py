"""Choices of the lesson on paper 2's figures, and its named states."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from icl_core.lessons.shared.fields import switch
from icl_core.validation import Config, checked, choice, integer

Exhibit = Literal["1", "2", "2L", "3", "5", "6", "6L", "7", "7L", "table"]
EXHIBITS: tuple[Exhibit, ...] = get_args(Exhibit)
TITLES: dict[Exhibit, str] = {
    "1": "Figure 1: loss by depth, for every range of noise",
    "2": "Figure 2, above: loss by noise level, 7 layers, for every range of noise",
    "2L": "Figure 2, below: loss by noise level, σ up to 5, for every depth",
    "3": "Figure 3: loss by noise level, two noise laws of single levels",
    "5": "Figure 5: the loss read after every layer, σ up to 5",
    "6": "Figure 6, above: as figure 2, the oracle not subtracted",
    "6L": "Figure 6, below: the same for every depth",
    "7": "Figure 7, one depth: loss by noise level, read after every layer",
    "7L": "Figure 7, whole: loss by noise level, read after every layer, every depth",
    "table": "Table 1: every model beside the published value",
}
MAIN = "uniform5_d10_n20"
RANGES = tuple(f"uniform{highest}_d10_n20" for highest in range(8))
LEVELS = ("categorical1-3_d10_n20", "categorical1-3-5_d10_n20")
DEEP = 7
DEPTHS = range(2, DEEP + 1)
FAR_SIGMAS, FAR_PROMPTS, FAR_DEPTHS = np.linspace(0, 10, 21), 128, range(2, 9)


@dataclass(frozen=True, kw_only=True)
class PaperFigures(Config):
    """Choices of the lesson; `layers` is the depth of figure 7."""

    exhibit: Exhibit = checked("1", choice, "The figure", EXHIBITS)
    layers: int = checked(4, integer, "The number of layers L", (FAR_DEPTHS[0], FAR_DEPTHS[-1]))
    published: bool = checked(True, switch, "The switch for published values")


PRESETS: dict[str, PaperFigures] = {
    "Figure 1": PaperFigures(),
    "Figure 2": PaperFigures(exhibit="2"),
    "Figure 3": PaperFigures(exhibit="3"),
    "Figure 5": PaperFigures(exhibit="5"),
    "Figure 6": PaperFigures(exhibit="6"),
    "Figure 7": PaperFigures(exhibit="7"),
    "Figure 7, whole": PaperFigures(exhibit="7L"),
    "Table 1": PaperFigures(exhibit="table"),
}
"""Named states of the lesson; the first is its default."""
