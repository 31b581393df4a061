"""The closed forms and hand-built models that the lesson shows."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from icl_core.analysis.convergence import Convergence, convergence
from icl_core.analysis.squares import Squares
from icl_core.analysis.two_noise import TwoNoiseLimit, two_noise_limit
from icl_core.lessons.theory.config import LEVELS, STEPS, Theory
from icl_core.lessons.theory.squares import squares
from icl_core.lessons.theory.two_noise import Trained, trained_pair
from icl_core.remember import remember


@dataclass(frozen=True, kw_only=True, eq=False)
class Measured:
    """What the views show. `trained` is None where no such model ships."""

    convergence: Convergence
    limit: TwoNoiseLimit
    squares: Squares
    trained: Trained | None


@remember(8)
def limit_of(levels: str) -> TwoNoiseLimit:
    """For a pair of noise levels of `LEVELS`."""
    return two_noise_limit(LEVELS[levels])


def measure(config: Theory) -> Measured:
    """What the views show."""
    return Measured(
        convergence=convergence(np.array([config.kappa]), dim=config.dim, steps=STEPS),
        limit=limit_of(config.levels),
        squares=squares(),
        trained=trained_pair(),
    )


def prepare() -> Iterator[tuple[Theory, tuple[str, ...]]]:
    """Every pair of noise levels."""
    yield from ((Theory(levels=levels), ("limit", "factor")) for levels in LEVELS)
