"""Lesson: every shipped model beside the paper's Table 1 and what nothing can fall below.

All losses are adjusted, half MSE.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from icl_core.lessons.bands import STATISTICS, Statistic, center_and_band
from icl_core.lessons.choices import text
from icl_core.lessons.coordinates import normalised
from icl_core.lessons.model_cards import Card, in_order, read_card
from icl_core.lessons.model_map import CAPTIONS, QUANTITIES, Quantity, map_figure
from icl_core.lessons.weights import panels
from icl_core.live import View
from icl_core.models.linear import PARAMETRIZATIONS
from icl_core.plots import losses as plots
from icl_core.plots.drawing import Curve, level
from icl_core.plots.figure import Figure
from icl_core.plots.ticks import log_range
from icl_core.plots.weights import heatmaps
from icl_core.tasks.noise import UniformNoise, met_in_training
from icl_core.validation import Config, choice, integer
from icl_core.zoo.claims import percent
from icl_core.zoo.library import Entry, task_name
from icl_core.zoo.table import Cell, Results, results

ALL = "all"


@dataclass(frozen=True, kw_only=True)
class Models(Config):
    """Choices of the lesson. other "" compares with nothing; noise (a task), parametrization and
    layers (0 is any) narrow the list of models."""

    quantity: Quantity = "gain"
    model: str = "full_L7_uniform5_d10_n20"
    other: str = "gdpp_L7_uniform5_d10_n20"
    statistic: Statistic = "mean"
    noise: str = ALL
    parametrization: str = ALL
    layers: int = 0

    def __post_init__(self) -> None:
        kinds = (ALL, *PARAMETRIZATIONS)
        self._set(
            quantity=choice("The quantity", self.quantity, QUANTITIES),
            model=text("The model", self.model),
            other="" if self.other == "" else text("The model to compare with", self.other),
            statistic=choice("The statistic", self.statistic, STATISTICS),
            noise=text("The task of the list", self.noise),
            parametrization=choice("The parametrization of the list", self.parametrization, kinds),
            layers=integer("The number of layers of the list", self.layers, (0, 12)),
        )


PRESETS: dict[str, Models] = {
    "Better than published?": Models(),
    "How far from Bayes": Models(quantity="bayes", other="diag_L7_uniform5_d10_n20"),
    "What more depth buys": Models(
        model="full_L7_categorical1-3_d10_n20", other="full_L3_categorical1-3_d10_n20"
    ),
    "Two noise laws": Models(
        quantity="loss", model="diag_L7_uniform5_d10_n20", other="diag_L7_categorical1-3_d10_n20"
    ),
    "GD++ stops early": Models(
        quantity="bayes", model="gdpp_L7_uniform5_d10_n20", other="gdpp_L2_uniform5_d10_n20"
    ),
}
"""Named states of the lesson; the first is its default."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Shown:
    """All results, and the one or two models looked at."""

    results: Results
    picked: Card
    other: Card | None = None

    @property
    def cards(self) -> tuple[Card, ...]:
        return (self.picked,) if self.other is None else (self.picked, self.other)


def measure(config: Models) -> Shown:
    """What the views show."""
    other = read_card(config.other) if config.other else None
    return Shown(results=results(), picked=read_card(config.model), other=other)


def listed(config: Models, table: Results) -> list[Entry]:
    """The models that the choices of the list leave."""
    return [
        entry
        for entry in in_order(table.entries)
        if config.noise in (ALL, task_name(entry.task))
        and config.parametrization in (ALL, entry.parametrization)
        and config.layers in (0, entry.num_layers)
    ]


def map_view(config: Models, shown: Shown) -> View:
    figure = map_figure(config.quantity, shown.results, shown.picked.entry)
    rows = "A row is a kind of model with its number of layers, a column a noise law."
    return View(figure=figure, caption=f"{rows} {CAPTIONS[config.quantity]}")


