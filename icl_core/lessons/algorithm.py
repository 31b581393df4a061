"""Lesson: the algorithm that a trained model runs (paper 2, sections 4 and 5).

Its four numbers omega a layer as a flow, what each is worth, the weights that it holds implicitly,
its steps in terms, and the known methods that it is nearest to. All losses are adjusted, half MSE.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from icl_core.analysis.loss import LossSummary
from icl_core.lessons import algorithm_matching as matching
from icl_core.lessons import algorithm_prompt as prompt
from icl_core.lessons.algorithm_model import Opened, read
from icl_core.lessons.algorithm_switches import (
    FACTORS,
    OMEGAS,
    Switched,
    as_trained,
    scaled,
    switched,
    worth,
)
from icl_core.lessons.bands import BAND_NAMES, center_and_band
from icl_core.lessons.choices import text
from icl_core.lessons.kept import kept
from icl_core.lessons.words import plus_minus
from icl_core.live import Slider, View
from icl_core.live.curves import BOTTOM, curve_grid
from icl_core.plots import switches as plots
from icl_core.plots.drawing import Curve
from icl_core.plots.figure import Figure
from icl_core.plots.flow import flow_diagram
from icl_core.plots.losses import TOP
from icl_core.plots.omegas import OMEGA_NAMES, omega_chart
from icl_core.tasks.noise import met_in_training
from icl_core.validation import Config, Reach, choice, integer, number

Kind = Literal["gdpp", "diag", "diag_H2", "full"]
Omega = Literal["xx", "xy", "yx", "yy"]
NAMES: dict[str, str] = {
    "xx": "preconditioning",
    "xy": "a step that knows the noise",
    "yx": "the gradient step",
    "yy": "adaptive rescaling",
}
MOST = 1e9
"""A loss that is drawn; a model that diverges may have any."""


@dataclass(frozen=True, kw_only=True)
class Algorithm(Config):
    """Choices of the lesson.

    xx, xy, yx, yy are the factors of the omegas, in tenths, in one layer or (layer 0) in all;
    omega is the one whose slider is shown. seed, sigma and after (a layer, None is the last) choose
    what is shown of one prompt; system the equation that known methods solve.
    """

    task: str = "uniform5_d10_n20"
    model: Kind = "diag"
    layers: int = 4
    omega: Omega = "yy"
    layer: int = 0
    xx: float = 1.0
    xy: float = 1.0
    yx: float = 1.0
    yy: float = 1.0
    seed: int = 0
    sigma: float = 1.0
    after: int | None = None
    system: matching.System = "oracle"

    def __post_init__(self) -> None:
        after = self.after
        factors = {
            name: round(number(f"The factor of omega_{name}", getattr(self, name), (0, 2)), 1)
            for name in OMEGAS
        }
        self._set(
            task=text("The task", self.task),
            model=choice("The model", self.model, get_args(Kind)),
            layers=integer("The number of layers L", self.layers, "num_layers"),
            omega=choice("The omega on the slider", self.omega, OMEGAS),
            layer=integer("The layer", self.layer, (0, 12)),
            **factors,
            seed=integer("The seed", self.seed, "seed"),
            sigma=number("The noise level sigma", self.sigma, "sigma"),
            after=None if after is None else integer("The layer shown", after, (0, 12)),
            system=choice("The system", self.system, matching.SYSTEMS),
        )

    @property
    def factors(self) -> tuple[float, ...]:
        return self.xx, self.xy, self.yx, self.yy


PRESETS: dict[str, Algorithm] = {
    "Four layers of DIAG": Algorithm(),
    "Without rescaling": Algorithm(yy=0.0),
    "Only the gradient step": Algorithm(omega="xy", xx=0.0, xy=0.0, yy=0.0),
    "Preconditioning in GD++": Algorithm(model="gdpp", omega="xx", system="ridge"),
    "Two heads, noise 1 or 3": Algorithm(task="categorical1-3_d10_n20", model="diag_H2", sigma=3.0),
    "The DIAG part of FULL": Algorithm(model="full", omega="xy"),
}
"""Named states of the lesson; the first is its default."""


def measure(config: Algorithm) -> Opened:
    """What the views show."""
    return read(config.task, config.model, config.layers)


def reach(config: Algorithm, opened: Opened) -> dict[str, Reach]:
    """Layers and noise levels follow from the model and its task."""
    sigmas = prompt.stops_of(opened.task)
    return {
        "layer": Reach("In layer", 0, opened.num_layers),
        "after": Reach("After layer", 0, opened.num_layers),
        "sigma": Reach(
            "The noise level σ of the prompt", 0.0, sigmas[-1], tuple(sigmas.tolist()), quiet=True
        ),
    }


def flow_view(config: Algorithm, opened: Opened) -> View:
    """The omegas, as scaled, as arrows between x and y."""
    layer = config.layer
    touched = range(1, opened.num_layers + 1) if layer == 0 else [layer]
    untouched = all(factor == 1 for factor in config.factors)
    figure = flow_diagram(
        scaled(opened.normal, config.factors, layer),
        title=f"{opened.label}: what each layer adds to x and y",
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
    return Curve(
        method=name,
        label=label,
        uid=uid,
        x=x,
        y=mean,
        low=np.maximum(low, BOTTOM),
        high=high,
        band=BAND_NAMES["mean"],
        **more,
    )


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


def switch_figure(config: Algorithm, opened: Opened, found: Switched) -> Figure:
    """Both charts at the factors chosen, with the model as trained and ridge for comparison."""
    node = int(np.argmin(np.abs(FACTORS - getattr(config, config.omega))))
    by_noise, by_layer = switch_curves(config, opened, found, node)
    base_law, base_levels = opened.sample.parts(as_trained(opened))
    steps, law = np.arange(opened.num_layers + 1), base_law.mean(-1)
    trained = {"method": "oracle_rr", "label": "as trained", "width": 1.75}
    shown = [
        Curve(x=opened.level_sigmas, y=profile.mean[:, -1], method=name, width=1.25)
        for name, profile in opened.levels.items()
    ]
    shown.append(
        Curve(x=opened.sample.sigmas, y=base_levels[-1].mean(-1), uid="trained", **trained)
    )
    met, met_at = met_in_training(opened.task.noise)
    low = float(min(base_levels[-1].mean(-1).min(), law.min()))
    high = max(2.5 * float(law[0]), 4 * low)
    return plots.switch_figure(
        [*shown, *by_noise],
        [Curve(x=steps, y=law, uid="trained:layers", **trained), *by_layer],
        title="Loss with ω scaled",
        trained=met,
        trained_at=met_at,
        y_range=(max(low / 2.5, high * 1e-5), min(high, TOP)),
    )


def switch_view(config: Algorithm, opened: Opened) -> View:
    """The losses while the factor of one omega is dragged; every stop is the engine's own."""
    layer = config.layer
    held = config.replace(**{config.omega: 1.0})
    found = switched(opened, config.omega, held.factors, layer)
    grid = curve_grid(
        {"factor": FACTORS},
        lambda i: [c for part in switch_curves(config, opened, found, i[0]) for c in part],
        exact=True,
    )
    name = OMEGA_NAMES[OMEGAS.index(config.omega)]
    where = "all layers" if layer == 0 else f"layer {layer}"
    slider = Slider(
        name="factor",
        label=f"Factor of {name} in {where}",
        minimum=0.0,
        maximum=2.0,
        step=0.1,
        value=getattr(config, config.omega),
    )
    return View(
        figure=switch_figure(config, opened, found),
        title="Loss by noise level, and by layer over the noise met in training",
        controls=[slider],
        grid=grid,
        caption="Bands are ±2 standard errors over prompts; a mean that a few prompts decide has "
        "none. The same prompts serve every position of the slider.",
    )


