"""The flow of a model's omegas, and what each of them is worth."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from icl_core.analysis.loss import LossSummary
from icl_core.lessons.algorithm import matching, prompt, switches
from icl_core.lessons.algorithm.config import OMEGAS, Algorithm
from icl_core.lessons.algorithm.figures import switches as plots
from icl_core.lessons.algorithm.figures.flow import flow_diagram
from icl_core.lessons.algorithm.measure import Opened
from icl_core.lessons.algorithm.switches import Switched
from icl_core.lessons.shared.bands import center_and_band
from icl_core.lessons.shared.beside import beside_of
from icl_core.lessons.shared.curves import banded
from icl_core.lessons.shared.losses import BESIDE
from icl_core.lessons.shared.memo import kept
from icl_core.lessons.shared.shipped import families, models_of
from icl_core.lessons.shared.words import plus_minus
from icl_core.live import Slider, View
from icl_core.live.moving import BOTTOM, curve_grid
from icl_core.plots import Curve, Figure
from icl_core.plots.losses import TOP
from icl_core.plots.omegas import OMEGA_NAMES, omega_chart
from icl_core.tasks.noise import met_in_training

MOST = 1e9
"""A loss that is drawn; a model that diverges may have any."""


def flow_view(config: Algorithm, opened: Opened) -> View:
    """The omegas, as scaled, as arrows between x and y."""
    layer = config.layer
    touched = range(1, opened.num_layers + 1) if layer == 0 else [layer]
    untouched = all(factor == 1 for factor in config.factors)
    figure = flow_diagram(
        switches.scaled(opened.normal, config.factors, layer),
        title=f"What each layer of {opened.label} adds",
        reference=opened.normal,
        marked=[] if untouched else list(touched),
    )
    return View(
        figure=figure,
        caption="Exact, in normalised coordinates (tokens in their typical size, so that the four "
        "compare). **Blue** is added, **orange** taken away; the wider, the more.",
    )


def _bands(
    name: str, label: str, summary: LossSummary, x: np.ndarray, uid: str, **more: Any
) -> Curve:
    mean, low, high = (np.minimum(part, MOST) for part in center_and_band(summary, "mean"))
    bands = mean, np.maximum(low, BOTTOM), high
    return banded(name, x, bands, label=label, uid=uid, **more)


def switch_curves(
    config: Algorithm, opened: Opened, found: Switched, node: int
) -> tuple[list[Curve], list[Curve]]:
    """The model with its omegas scaled, by noise level and by layer, at one stop of the slider."""
    steps = np.arange(opened.num_layers + 1)
    look = {"width": 2.75}
    now = "as switched"
    noise = _bands(opened.method, now, found.profile.at(node), opened.sample.sigmas, "now", **look)
    layer = _bands(
        opened.method, now, found.law.at(node), steps, "now:layers", markers=True, **look
    )
    return [noise], [layer]


def _switch_figure(config: Algorithm, opened: Opened, found: Switched) -> Figure:
    """Both charts at the factors chosen, with the model as trained and ridge for comparison."""
    node = int(np.argmin(np.abs(switches.FACTORS - getattr(config, config.omega))))
    by_noise, by_layer = switch_curves(config, opened, found, node)
    base_law, base_levels = opened.sample.parts(switches.as_trained(opened))
    steps, law = np.arange(opened.num_layers + 1), base_law.mean(-1)
    trained = {"method": "oracle_rr", "label": "as trained", "width": 1.75}
    shown = [
        Curve(x=opened.level_sigmas, y=profile.mean[:, -1], method=name, width=1.25)
        for name, profile in opened.levels.items()
    ]
    shown.append(
        Curve(x=opened.sample.sigmas, y=base_levels[-1].mean(-1), uid="trained", **trained)
    )
    also = []
    if config.beside:
        law_beside, levels_beside = opened.sample.parts(
            switches.losses_beside(config.beside, opened.task)
        )
        look = {"method": BESIDE, "label": beside_of(config.beside, opened.task.dim).label}
        ends = np.minimum(levels_beside[-1].mean(-1), MOST)
        shown.append(Curve(x=opened.sample.sigmas, y=ends, uid=BESIDE, **look))
        means = np.minimum(law_beside.mean(-1), MOST)
        also = [Curve(x=np.arange(len(means)), y=means, uid="beside:layers", **look)]
    low = float(min(base_levels[-1].mean(-1).min(), law.min()))
    high = max(2.5 * float(law[0]), 4 * low)
    return plots.switch_figure(
        [*shown, *by_noise],
        [Curve(x=steps, y=law, uid="trained:layers", **trained), *also, *by_layer],
        title="Loss with ω scaled",
        met=met_in_training(opened.task.noise),
        y_range=(max(low / 2.5, high * 1e-5), min(high, TOP)),
    )


def switch_view(config: Algorithm, opened: Opened) -> View:
    """The losses while the factor of one omega is dragged; every stop is the engine's own."""
    layer = config.layer
    held = config.replace(**{config.omega: 1.0})
    found = switches.switched(opened, config.omega, held.factors, layer)
    grid = curve_grid(
        {"factor": switches.FACTORS},
        lambda i: [c for part in switch_curves(config, opened, found, i[0]) for c in part],
        exact=True,
    )
    name = OMEGA_NAMES[OMEGAS.index(config.omega)]
    where = "all layers" if layer == 0 else f"layer {layer}"
    now, label = getattr(config, config.omega), f"Factor of {name} in {where}"
    return View(
        figure=_switch_figure(config, opened, found),
        title="Loss by noise level, and by layer",
        controls=[Slider("factor", label, 0.0, 2.0, step=0.1, value=now)],
        grid=grid,
        caption="Bands are ±2 standard errors over prompts; a mean that a few prompts decide has "
        "none. The same prompts serve every position of the slider.",
    )


