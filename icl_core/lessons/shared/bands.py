"""What stands for the losses of many prompts: their mean or their median, with a band."""

from typing import Literal, get_args

import numpy as np

from icl_core.analysis.loss import LossSummary

Statistic = Literal["mean", "median"]
STATISTICS: tuple[Statistic, ...] = get_args(Statistic)
Bands = tuple[np.ndarray, np.ndarray, np.ndarray]
BAND_NAMES: dict[Statistic, str] = {"mean": "±2 standard errors", "median": "10–90 % of prompts"}


def center_and_band(summary: LossSummary, statistic: Statistic) -> Bands:
    """Mean with two standard errors to each side, or median with the 10 and 90 % quantiles.

    A mean that a few diverging prompts decide has no band: its standard error says nothing.
    """
    if statistic == "median":
        return summary.median, summary.low, summary.high
    known = 4 * summary.stderr < summary.mean
    reach = np.where(known, 2 * summary.stderr, 0)
    return summary.mean, np.maximum(summary.mean - reach, 0), summary.mean + reach
