"""The panels of paper 2's figures, from results."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from icl_core.analysis.loss import LossSummary
from icl_core.lessons.paper_figures.figures import Panel, Span
from icl_core.lessons.shared.bands import center_and_band
from icl_core.lessons.shared.curves import (
    Means,
    banded,
    depth_curves,
    profile_curves,
    published_cells,
)
from icl_core.lessons.shared.losses import Losses, highest_sigma
from icl_core.lessons.shared.model_map import noise_words
from icl_core.lessons.shared.shipped import BASELINES
from icl_core.lessons.shared.words import counted
from icl_core.plots import METHODS, Curve, Looks, level
from icl_core.plots.losses import TOP
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import met_in_training

PLAIN = Means()
"""Means, and every parametrization."""
LABELS = {"const_rr": "ConstRR, the floor of GD++", "bayes_rr": "Bayes, the floor of all"}
DEPTH_ENDS = (0.75, 7.25)
Seeds = Mapping[tuple[str, int], Sequence[LossSummary]]
"""Losses over noise by parametrization and depth, one a training run."""


def depth_panel(losses: Losses, *, published: bool) -> Panel:
    """Figure 1: the loss by depth for one noise law."""
    curves = [
        replace(curve, **_first(curve, curve.x <= DEPTH_ENDS[1]))
        for curve in depth_curves(PLAIN, losses)
    ]
    levels = [
        _named(level(method, losses.over_noise[method].final, DEPTH_ENDS))
        for method in BASELINES
        if method in losses.over_noise
    ]
    return Panel(
        title=noise_words(losses.task),
        curves=[*levels, *curves],
        x_range=DEPTH_ENDS,
        y_range=_reach([curve.y for curve in (*levels, *curves)], decades=17),
        published=published_cells(PLAIN, losses) if published else {},
    )


def profile_panel(losses: Losses, layers: int, title: str, oracle: np.ndarray | None) -> Panel:
    """Figures 2, 3 and 6: the loss by noise level; unadjusted where the oracle's is given."""
    curves = [_named(curve) for curve in profile_curves(PLAIN, losses, layers)]
    if oracle is not None:
        curves = [_raised(curve, oracle) for curve in curves]
        curves.append(Curve(method="oracle_rr", x=losses.sigmas, y=oracle, width=1.5))
    decades = 1.8 if oracle is not None else 4.5
    return Panel(
        title=title,
        curves=curves,
        x_range=(0.0, highest_sigma(losses.task)),
        y_range=_reach([curve.y for curve in curves], decades=decades),
        met=met_in_training(losses.task.noise),
    )


def layer_panel(kind: str, task: LinearTask, seeds: Seeds, levels: Mapping[str, float]) -> Panel:
    """Figure 5: the loss read after every layer of the models of one parametrization; the mean
    over training runs, and all of them in the band."""
    ends = (-0.15, 7.15)
    curves = [_named(level(method, value, ends)) for method, value in levels.items()]
    depths = [depth for (of, depth) in seeds if of == kind]
    for depth in depths:
        runs = np.stack([summary.mean for summary in seeds[kind, depth]])
        bands, band = (runs.mean(0), runs.min(0), runs.max(0)), f"over {counted(len(runs), 'run')},"
        label = f"{METHODS[kind].label}, {counted(depth, 'layer')}"
        named: Looks = {"uid": f"{kind}:{depth}", "label": label, "markers": True}
        curves.append(banded(kind, np.arange(depth + 1), bands, band, **named))
    return Panel(
        title=METHODS[kind].label,
        curves=curves,
        x_range=ends,
        y_range=_reach([curve.y for curve in curves], decades=4),
        strength={f"{kind}:{depth}": _strength(depth, 7) for depth in depths},
    )


def far_panel(
    kind: str, sigmas: np.ndarray, profile: LossSummary, floors: Mapping[str, LossSummary]
) -> Panel:
    """Figure 7: the loss by noise level, read after every layer of one model."""
    layers = profile.mean.shape[-1] - 1
    curves = [
        _named(Curve(method=name, x=sigmas, y=floor.mean[:, -1], width=1.5))
        for name, floor in floors.items()
    ]
    around = center_and_band(profile, "mean")
    for layer in range(layers + 1):
        last = layer == layers
        named: Looks = {"uid": f"{kind}:{layer}", "width": 2.75 if last else 1.75}
        named["label"] = f"{METHODS[kind].label}, after layer {layer}"
        bands = [part[:, layer] for part in around]
        if last:
            curves.append(banded(kind, sigmas, bands, **named))
        else:
            curves.append(Curve(method=kind, x=sigmas, y=bands[0], **named))
    return Panel(
        title=f"{METHODS[kind].label}, {layers} layers",
        curves=curves,
        x_range=(0.0, float(sigmas[-1])),
        y_range=_reach([curve.y for curve in curves], decades=4.5),
        met=((0.0, 5.0), ()),
        strength={f"{kind}:{layer}": _strength(layer, layers) for layer in range(layers + 1)},
    )


def _strength(step: int, last: int) -> float:
    """How strongly a step is drawn: the last fully, the first at a quarter."""
    return 0.25 + 0.75 * step / last


def _named(curve: Curve) -> Curve:
    return replace(curve, label=LABELS.get(curve.method, curve.label))


def _raised(curve: Curve, by: np.ndarray) -> Curve:
    edges = {
        name: edge + by for name in ("low", "high") if (edge := getattr(curve, name)) is not None
    }
    return replace(curve, y=curve.y + by, **edges)


def _first(curve: Curve, met: np.ndarray) -> dict[str, np.ndarray]:
    """The points of a curve where `met`."""
    fields = ("x", "y", "low", "high")
    return {name: part[met] for name in fields if (part := getattr(curve, name)) is not None}


def _reach(values: Sequence[np.ndarray], decades: float) -> Span:
    """The y axis: at most so many decades down from the largest value (or what costs too much)."""
    flat = np.concatenate([np.ravel(part) for part in values])
    flat = flat[np.isfinite(flat) & (flat > 1e-18)]
    high = min(float(flat.max()), TOP)
    low = max(float(flat.min()), high * 10.0**-decades)
    margin = max(1.5, (high / low) ** 0.05)
    return low / margin, high * margin