def worth_view(config: Algorithm, opened: Opened) -> View:
    """Every omega off, in all layers or one."""
    found = switches.worth(opened)
    trained = plus_minus(found.base, found.base_error)
    figure = plots.worth_figure(
        found.loss,
        found.error,
        found.base,
        found.nothing,
        title=f"Loss with one ω off (as trained: {trained})",
    )
    return View(
        figure=figure,
        caption="Orange is worse than as trained, white the same, blue better. ∞: it "
        "diverges, to over twenty times the loss of predicting 0. Hover for standard errors.",
    )


def omega_view(config: Algorithm, opened: Opened) -> View:
    """The four numbers of every layer as they were trained."""
    return View(
        figure=omega_chart(opened.normal, title="The four ω of every layer"),
        caption="Exact, as trained, in normalised coordinates.",
    )


VIEWS: Mapping[str, Callable[[Algorithm, Opened], View]] = {
    "flow": kept("layer", *OMEGAS)(flow_view),
    "switches": kept("omega", "layer", "beside", *OMEGAS)(switch_view),
    "worth": kept()(worth_view),
    "omegas": kept()(omega_view),
    "matching": kept("system")(matching.matching_view),
    "implicit": kept("seed", "sigma", "after")(prompt.implicit_view),
    "terms": kept()(prompt.terms_view),
}
"""What the lesson shows, by name."""


def prepare() -> Iterator[tuple[Algorithm, tuple[str, ...]]]:
    """The default model's other omegas on the slider, then the models that are one choice away."""
    config = Algorithm()
    yield from ((config.replace(omega=omega), ("switches",)) for omega in OMEGAS)
    for layers in models_of(config.task)[config.model]:
        yield config.replace(layers=layers), tuple(VIEWS)
    for task in families():
        for kind, found in models_of(task).items():
            if config.layers in found and (task == config.task or kind == config.model):
                yield config.replace(task=task, model=kind), tuple(VIEWS)
