"""Lesson: what depth buys when the noise level differs from prompt to prompt (paper 2, section 5).

Figures 1, 2 and 5 of the paper on the shipped models. All losses are adjusted, half MSE.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from icl_core.analysis.floors import ridge_profile
from icl_core.errors import InputError
from icl_core.lessons import losses as tables
from icl_core.lessons.bands import BAND_NAMES, STATISTICS, Statistic, center_and_band
from icl_core.lessons.choices import names, switch, text
from icl_core.lessons.families import BASELINES, DESCENTS
from icl_core.lessons.losses import Losses
from icl_core.lessons.words import plus_minus
from icl_core.live import Link, Player, Slider, View
from icl_core.live.curves import curve_grid
from icl_core.models.linear import PARAMETRIZATIONS
from icl_core.plots import losses as plots
from icl_core.plots.drawing import Curve, level
from icl_core.plots.figure import Figure
from icl_core.plots.style import METHODS
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import met_in_training
from icl_core.validation import Config, Reach, choice, integer, number
from icl_core.zoo.published import published_loss

METHOD = Link(group="noise_and_depth", by="trace")
"""Pointing at a method in one chart picks it out in the others."""
CONTEXTS = (2, 5, 8, 10, 12, 15, 20, 25, 30, 40, 60, 80, 100, 150, 200)
"""Context lengths on offer; models were trained on one of them."""
DIMENSIONS = (1, 2, 3, 5, 8, 10, 12, 15, 20)
"""Dimensions on offer, likewise."""
LEVELS = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0)
"""Noise levels on offer for a model that knows no other."""


@dataclass(frozen=True, kw_only=True)
class NoiseAndDepth(Config):
    """Choices of the lesson. num_context and dim None are those of training;
    `level` adds the best that training at that one noise level leads to."""

    task: str = "uniform5_d10_n20"
    models: tuple[str, ...] = PARAMETRIZATIONS
    layers: int = 4
    sigma: float = 1.0
    num_context: int | None = None
    dim: int | None = None
    level: float | None = None
    statistic: Statistic = "mean"
    published: bool = False

    def __post_init__(self) -> None:
        n, d, level = self.num_context, self.dim, self.level
        self._set(
            task=text("The task", self.task),
            models=names("The list of models", self.models, PARAMETRIZATIONS),
            layers=integer("The number of layers L", self.layers, "num_layers"),
            sigma=number("The noise level sigma", self.sigma, "sigma"),
            num_context=None if n is None else integer("The context length n", n, "num_context"),
            dim=None if d is None else integer("The dimension d", d, (1, DIMENSIONS[-1])),
            level=None if level is None else number("The one noise level", level, "sigma"),
            statistic=choice("The statistic", self.statistic, STATISTICS),
            published=switch("The switch for published values", self.published),
        )


PRESETS: dict[str, NoiseAndDepth] = {
    "Any noise from 0 to 5": NoiseAndDepth(),
    "Only noise 1 or 3": NoiseAndDepth(task="categorical1-3_d10_n20", sigma=3.0),
    "One layer": NoiseAndDepth(layers=1),
    "Longer prompts": NoiseAndDepth(num_context=30),
    "Fewer dimensions": NoiseAndDepth(dim=5),
    "Beside one noise level": NoiseAndDepth(layers=7, level=2.0),
    "The typical prompt": NoiseAndDepth(statistic="median"),
}
"""Named states of the lesson; the first is its default."""


def limits_of(task: LinearTask, depths: Sequence[int]) -> dict[str, Reach]:
    """Depths that ship, and noise a little beyond that of training."""
    return {
        "layers": Reach("Layers L", depths[0], depths[-1]),
        "sigma": Reach("Noise level σ", 0.0, highest_sigma(task)),
    }


def reach(config: NoiseAndDepth, losses: Losses) -> dict[str, Reach]:
    """The limits of what was measured."""
    return limits_of(losses.task, losses.depths)


def measure(config: NoiseAndDepth) -> Losses:
    """What the views show, from the shipped models."""
    found = tables.measure(config.task, config.num_context, config.layers, config.dim)
    if config.layers not in found.depths:
        raise InputError(
            f"No model of {config.layers} layers is shipped for {config.task}: "
            f"expected {found.depths[0]} to {found.depths[-1]}."
        )
    return found


def _curve(config: NoiseAndDepth, method: str, x: np.ndarray, bands: Iterable[np.ndarray]) -> Curve:
    y, low, high = bands
    name = BAND_NAMES[config.statistic]
    return Curve(method=method, x=x, y=y, low=low, high=high, band=name, markers=True)


def depth_curves(config: NoiseAndDepth, losses: Losses) -> list[Curve]:
    """Loss after the last layer by depth, one curve a parametrization."""
    curves = []
    for kind in losses.kinds(config.models):
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
    if config.level is not None and losses.task.num_context >= losses.task.dim:
        y = ridge_profile(losses.task, config.level**2, losses.sigmas)
        label = f"trained at σ = {config.level:g} alone (exact)"
        curves.append(Curve(method="one_level", x=losses.sigmas, y=y, label=label, width=1.5))
    for kind in losses.kinds(config.models):
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
    for kind in losses.kinds(config.models):
        if summary := losses.profiles.get((kind, config.layers)):
            bands = [at_sigma(losses, b, sigma) for b in center_and_band(summary, config.statistic)]
            curves.append(_curve(config, kind, np.arange(len(bands[0])), bands))
    return curves


def at_sigma(losses: Losses, values: np.ndarray, sigma: float) -> np.ndarray:
    """Row of [sigmas, steps] at a noise level; between two levels of the table, linear."""
    return np.array([np.interp(sigma, losses.sigmas, column) for column in values.T])


def loss_range(losses: Losses) -> tuple[float, float]:
    """The loss axis of the profiles: from twice what predicting nothing costs down, 3.6 decades
    or as far as a tenth of the Bayes floor."""
    nothing = _nothing(losses)
    return min(nothing * 5e-4, float(losses.over_noise["bayes_rr"].mean[-1]) / 10), nothing * 2


def _nothing(losses: Losses) -> float:
    """Mean loss of predicting nothing."""
    return float(losses.over_noise["const_rr"].mean[0])


def depth_figure(config: NoiseAndDepth, losses: Losses, *, mark: bool = True) -> Figure:
    """Figure 1 of the paper; `mark` points at the chosen depth."""
    levels = {
        method: float(center_and_band(losses.over_noise[method], config.statistic)[0][-1])
        for method in BASELINES
        if method in losses.over_noise
    }
    # Only the mean has a floor: Bayes minimises it, and not the median.
    floor = levels.pop("bayes_rr") if config.statistic == "mean" else None
    return plots.loss_by_depth(
        depth_curves(config, losses),
        levels,
        floor,
        title="Loss by depth",
        depth=config.layers if mark else None,
        # The paper's are means.
        published=published_cells(config, losses) if config.published and floor is not None else {},
    )


def published_cells(config: NoiseAndDepth, losses: Losses) -> dict[str, dict[int, float]]:
    """The paper's cells by parametrization and depth, where it has them."""
    return {
        kind: {
            depth: value
            for depth in losses.depths
            if (value := published_loss(losses.task, kind, depth)) is not None
        }
        for kind in losses.kinds(config.models)
    }


