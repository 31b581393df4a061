"""Theorem 5.2 on screen: the loss by n, the shrinkage by noise level, beside a trained model."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from icl_core.analysis.loss import LossSummary
from icl_core.analysis.two_noise import CONTEXTS, PROMPTS, TwoNoiseLimit
from icl_core.constructions.two_noise import TwoNoise
from icl_core.errors import InputError
from icl_core.lessons.shared.bands import BAND_NAMES
from icl_core.lessons.shared.coordinates import omega_values
from icl_core.lessons.shared.curves import banded
from icl_core.lessons.shared.shipped import families
from icl_core.lessons.theory import figures as plots
from icl_core.lessons.theory.config import LEVELS, TRAINED_CONTEXT, TRAINED_TASK, Theory
from icl_core.live import Grid, Player, View
from icl_core.live.moving import Index, Values, grid_at
from icl_core.plots import Curve, Looks
from icl_core.zoo.library import from_shipped, load_entry
from icl_core.zoo.tables import load_table

OMEGAS = (r"$\omega_{xx}$", r"$\omega_{xy}$", r"$\omega_{yx}$", r"$n\,\omega_{yy}$")


@dataclass(frozen=True, kw_only=True, eq=False)
class Trained:
    """The shipped two-layer DIAG model for noise 1 and 3.

    loss: adjusted, half MSE; omegas [2, 4] in the theorem's units, the last one times n.
    """

    loss: float
    stderr: float
    omegas: np.ndarray


@from_shipped(1)
def trained_pair() -> Trained | None:
    """None where it does not ship."""
    try:
        entry = families()[TRAINED_TASK].entries["diag"][2]
        summary = load_table(entry.name).loss
        own = omega_values(load_entry(entry).model)
    except (InputError, KeyError):
        return None
    n = TRAINED_CONTEXT
    return Trained(
        loss=summary.final,
        stderr=float(summary.stderr[-1]),
        omegas=own * np.array([n, n, n, n * n]),
    )


def construction_omegas(config: Theory) -> np.ndarray:
    """omegas [2, 4] of the construction in the theorem's units, the last one times n."""
    low, high = LEVELS[config.levels]
    method = TwoNoise(low=low, high=high, num_context=1)
    return np.array([[0, 0, method.omega_yx, 0], [0, 0, 0, method.omega_yy]])


def omega_table(config: Theory, trained: Trained | None) -> str:
    """Construction and trained model side by side, as Markdown."""
    rows: list[tuple[str, np.ndarray]] = [("Theorem 5.2", construction_omegas(config))]
    if trained is not None and config.levels == "trained":
        rows.append((f"DIAG, trained for n = {TRAINED_CONTEXT}", trained.omegas))
    lines = [f"| layer | weights of | {' | '.join(OMEGAS)} |", "|-|-|" + "-:|" * len(OMEGAS)]
    for layer in range(2):
        for name, omegas in rows:
            numbers = " | ".join(f"{value:.3f}".replace("-", "−") for value in omegas[layer])
            lines.append(f"| {layer + 1} | {name} | {numbers} |")
    return "\n".join(lines)


def limit_curves(found: TwoNoiseLimit) -> list[Curve]:
    """Loss at every n."""
    own = {method: _loss_curve(method, found, summary) for method, summary in found.losses.items()}
    fitted = replace(
        _loss_curve("two_noise", found, found.fitted),
        uid="fitted",
        label="the same layers, ω fitted to n",
        open_markers=True,
        width=1.25,
    )
    return [*own.values(), fitted]


def _loss_curve(method: str, found: TwoNoiseLimit, summary: LossSummary) -> Curve:
    reach = 2 * summary.stderr
    # A few prompts decide the mean where n is near d: its error then says nothing.
    reach = np.where(2 * reach < summary.mean, reach, 0)
    ends = summary.mean, summary.mean - reach, summary.mean + reach
    bands, own = map(plots.clipped, ends), method == "two_noise"
    return banded(method, found.contexts, bands, markers=own)


def factor_curves(found: TwoNoiseLimit, index: int) -> list[Curve]:
    """The factor at every noise level: optimal, in the limit, and for prompts of one length."""
    x, bands = found.sigmas, (part[index] for part in (found.median, found.low, found.high))
    now: Looks = {"uid": "now", "label": "Theorem 5.2 at this n, median", "width": 1.25}
    now |= {"markers": True, "open_markers": True}
    return [
        Curve(method="oracle_rr", x=x, y=found.optimum, label="optimal ridge, 1 / (1 + σ²)"),
        Curve(method="two_noise", uid="limit", x=x, y=found.limit, label="Theorem 5.2, n → ∞"),
        banded("two_noise", x, bands, BAND_NAMES["median"], **now),
    ]


