"""Lesson: what depth buys when the noise level differs from prompt to prompt (paper 2, section 5).

Figures 1, 2 and 5 of the paper on the shipped models. All losses are adjusted, half MSE.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import plotly.graph_objects as go

from icl_core.algorithms import Method
from icl_core.algorithms.ridge import AdaRR, BayesRR, ConstRR
from icl_core.analysis.loss import LossSummary, evaluate, noise_profile
from icl_core.lessons.choices import names, text
from icl_core.lessons.families import (
    BASELINES,
    DESCENTS,
    Family,
    baseline_tables,
    find_family,
    model_tables,
)
from icl_core.models.linear import PARAMETRIZATIONS
from icl_core.plots import losses as plots
from icl_core.plots.figure import Curve, level, log_range
from icl_core.plots.style import METHODS
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import UniformNoise
from icl_core.validation import Config, choice, integer, number
from icl_core.zoo.library import PRETRAINED, Table, load_entry

Statistic = Literal["mean", "median"]
STATISTICS: tuple[Statistic, ...] = get_args(Statistic)
CONTEXTS = (2, 5, 8, 10, 12, 15, 20, 25, 30, 40, 60, 80, 100, 150, 200)
"""Context lengths on offer; models were trained on one of them."""
SHIFT_PROMPTS, SHIFT_PROFILE_PROMPTS, SHIFT_LEVELS = 1024, 256, 4
"""An evaluation away from the training's context length is made when asked for: with fewer prompts,
and at every fourth noise level of the shipped tables."""


@dataclass(frozen=True, kw_only=True)
class NoiseAndDepth(Config):
    """Choices of the lesson. num_context None is the context length of training."""

    task: str = "uniform5_d10_n20"
    models: tuple[str, ...] = PARAMETRIZATIONS
    layers: int = 4
    sigma: float = 1.0
    num_context: int | None = None
    statistic: Statistic = "mean"

    def __post_init__(self) -> None:
        n = self.num_context
        self._set(
            task=text("The task", self.task),
            models=names("The list of models", self.models, PARAMETRIZATIONS),
            layers=integer("The number of layers L", self.layers, "num_layers"),
            sigma=number("The noise level sigma", self.sigma, "sigma"),
            num_context=None if n is None else integer("The context length n", n, "num_context"),
            statistic=choice("The statistic", self.statistic, STATISTICS),
        )


@dataclass(frozen=True, kw_only=True)
class Losses:
    """What the figures show, by method or by (parametrization, number of layers L).

    over_noise: arrays [L+1], over the task's noise law; profiles: arrays [sigmas, L+1], at fixed
    levels (of models at a shifted context length, only those of the depth asked for).
    """

    task: LinearTask
    depths: tuple[int, ...]
    shifted: bool
    over_noise: Mapping[Any, LossSummary]
    sigmas: np.ndarray
    profiles: Mapping[Any, LossSummary]

    def kinds(self, config: NoiseAndDepth) -> list[str]:
        """Chosen parametrizations that some model has."""
        return [
            kind for kind in config.models if any((kind, d) in self.over_noise for d in self.depths)
        ]


def measure(
    task: str, num_context: int | None = None, layers: int = 1, folder: Path = PRETRAINED
) -> Losses:
    """The shipped tables, or, at another context length, a fresh evaluation.

    `layers` is the depth whose noise profiles are wanted at a shifted context length.
    """
    family = find_family(task, folder)
    if num_context is None or num_context == family.task.num_context:
        return _shipped(family, folder)
    return _shifted(family, num_context, layers, folder)


def _shipped(family: Family, folder: Path) -> Losses:
    tables: dict[Any, Table] = {**model_tables(family, folder), **baseline_tables(family, folder)}
    return Losses(
        task=family.task,
        depths=family.depths,
        shifted=False,
        over_noise={key: table.loss for key, table in tables.items()},
        sigmas=next(iter(tables.values())).sigmas,
        profiles={key: table.profile for key, table in tables.items()},
    )


def _shifted(family: Family, num_context: int, layers: int, folder: Path) -> Losses:
    """Every model at another context length; the ridge baselines know the new length."""
    task = family.task.replace(num_context=num_context)
    sigmas = next(iter(model_tables(family, folder).values())).sigmas[::SHIFT_LEVELS]
    models = {
        (kind, depth): load_entry(entry, folder).model.padded(family.depths[-1])
        for kind, entries in family.entries.items()
        for depth, entry in entries.items()
    }
    closed: dict[Any, Method] = {
        "const_rr": ConstRR.of(task),
        "bayes_rr": BayesRR(noise=task.noise),
    }
    if num_context > task.dim:
        closed["ada_rr"] = AdaRR()
    chosen = {key: model for key, model in models.items() if key[1] == layers}
    return Losses(
        task=task,
        depths=family.depths,
        shifted=True,
        over_noise=_unpadded(evaluate(models | closed, task, prompts=SHIFT_PROMPTS)),
        sigmas=sigmas,
        profiles=_unpadded(
            noise_profile(chosen | closed, task, sigmas, prompts=SHIFT_PROFILE_PROMPTS)
        ),
    )


def _unpadded(summaries: Mapping[Any, LossSummary]) -> dict[Any, LossSummary]:
    """Summaries without the identity layers that models were padded with."""
    return {
        key: first_steps(summary, key[1]) if isinstance(key, tuple) else summary
        for key, summary in summaries.items()
    }


def first_steps(summary: LossSummary, steps: int) -> LossSummary:
    """The summary of the first `steps` steps."""
    arrays = {
        field: getattr(summary, field)[..., : steps + 1]
        for field in ("mean", "stderr", "median", "low", "high")
    }
    return LossSummary(count=summary.count, **arrays)


Bands = tuple[np.ndarray, np.ndarray, np.ndarray]
BAND_NAMES: dict[Statistic, str] = {"mean": "±2 standard errors", "median": "10–90 % of prompts"}


def center_and_band(summary: LossSummary, statistic: Statistic) -> Bands:
    """Mean with two standard errors to each side, or median with the 10 and 90 % quantiles."""
    if statistic == "median":
        return summary.median, summary.low, summary.high
    reach = 2 * summary.stderr
    return summary.mean, np.maximum(summary.mean - reach, 0), summary.mean + reach


def _curve(config: NoiseAndDepth, method: str, x: np.ndarray, bands: Iterable[np.ndarray]) -> Curve:
    y, low, high = bands
    name = BAND_NAMES[config.statistic]
    return Curve(method=method, x=x, y=y, low=low, high=high, band=name, markers=True)


def depth_curves(config: NoiseAndDepth, losses: Losses) -> list[Curve]:
    """Loss after the last layer by depth, one curve a parametrization."""
    curves = []
    for kind in losses.kinds(config):
        depths = [depth for depth in losses.depths if (kind, depth) in losses.over_noise]
        ends = [
            [part[-1] for part in center_and_band(losses.over_noise[kind, d], config.statistic)]
            for d in depths
        ]
        curves.append(_curve(config, kind, np.array(depths), np.transpose(ends)))
    return curves


def profile_curves(config: NoiseAndDepth, losses: Losses, layers: int) -> list[Curve]:
    """Loss by noise level: baselines, and the models of `layers` layers."""
    curves = []
    for method in BASELINES:
        if method in losses.profiles:
            y = center_and_band(losses.profiles[method], config.statistic)[0][:, -1]
            curves.append(Curve(method=method, x=losses.sigmas, y=y, width=1.5))
    for kind in losses.kinds(config):
        if summary := losses.profiles.get((kind, layers)):
            bands = [part[:, -1] for part in center_and_band(summary, config.statistic)]
            curves.append(replace(_curve(config, kind, losses.sigmas, bands), markers=False))
    return curves


def layer_curves(config: NoiseAndDepth, losses: Losses, sigma: float) -> list[Curve]:
    """Loss after every layer of the models of the chosen depth at one noise level."""
    curves = []
    ends = (-0.15, config.layers + 0.15)
    for method in ("const_rr", "bayes_rr"):
        center = center_and_band(losses.profiles[method], config.statistic)[0]
        curves.append(level(method, float(at_sigma(losses, center, sigma)[-1]), ends))
    for method in DESCENTS:
        summary = losses.profiles.get(method)
        if summary and summary.mean.shape[-1] == config.layers + 1:
            y = at_sigma(losses, center_and_band(summary, config.statistic)[0], sigma)
            curves.append(Curve(method=method, x=np.arange(len(y)), y=y, markers=True, width=1.5))
    for kind in losses.kinds(config):
        if summary := losses.profiles.get((kind, config.layers)):
            bands = [at_sigma(losses, b, sigma) for b in center_and_band(summary, config.statistic)]
            curves.append(_curve(config, kind, np.arange(len(bands[0])), bands))
    return curves


def at_sigma(losses: Losses, values: np.ndarray, sigma: float) -> np.ndarray:
    """Row of [sigmas, steps] at a noise level; between two levels of the table, linear."""
    return np.array([np.interp(sigma, losses.sigmas, column) for column in values.T])


def depth_figure(config: NoiseAndDepth, losses: Losses) -> go.Figure:
    """Figure 1 of the paper."""
    levels = {
        method: float(center_and_band(losses.over_noise[method], config.statistic)[0][-1])
        for method in BASELINES
        if method in losses.over_noise
    }
    floor = levels.pop("bayes_rr", None)
    curves = depth_curves(config, losses)
    return plots.loss_by_depth(curves, levels, floor, title="Loss by depth", depth=config.layers)


def profile_figure(config: NoiseAndDepth, losses: Losses) -> go.Figure:
    """Figures 2 and 3 of the paper; the loss axis is the same for every depth."""
    noise = losses.task.noise
    uniform = isinstance(noise, UniformNoise)
    everywhere = [curve.y for d in losses.depths for curve in profile_curves(config, losses, d)]
    return plots.noise_profile(
        profile_curves(config, losses, config.layers),
        title=f"Loss by noise level, {config.layers} layers",
        trained=(0.0, noise.highest) if uniform else None,
        trained_at=() if uniform else np.unique(noise.nodes()[0]).tolist(),
        sigma=config.sigma,
        y_range=log_range(everywhere, top=plots.TOP),
    )


def layers_figure(config: NoiseAndDepth, losses: Losses) -> go.Figure:
    """Figure 5 of the paper at one noise level; the loss axis is the same for every level."""
    everywhere = [
        curve.y
        for sigma in losses.sigmas
        for curve in layer_curves(config, losses, float(sigma))
        if curve.markers
    ]
    return plots.loss_by_layer(
        layer_curves(config, losses, config.sigma),
        title=f"Layer by layer at σ = {config.sigma:g}",
        y_range=log_range(everywhere, top=plots.TOP),
    )


def finding(config: NoiseAndDepth, losses: Losses) -> str:
    """The lesson's point in one sentence, with its numbers."""

    def end(key: Any) -> float:
        return float(center_and_band(losses.over_noise[key], config.statistic)[0][-1])

    depth = config.layers
    ends = {k: end((k, depth)) for k in losses.kinds(config) if (k, depth) in losses.over_noise}
    if not ends:
        return f"No model of {depth} layers is shipped for these choices."
    best = min(ends, key=lambda kind: ends[kind])
    const, bayes = end("const_rr"), end("bayes_rr")
    said = f"With {depth} layer{'s' * (depth > 1)}, {METHODS[best].label} comes to **{ends[best]:.3g}**"
    if ends[best] < const:
        said += (
            f": {const / ends[best]:.1f} times less than the best ridge regression of one fixed "
            f"strength ({const:.3g})"
        )
    if bayes > 1e-6:
        said += f", and {ends[best] / bayes:.1f} times the Bayes floor ({bayes:.3g})"
    return said + "."