def profile_figure(config: NoiseAndDepth, losses: Losses) -> Figure:
    """Figures 2 and 3 of the paper; the loss axis is the same for every depth."""
    trained, trained_at = met_in_training(losses.task.noise)
    return plots.noise_profile(
        profile_curves(config, losses, config.layers),
        title=f"Loss by noise level, {config.layers} layers",
        trained=trained,
        trained_at=trained_at,
        sigma=config.sigma,
        y_range=loss_range(losses),
    )


def layers_figure(config: NoiseAndDepth, losses: Losses) -> Figure:
    """Figure 5 of the paper at one noise level; the loss axis is the same for every level."""
    return plots.loss_by_layer(
        layer_curves(config, losses, config.sigma),
        title=f"Layer by layer at σ = {config.sigma:g}",
        y_range=loss_range(losses),
    )


def finding(config: NoiseAndDepth, losses: Losses) -> str:
    """The lesson's point in one sentence, with its numbers."""

    def end(key: Any) -> float:
        return float(center_and_band(losses.over_noise[key], config.statistic)[0][-1])

    depth = config.layers
    ends = {
        k: end((k, depth)) for k in losses.kinds(config.models) if (k, depth) in losses.over_noise
    }
    if not ends:
        return f"No model of {depth} layers is shipped for these choices."
    best = min(ends, key=lambda kind: ends[kind])
    const, bayes = end("const_rr"), end("bayes_rr")
    layers = f"{depth} layer" + "s" * (depth > 1)
    said = f"With {layers}, {METHODS[best].label} comes to {_shown(config, losses, (best, depth))}"
    if const / ends[best] > 1.05:
        said += (
            f": {const / ends[best]:.1f} times less than the best ridge regression of one fixed "
            f"strength ({const:.3g})"
        )
    if bayes > 1e-6 and config.statistic == "mean":
        said += f", and {_above(ends[best] / bayes)} the Bayes floor ({bayes:.3g})"
    return said + "." + _diverging(losses, ends)