def limit_view(config: Theory, found: TwoNoiseLimit, trained: Trained | None) -> View:
    """Loss of the two-layer construction by context length."""
    points = {}
    if trained is not None and config.levels == "trained":
        points["diag"] = (TRAINED_CONTEXT, trained.loss, trained.stderr)
    return View(
        figure=plots.limit_figure(
            limit_curves(found),
            points,
            num_context=config.num_context,
            title="Loss by prompt length",
        ),
        caption=f"Means over {PROMPTS:,} prompts at each of the two noise levels, with two "
        f"standard errors. d = {found.dim}, x ~ N(0, I/n).",
    )


@lru_cache(maxsize=16)
def factor_grid(found: TwoNoiseLimit) -> Grid:
    """The band at every n."""

    def values(index: Index) -> Values:
        band = factor_curves(found, *index)[-1]
        return {(uid, "y"): y for uid, y in band.values().items()}

    return grid_at({"num_context": range(len(CONTEXTS))}, values, exact=True)


def factor_view(config: Theory, found: TwoNoiseLimit) -> View:
    """By what the construction multiplies least squares at each noise level."""
    now, labels = CONTEXTS.index(config.num_context), [f"{n:,}" for n in CONTEXTS]
    return View(
        figure=plots.factor_figure(
            factor_curves(found, now),
            found.levels,
            title=f"Shrinkage by noise level, n = {config.num_context:,}",
        ),
        title="Shrinkage by noise level",
        caption=f"Band: 10 to 90 % of {PROMPTS:,} prompts. The other two curves are exact.",
        controls=[Player("num_context", "Examples n", labels, value=now, seconds=0.4)],
        grid=factor_grid(found),
    )


def two_noise_finding(config: Theory, found: TwoNoiseLimit, trained: Trained | None) -> str:
    """Where the construction stands at the chosen n."""
    own, const = (
        _at(found.losses[method], config.num_context) for method in ("two_noise", "const_rr")
    )
    said = (
        f"At n = {config.num_context:,} the construction loses {shown(own)} (half MSE) to the "
        f"optimal ridge regression; the best ridge regression of one strength {shown(const)}, "
    )
    if own[0] < const[0]:
        said += f"**{const[0] / own[0]:.3g} times** as much."
    else:
        said += f"{own[0] / const[0]:.3g} times less, for n is not yet large."
    said += _slope(found)
    if trained is not None and config.levels == "trained":
        said += (
            f" A trained two-layer DIAG reaches {shown((trained.loss, trained.stderr))} with only "
            f"{TRAINED_CONTEXT} examples, where the construction has "
            f"{shown(_at(found.losses['two_noise'], TRAINED_CONTEXT))} and the same two layers "
            f"with the best ω for that n {shown(_at(found.fitted, TRAINED_CONTEXT))}: "
            "a short prompt needs its inputs transformed too."
        )
    return said


def _slope(found: TwoNoiseLimit) -> str:
    """How the loss falls with n over the last decade."""
    summary = found.losses["two_noise"]
    last = np.array([np.searchsorted(found.contexts, found.contexts[-1] / 10), -1])
    loss, n = summary.mean[last], found.contexts[last]
    apart = np.log(n[1] / n[0])
    power = (np.log(loss[1] / loss[0]) / apart, np.hypot(*(summary.stderr[last] / loss)) / apart)
    return f" Over the last decade its loss falls as n to the power {shown(power)}."


def _at(summary: LossSummary, num_context: int) -> tuple[float, float]:
    """Mean and standard error at one n."""
    index = CONTEXTS.index(num_context)
    return float(summary.mean[index]), float(summary.stderr[index])


def shown(value: Sequence[float]) -> str:
    """A number with its standard error, to the error's second digit."""
    mean, stderr = value
    if not stderr > 0:
        return f"{mean:.3g}"
    digits = max(0, 1 - int(np.floor(np.log10(stderr))))
    return f"{mean:.{digits}f} ± {stderr:.{digits}f}".replace("-", "−")