def _curves(config: Models, shown: Shown, over: str) -> list[Curve]:
    """A curve a card, over "layers" or over "noise"; the second is drawn lighter."""
    curves = []
    for index, card in enumerate(shown.cards):
        summary = card.table.loss if over == "layers" else card.table.profile
        bands = center_and_band(summary, config.statistic)
        if over == "noise":
            bands = tuple(part[:, -1] for part in bands)
        y, low, high = bands
        curves.append(
            Curve(
                method=card.entry.parametrization,
                label=card.label,
                uid=f"model{index}",
                x=np.arange(len(y)) if over == "layers" else card.table.sigmas,
                y=y,
                low=low,
                high=high,
                markers=over == "layers",
                width=1.25 if index else 2.5,
                open_markers=bool(index),
            )
        )
    return curves


DEEPEST = 1e-30
"""Where the axis of losses by layer ends: float64's rounding, squared, is about there."""


def layers_figure(config: Models, shown: Shown) -> Figure:
    """Loss read after every layer, over the noise that each model was trained on."""
    curves = _curves(config, shown, "layers")
    ends = (-0.15, max(float(curve.x[-1]) for curve in curves) + 0.15)
    levels = shown.picked.levels if config.statistic == "mean" else {}
    flat = [level(method, at, ends) for method, at in levels.items() if at > 0]
    seen = np.concatenate([curve.y for curve in (*curves, *flat)])
    seen = seen[np.isfinite(seen) & (seen > DEEPEST)]
    low, high = float(seen.min()), min(float(seen.max()), plots.TOP)
    return plots.loss_by_layer(
        [*flat, *curves], title="Loss by layer", y_range=(low / 1.5, max(high, 2 * low) * 1.5)
    )


def noise_figure(config: Models, shown: Shown) -> Figure:
    """Loss of the finished prediction at every noise level."""
    curves = _curves(config, shown, "noise")
    trained, trained_at = met_in_training(shown.picked.entry.task.noise)
    return plots.noise_profile(
        curves,
        title="Loss by noise level",
        trained=trained,
        trained_at=trained_at,
        y_range=log_range([curve.y for curve in curves], top=plots.TOP),
    )


def layers_view(config: Models, shown: Shown) -> View:
    return View(figure=layers_figure(config, shown))


def noise_view(config: Models, shown: Shown) -> View:
    return View(figure=noise_figure(config, shown))


CELL = 150
"""Pixels of a row of matrices: four stand side by side, on a phone too."""


def weights_view(config: Models, shown: Shown) -> View:
    card = shown.picked
    rows = panels(normalised(card.model, card.entry.task))
    title = f"Weights of {card.label} (normalised)"
    caption = "What is added to a token e is P G Q e. Grey: entries that no prediction depends on."
    return View(figure=heatmaps(rows, title=title, cell=CELL), caption=caption)


VIEWS: Mapping[str, Callable[[Models, Shown], View]] = {
    "map": map_view,
    "by_layer": layers_view,
    "by_noise": noise_view,
    "matrices": weights_view,
}
"""What the lesson shows, by name."""


def finding(table: Results) -> str:
    """How the shipped models compare with the paper's, with the numbers."""
    cells = table.filled
    if not cells:
        return "None of the models of the paper's Table 1 is shipped yet: run `make zoo`."
    better, worse = (sum(c.verdict == v for c in cells) for v in ("better", "worse"))
    said = (
        f"Of the {len(cells)} models of Table 1 that are shipped, **{better} are better** than "
        f"published and {worse or 'none'} worse"
    )
    deepest = max((c.layers for c in cells if c.parametrization == "full"), default=0)
    ends = [
        c
        for c in cells
        if c.parametrization == "full" and c.layers == deepest and c.column.task.noise.highest >= 2
    ]
    return f"{said}.{_towards_bayes(ends)}"


def _towards_bayes(cells: list[Cell]) -> str:
    """How far FULL models of one depth are from the floor; uniform laws compare, others do not."""
    cells = [c for c in cells if isinstance(c.column.task.noise, UniformNoise)]
    if not cells:
        return ""
    ours, papers = [c.excess for c in cells], [c.paper_excess for c in cells]
    return (
        f" FULL with {cells[0].layers} layers ends **{_span(ours)}** above the Bayes floor, the "
        f"published {_span(papers)}."
    )


def _span(shares: list[float]) -> str:
    low, high = percent(min(shares)), percent(max(shares))
    return low if low == high else f"{low.removesuffix(' %')} to {high}"
