"""What the manifest says of a model's loss, beside the same measured again on fresh prompts.

What two draws of one model must share, whatever the tails of its loss: the share of prompts below
the manifest's median and above its 99.9 % quantile (binomial), and the trimmed mean (whose variance
is finite: that of the winsorised losses). The plain means must agree too, except where a few
prompts decide them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite, nan
from typing import Any

import numpy as np

TOLERANCE = 5.0
"""Allowed gap between the two measurements, in their combined standard errors."""
TRIMMED, QUANTILE = 0.01, 0.999
ROUNDING = 1e-20
"""Losses below this are float64 rounding, which the two routes do not share."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Loss of a shipped model over `prompts` fresh prompts; nan for what the manifest lacks.

    trimmed: mean of the lowest 99 %; q999: 99.9 % quantile.
    """

    mean: float
    stderr: float
    median: float
    trimmed: float
    q999: float
    prompts: int


def measured(metrics: Mapping[str, Any]) -> Measured:
    """What a manifest entry says of its model."""
    fields = ("mean", "stderr", "median", "trimmed", "q999")
    known = {name: _number(metrics.get(name)) for name in fields}
    prompts = _number(metrics.get("prompts"))
    return Measured(**known, prompts=int(prompts) if isfinite(prompts) else 0)


def _number(value: Any) -> float:
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if plain else nan


def disagreements(losses: np.ndarray, said: Measured, *, heavy: bool) -> list[str]:
    """In what fresh losses [prompts] differ from the manifest by more than TOLERANCE errors."""
    count, problems = losses.size, []
    share = 1 / count + (1 / said.prompts if said.prompts else 0.0)
    for name, level, limit in (("median", 0.5, said.median), ("99.9 %", QUANTILE, said.q999)):
        if np.isfinite(limit) and limit > ROUNDING:
            below = float(np.mean(losses <= limit))
            # One prompt more or less is no evidence, however small the binomial error.
            error = np.sqrt(level * (1 - level) * share) + 1 / count
            if abs(below - level) > TOLERANCE * error:
                problems.append(f"{below:.2%} of the tokens' losses are below the {name} quantile")
    mean, error = _trimmed(losses)
    error *= np.sqrt(count * share)
    if np.isfinite(said.trimmed) and abs(mean - said.trimmed) > TOLERANCE * error + ROUNDING:
        problems.append("the tokens' trimmed mean differs from the manifest's")
    stderr = np.hypot(losses.std(ddof=1) / np.sqrt(count), said.stderr)
    if not heavy and abs(losses.mean() - said.mean) > TOLERANCE * stderr + ROUNDING:
        problems.append("the tokens' loss differs from the manifest's")
    return problems


def _trimmed(losses: np.ndarray) -> tuple[float, float]:
    """Mean of the lowest 99 %, and its standard error by the winsorised losses."""
    ordered = np.sort(losses)
    kept = max(int(losses.size * (1 - TRIMMED)), 1)
    spread = np.minimum(ordered, ordered[kept - 1]).std()
    return float(ordered[:kept].mean()), float(spread / ((1 - TRIMMED) * np.sqrt(losses.size)))
