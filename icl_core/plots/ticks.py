"""Ranges and ticks of logarithmic axes."""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
MAX_DECADES = 6
"""A logarithmic axis shows at most this many: values nearer to 0 leave it at the bottom."""
SMALLEST, LARGEST = 1e-280, 1e280
"""Ends of axes and colours lie between these, so that nothing made of them is 0 or infinite."""


def limit_of(values: Iterable[Any]) -> float:
    """The largest finite size of all values, for colours that diverge around 0; 1 if there is
    none but 0."""
    flat = np.abs(np.concatenate([np.ravel(np.asarray(part, float)) for part in values]))
    size = float(np.max(flat, where=np.isfinite(flat), initial=0.0))
    return min(max(size, SMALLEST), LARGEST) if size else 1.0


def log_range(
    values: Iterable[Any], *, pad: float = 0.06, top: float = math.inf
) -> tuple[float, float]:
    """(lowest, highest) of a logarithmic axis that shows all positive values, with a margin."""
    flat = np.concatenate([np.ravel(np.asarray(part, float)) for part in values])
    flat = np.clip(flat[np.isfinite(flat) & (flat > 0)], SMALLEST, LARGEST)
    if not flat.size:
        return 0.1, 1.0
    high = min(float(flat.max()), max(top, SMALLEST))
    low = min(max(float(flat.min()), high * 10.0**-MAX_DECADES), high * 0.8)
    margin = (high / low) ** pad
    return low / margin, high * margin


def log_ticks(low: float, high: float) -> list[float]:
    """Places of ticks on a logarithmic axis: 1, 2, 5 or, over many decades, powers of ten."""
    decades = math.log10(high) - math.log10(low)
    steps = (1, 2, 5) if decades < 2.6 else (1,)
    steps = (1, 2, 3, 4, 5, 6, 8) if decades < 0.5 else steps
    stride = 1 + int(decades / 8)
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [step * 10.0**k for k in exponents if k % stride == 0 for step in steps]
    return [tick for tick in ticks if low <= tick <= high]


def tick_label(value: float) -> str:
    """0.002 as it is, very small and large powers of ten with an exponent."""
    exponent = math.floor(math.log10(value) + 1e-9)
    if -4 < exponent < 5:
        return f"{value:,.6g}" if exponent == 4 else f"{value:.6g}"
    mantissa = value / 10.0**exponent
    power = power_of_ten(exponent)
    return power if math.isclose(mantissa, 1) else f"{mantissa:.0f}·{power}"


def power_of_ten(exponent: int) -> str:
    """10⁻⁶."""
    return f"10{str(exponent).translate(SUPERSCRIPTS)}"
