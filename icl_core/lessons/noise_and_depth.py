"""Lesson: what depth buys when the noise level differs from prompt to prompt (paper 2, section 5).

Figures 1, 2 and 5 of the paper on the shipped models. All losses are adjusted, half MSE.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import plotly.graph_objects as go

from icl_core.algorithms import Method
from icl_core.algorithms.ridge import AdaRR, BayesRR, ConstRR
from icl_core.analysis.loss import LossSummary, evaluate, noise_profile
from icl_core.lessons.choices import names, text
from icl_core.lessons.families import BASELINES, Family, baseline_tables, find_family, model_tables
from icl_core.models.linear import PARAMETRIZATIONS
from icl_core.plots import losses as plots
from icl_core.plots.figure import Curve
from icl_core.plots.style import METHODS
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import UniformNoise
from icl_core.validation import Config, choice, integer, number
from icl_core.zoo.library import PRETRAINED, load_entry

Statistic = Literal["mean", "median"]
STATISTICS: tuple[Statistic, ...] = get_args(Statistic)
CONTEXTS = (2, 5, 8, 10, 12, 15, 20, 25, 30, 40, 60, 80, 100, 150, 200)
"""Context lengths on offer; models were trained on one of them."""
SHIFT_PROMPTS, SHIFT_PROFILE_PROMPTS = 1024, 256
"""Prompts of an evaluation away from the training's context length: drawn when asked for."""


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
    """What the figures show.

    by_depth[kind][L]: arrays [L+1]; baselines[method]: arrays [2]. profiles[kind] of the models of
    `layers` layers: arrays [sigmas, layers+1]; baseline_profiles[method]: arrays [sigmas, 2].
    """

    task: LinearTask
    layers: int
    shifted: bool
    by_depth: dict[str, dict[int, LossSummary]]
    baselines: dict[str, LossSummary]
    sigmas: np.ndarray
    profiles: dict[str, LossSummary]
    baseline_profiles: dict[str, LossSummary]


def measure(
    task: str, layers: int, num_context: int | None = None, folder: Path = PRETRAINED
) -> Losses:
    """The shipped tables, or, at another context length, a fresh evaluation."""
    family = find_family(task, folder)
    layers = min(family.depths, key=lambda depth: abs(depth - layers))
    if num_context is None or num_context == family.task.num_context:
        return _shipped(family, layers, folder)
    return _shifted(family, layers, num_context, folder)


def _shipped(family: Family, layers: int, folder: Path) -> Losses:
    models, baselines = model_tables(family, folder), baseline_tables(family, folder)
    return Losses(
        task=family.task,
        layers=layers,
        shifted=False,
        by_depth={
            kind: {depth: models[kind, depth].loss for depth in entries}
            for kind, entries in family.entries.items()
        },
        baselines={method: table.loss for method, table in baselines.items()},
        sigmas=next(iter(models.values())).sigmas,
        profiles={
            kind: models[kind, layers].profile for kind in family.entries if (kind, layers) in models
        },
        baseline_profiles={method: table.profile for method, table in baselines.items()},
    )


def _shifted(family: Family, layers: int, num_context: int, folder: Path) -> Losses:
    """Every model at another context length; the ridge baselines know the new length."""
    task = family.task.replace(num_context=num_context)
    sigmas = next(iter(model_tables(family, folder).values())).sigmas
    longest = family.depths[-1]
    models: dict[tuple[str, int], Method] = {
        (kind, depth): load_entry(entry, folder).model.padded(longest)
        for kind, entries in family.entries.items()
        for depth, entry in entries.items()
    }
    closed: dict[str, Method] = {"const_rr": ConstRR.of(task), "bayes_rr": BayesRR(noise=task.noise)}
    if num_context > task.dim:
        closed["ada_rr"] = AdaRR()
    keyed = {_key(*key): model for key, model in models.items()}
    chosen = {_key(*key): model for key, model in models.items() if key[1] == layers}
    loss = evaluate(keyed | closed, task, prompts=SHIFT_PROMPTS)
    profile = noise_profile(chosen | closed, task, sigmas, prompts=SHIFT_PROFILE_PROMPTS)
    return Losses(
        task=task,
        layers=layers,
        shifted=True,
        by_depth={
            kind: {depth: first_steps(loss[_key(kind, depth)], depth) for depth in entries}
            for kind, entries in family.entries.items()
        },
        baselines={method: loss[method] for method in BASELINES if method in closed},
        sigmas=sigmas,
        profiles={
            kind: first_steps(profile[_key(kind, layers)], layers)
            for kind in family.entries
            if (kind, layers) in models
        },
        baseline_profiles={method: profile[method] for method in BASELINES if method in closed},
    )


def _key(kind: str, depth: int) -> str:
    return f"{kind}{depth}"


def first_steps(summary: LossSummary, steps: int) -> LossSummary:
    """The summary without the identity layers that a model was padded with."""
    arrays = {
        field: getattr(summary, field)[..., : steps + 1]
        for field in ("mean", "stderr", "median", "low", "high")
    }
    return LossSummary(count=summary.count, **arrays)