def worth_view(config: Algorithm, opened: Opened) -> View:
    """Every omega off, in all layers or one."""
    found = worth(opened)
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
        caption="Blue is worse than as trained, white the same, orange better. ∞: it "
        "diverges, to over twenty times the loss of predicting 0. Hover for standard errors.",
    )


def omega_view(config: Algorithm, opened: Opened) -> View:
    return View(
        figure=omega_chart(opened.normal, title="The four ω of every layer"),
        caption="Exact, as trained, in normalised coordinates.",
    )


def finding(opened: Opened) -> str:
    """How much the loss rises without each omega, in one sentence with standard errors."""
    found = worth(opened)
    parts = []
    for index in (2, 0, 1, 3):
        name = OMEGAS[index]
        if not np.any(opened.omegas[:, index]):
            continue
        rise, error = found.rise[index, 0], found.rise_error[index, 0]
        known = found.loss[index, 0] < 20 * found.nothing
        change = f"**{plus_minus(rise, error, sign='+')}**" if known else "**it diverges**"
        parts.append(rf"without $\omega_{{{name}}}$ ({NAMES[name]}) {change}")
    part = "The DIAG part of FULL alone" if opened.kind == "full" else opened.label
    return (
        f"{part} has an adjusted loss of {plus_minus(found.base, found.base_error)}. With one "
        f"number off in all layers it changes: {', '.join(parts)} (± standard error)."
    )


VIEWS: Mapping[str, Callable[[Algorithm, Opened], View]] = {
    "flow": kept("layer", *OMEGAS)(flow_view),
    "switches": kept("omega", "layer", *OMEGAS)(switch_view),
    "worth": kept()(worth_view),
    "omegas": kept()(omega_view),
    "matching": kept("system")(matching.matching_view),
    "implicit": kept("seed", "sigma", "after")(prompt.implicit_view),
    "terms": kept()(prompt.terms_view),
}
"""What the lesson shows, by name."""
