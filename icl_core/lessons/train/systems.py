"""All systems of the lesson, by the names that its choices have."""

from collections.abc import Mapping

from icl_core.lessons.train.beyond import Beyond
from icl_core.lessons.train.config import SYSTEMS, Train
from icl_core.lessons.train.noise import Noise, OneRun
from icl_core.lessons.train.system import System

NOISE, ONE_RUN, BEYOND = Noise(), OneRun(), Beyond()
KINDS: Mapping[str, System] = dict.fromkeys(SYSTEMS, BEYOND) | {"noise": NOISE}


def system_of(config: Train) -> System:
    """The system that the choices name."""
    if config.system == "noise" and config.recipe != "rounds":
        return ONE_RUN
    return KINDS[config.system]