def center_and_band(
    summary: LossSummary, statistic: Statistic
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean with two standard errors to each side, or median with the 10 and 90 % quantiles."""
    if statistic == "median":
        return summary.median, summary.low, summary.high
    reach = 2 * summary.stderr
    return summary.mean, np.maximum(summary.mean - reach, 0), summary.mean + reach


BANDS: dict[Statistic, str] = {"mean": "±2 standard errors", "median": "10–90 % of prompts"}


def figures(config: NoiseAndDepth, losses: Losses) -> dict[str, go.Figure]:
    """The lesson's figures by name: "depth", "profile", "layers"."""
    kinds = [kind for kind in config.models if kind in losses.by_depth]
    return {
        "depth": _depth_figure(config, losses, kinds),
        "profile": _profile_figure(config, losses, kinds),
        "layers": _layers_figure(config, losses, kinds),
    }


def _depth_figure(config: NoiseAndDepth, losses: Losses, kinds: Sequence[str]) -> go.Figure:
    curves = []
    for kind in kinds:
        depths = losses.by_depth[kind]
        ends = [[part[-1] for part in center_and_band(s, config.statistic)] for s in depths.values()]
        y, low, high = np.transpose(ends)
        curves.append(
            Curve(
                method=kind,
                x=np.array(list(depths)),
                y=y,
                low=low,
                high=high,
                band=BANDS[config.statistic],
            )
        )
    levels = {m: _center(s, config)[-1] for m, s in losses.baselines.items()}
    floor = levels.pop("bayes_rr", None)
    return plots.loss_by_depth(
        curves, levels, floor, title="Loss by depth", depth=losses.layers
    )


def _profile_figure(config: NoiseAndDepth, losses: Losses, kinds: Sequence[str]) -> go.Figure:
    curves = []
    summaries = losses.baseline_profiles | {k: losses.profiles[k] for k in kinds if k in losses.profiles}
    for method in [name for name in METHODS if name in summaries]:
        y, low, high = (part[:, -1] for part in center_and_band(summaries[method], config.statistic))
        band = (low, high) if method in kinds else (None, None)
        curves.append(
            Curve(
                method=method,
                x=losses.sigmas,
                y=y,
                low=band[0],
                high=band[1],
                band=BANDS[config.statistic],
            )
        )
    noise = losses.task.noise
    uniform = isinstance(noise, UniformNoise)
    return plots.noise_profile(
        curves,
        title=f"Loss by noise level, L = {losses.layers}",
        trained=(0.0, noise.highest) if uniform else None,
        trained_at=() if uniform else np.unique(noise.nodes()[0]).tolist(),
        sigma=config.sigma,
    )


def _layers_figure(config: NoiseAndDepth, losses: Losses, kinds: Sequence[str]) -> go.Figure:
    curves = []
    for kind in kinds:
        if kind in losses.profiles:
            y, low, high = (
                at_sigma(losses, part, config.sigma)
                for part in center_and_band(losses.profiles[kind], config.statistic)
            )
            curves.append(
                Curve(
                    method=kind,
                    x=np.arange(len(y)),
                    y=y,
                    low=low,
                    high=high,
                    band=BANDS[config.statistic],
                )
            )
    levels = {
        method: float(at_sigma(losses, _center(summary, config), config.sigma)[-1])
        for method, summary in losses.baseline_profiles.items()
    }
    return plots.loss_by_layer(
        curves, levels, title=f"Inside the models, σ = {config.sigma:g}"
    )


def _center(summary: LossSummary, config: NoiseAndDepth) -> np.ndarray:
    return center_and_band(summary, config.statistic)[0]


def at_sigma(losses: Losses, values: np.ndarray, sigma: float) -> np.ndarray:
    """Row of [sigmas, steps] at a noise level; between two levels of the table, linear."""
    return np.array([np.interp(sigma, losses.sigmas, column) for column in values.T])


def finding(config: NoiseAndDepth, losses: Losses) -> str:
    """The lesson's point in two sentences, with its numbers."""
    depth = losses.layers
    ends = {
        kind: float(_center(losses.by_depth[kind][depth], config)[-1])
        for kind in config.models
        if depth in losses.by_depth.get(kind, {})
    }
    if not ends:
        return f"No model of {depth} layers is shipped for these choices."
    best = min(ends, key=lambda kind: ends[kind])
    const, bayes = (float(_center(losses.baselines[m], config)[-1]) for m in ("const_rr", "bayes_rr"))
    layers = f"{depth} layer" + "s" * (depth > 1)
    said = f"With {layers}, {METHODS[best].label} comes to a loss of **{ends[best]:.3g}**"
    if ends[best] < const:
        said += (
            f": {const / ends[best]:.2g} times less than the best ridge regression of one fixed "
            f"strength ({const:.3g})"
        )
    if bayes > 1e-6:
        said += f", and {ends[best] / bayes:.2g} times the Bayes floor ({bayes:.3g})"
    return said + "."