def _shown(config: NoiseAndDepth, losses: Losses, key: Any) -> str:
    """An adjusted loss; the mean has a standard error."""
    found = losses.over_noise[key]
    end = float(center_and_band(found, config.statistic)[0][-1])
    if config.statistic == "median":
        return f"a median adjusted loss of **{end:.3g}**"
    error = float(found.stderr[-1])
    shown = plus_minus(end, error) if 0 < error < end else f"{end:.3g}"
    return f"an adjusted loss of **{shown}**"


def _above(ratio: float) -> str:
    """ "5 % above", "2.3 times"."""
    return f"{100 * (ratio - 1):.0f} % above" if 1 <= ratio < 1.995 else f"{ratio:.1f} times"


def _diverging(losses: Losses, ends: dict[str, float]) -> str:
    """A sentence for models that are worse than predicting nothing."""
    nothing = _nothing(losses)
    wild = [METHODS[kind].label for kind, loss in ends.items() if not loss < 2 * nothing]
    if not wild:
        return ""
    return (
        f" {' and '.join(wild)} diverge{'s' * (len(wild) == 1)}: worse than predicting nothing "
        f"({nothing:.2g}), for its steps are as long as fits the sums over prompts of training."
        if losses.shifted
        else f" {' and '.join(wild)} diverge{'s' * (len(wild) == 1)} on some prompts."
    )


def depth_view(config: NoiseAndDepth, losses: Losses) -> View:
    count = max(summary.count for summary in losses.over_noise.values())
    caption = (
        f"A point is a trained model: {config.statistic} over {count:,} prompts, exact over the "
        f"query. Bands: {BAND_NAMES[config.statistic]}."
    )
    return View(figure=depth_figure(config, losses), caption=caption, link=METHOD)


def profile_view(config: NoiseAndDepth, losses: Losses) -> View:
    """The loss by noise level, for every depth; at a shifted context only for the one chosen."""
    depths = losses.depths
    grid = None
    if not losses.shifted:
        nodes = [profile_curves(config, losses, depth) for depth in depths]
        grid = curve_grid({"layers": range(len(depths))}, lambda i: nodes[i[0]], exact=True)
    player = Player(
        name="layers",
        label="Layers L",
        labels=[str(depth) for depth in depths],
        value=depths.index(config.layers),
    )
    return View(
        figure=profile_figure(config, losses),
        title="Loss by noise level",
        controls=[player],
        grid=grid,
    )


def layers_view(config: NoiseAndDepth, losses: Losses) -> View:
    """The loss after every layer, for every noise level."""
    slider = Slider(
        name="sigma",
        label="Noise level σ",
        minimum=0.0,
        maximum=highest_sigma(losses.task),
        step=0.125,
        value=config.sigma,
    )
    grid = curve_grid(
        {"sigma": losses.sigmas},
        lambda i: layer_curves(config, losses, float(losses.sigmas[i[0]])),
        exact=True,
    )
    return View(
        figure=layers_figure(config, losses),
        title="Layer by layer",
        controls=[slider],
        grid=grid,
        link=METHOD,
    )


def overview(config: NoiseAndDepth, losses: Losses) -> View:
    """The main result alone, as on the home page."""
    return View(
        figure=depth_figure(config, losses, mark=False),
        title="Deeper models come closer to the best answer there can be",
        caption=finding(config, losses),
    )


def highest_sigma(task: LinearTask) -> float:
    """The end of the noise slider: a little beyond what models were trained on."""
    return task.noise.highest + 1


VIEWS: Mapping[str, Callable[[NoiseAndDepth, Losses], View]] = {
    "depth": depth_view,
    "profile": profile_view,
    "layers": layers_view,
    "overview": overview,
}
"""What the lesson shows, by name."""
