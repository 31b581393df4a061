"""Words that lessons share: what names and symbols mean, and numbers with their errors."""

import math
import re
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal

from icl_core.plots import METHODS
from icl_core.plots.ticks import power_of_ten

TERMS = {
    "L": "number of layers",
    "n, d": "number of examples in a prompt, number of inputs of an example",
    "σ": "noise level of a prompt: the standard deviation of what is added to its targets y",
    "loss (half MSE)": "½ (answer − truth)², averaged over prompts and queries",
    "adjusted loss": "the loss minus that of ridge regression which is told σ: knowing σ is worth "
    "this much, and 0 is as good as knowing it",
    "Bayes floor": "the loss of the best predictor there can be; none lies below it on average",
    "ω": r"four numbers of a layer: what x and y of a token receive from x and y; $\omega_{yx}$, "
    "what y receives from x, is a step of gradient descent",
    "Σ, α": "sums over the examples of a prompt: Σ = Σᵢ xᵢ xᵢᵀ, α = Σᵢ yᵢ xᵢ",
    "P, Q, G": "a layer adds P G Q e to every token e = (x, y), G = Σᵢ eᵢ eᵢᵀ over the examples",
}
"""Symbols and terms of several pages."""


def meanings(methods: Iterable[str] = (), terms: Iterable[str] = ()) -> dict[str, str]:
    """What methods (in the order of every legend) and terms stand for, by their names."""
    named = {METHODS[key].label: METHODS[key].about for key in METHODS if key in set(methods)}
    return named | {term: TERMS[term] for term in terms}


def fill(template: str, values: Mapping[str, float]) -> str:
    """`template` with {name:.2f} (or :d, :.3g) as that number, as said.mjs has it in the page,
    where a half is rounded away from 0."""

    def written(found: re.Match[str]) -> str:
        value, digits = values[found[1]], int(found[2] or found[3] or 0)
        if math.isnan(value):
            return "–"
        if math.isinf(value):
            return "∞" if value > 0 else "−∞"
        if found[3]:
            return short(value, digits).replace("-", "−")
        rounded = Decimal(value).quantize(Decimal(10) ** -digits, ROUND_HALF_UP)
        return f"{rounded:f}".replace("-", "−")

    return re.sub(r"\{(\w+):(?:\.(\d)f|d|\.(\d)g)\}", written, template)


def without_fields(text: str) -> str:
    """`text` that `fill` leaves as it is."""
    return text.replace("{", "(").replace("}", ")")


def counted(count: int, thing: str) -> str:
    """1 layer, 2 layers."""
    return f"{count} {thing}{'s' * (count != 1)}"


TINY = 1e-5
"""Numbers below it are written with a power of ten."""


def short(value: float, digits: int = 3) -> str:
    """A number to some digits: 6,490, 0.0008, 2·10⁻¹⁶."""
    if not math.isfinite(value) or not value:
        return f"{value:g}"
    value = float(f"{value:.{digits}g}")
    power = math.floor(math.log10(abs(value)))
    if abs(value) < TINY or power > 6:
        return f"{_scaled(value, power):.{digits}g}·{power_of_ten(power)}"
    places = max(0, digits - 1 - power)
    return f"{value:,.{places}f}".rstrip("0").rstrip(".") if places else f"{value:,.0f}"


def _scaled(value: float, power: int) -> float:
    """`value` / 10^power, where that power alone may be too small or too large a number."""
    half = power // 2
    return value / 10.0**half / 10.0 ** (power - half)


def plus_minus(value: float, error: float, *, sign: str = "") -> str:
    """A number and its standard error, to the error's first digit: (1.23 ± 0.04)·10⁻¹⁵."""
    if 0 < (largest := max(abs(value), error)) < TINY:
        power = math.floor(math.log10(largest))
        scaled = plus_minus(_scaled(value, power), _scaled(error, power), sign=sign)
        return f"({scaled})·{power_of_ten(power)}"
    digits = max(0, -math.floor(math.log10(error))) if 0 < error < math.inf else 3
    return f"{value:{sign}z.{digits}f} ± {error:.{digits}f}"
