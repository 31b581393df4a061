"""One step number by number, the four matrices, and the descent over the layers."""

from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np

from icl_core.lessons.construction import figures as plots
from icl_core.lessons.construction.config import SHOWN_LAYERS, Construction
from icl_core.lessons.construction.measure import Run, largest_eta, measure
from icl_core.lessons.construction.prompt import parse_prompt
from icl_core.live import READOUT, Grid, Player, Quantity, Readout, Slider, View
from icl_core.live.curves import curve_grid
from icl_core.plots import heatmaps as heat
from icl_core.plots.drawing import Curve
from icl_core.plots.figure import Figure

ETA_NODES = 49
LOWEST_GAP = 1e-17
STEP_PANELS = ("before", "products", "update", "after")
ROUNDING = 1e-13
"""Numbers smaller than this share of the prompt's largest are shown as 0."""


def step_parts(run: Run, layer: int) -> dict[str, np.ndarray]:
    """The panels of one layer: tokens, products q_j k_i, what is added, tokens after."""
    trace = run.trace(layer)
    parts = (trace.tokens, trace.scores, trace.update, trace.output)
    return {name: rounded(run, part) for name, part in zip(STEP_PANELS, parts, strict=True)}


def rounded(run: Run, values: np.ndarray) -> np.ndarray:
    """Values without what rounding has left in the place of zeros."""
    return np.where(np.abs(values) < ROUNDING * np.abs(run.tokens[0]).max(), 0.0, values)


def step_figure(config: Construction, run: Run) -> Figure:
    return plots.step_figure(
        step_parts(run, config.layer), dim=run.prompt.dim, title=f"Layer {config.layer}"
    )


def _readouts(run: Run, layer: int) -> dict[str, tuple[str, float, str]]:
    return {
        "loss_before": ("loss before", float(run.layer_losses[layer - 1]), ".4g"),
        "loss_after": ("loss after", float(run.layer_losses[layer]), ".4g"),
        "answer": ("answer to the query", float(rounded(run, -run.tokens[layer, -1, -1])), ".4g"),
        "gap": ("gap to gradient descent", float(run.gaps[layer]), ".2g"),
    }


def step_view(config: Construction, run: Run) -> View:
    """One layer, part by part, for the first layers."""
    layers = range(1, SHOWN_LAYERS + 1)
    traces = [step_parts(run, layer) for layer in layers]
    told = [_readouts(run, layer) for layer in layers]
    quantities = [
        Quantity(trace=name, field="z", values=np.stack([parts[name] for parts in traces]))
        for name in STEP_PANELS
    ]
    quantities += [
        Quantity(trace=READOUT, field=name, values=[row[name][1] for row in told])
        for name in told[0]
    ]
    player = Player(
        name="layer", label="Layer", labels=[str(n) for n in layers], value=config.layer - 1
    )
    return View(
        figure=step_figure(config, run),
        title="One layer, part by part",
        controls=[player],
        grid=Grid(axes={"layer": range(SHOWN_LAYERS)}, quantities=quantities, exact=True),
        readouts=[
            Readout(name=name, label=label, value=value, format=form)
            for name, (label, value, form) in _readouts(run, config.layer).items()
        ],
    )


def matrices_view(config: Construction, run: Run) -> View:
    """The four matrices, and the two products that alone matter."""
    weights = run.weights
    names = (("W_K", "W<sub>K</sub>"), ("W_Q", "W<sub>Q</sub>"))
    names += (("W_KQ", "W<sub>K</sub><sup>T</sup>W<sub>Q</sub>"),)
    names += (("P", "P"), ("W_V", "W<sub>V</sub>"), ("PW_V", "P W<sub>V</sub>"))
    panels = [
        heat.Panel(uid=uid, title=title, matrix=getattr(weights, uid), scale="weights")
        for uid, title in names
    ]
    figure = heat.heatmaps([panels[:3], panels[3:]], title="", name="construction", cell=190)
    figure = plots.with_numbers(figure, [panel.matrix for panel in panels])
    return View(figure=figure, title="The matrices")


def descent_curves(losses: np.ndarray, gaps: np.ndarray, scale: np.ndarray) -> list[Curve]:
    """Losses of the layers; below, the gap relative to the size of what is compared."""
    steps = np.arange(len(losses)) + 1
    shown = np.where(np.isfinite(losses) & (losses < 1e12), losses, np.nan)
    relative = np.maximum(gaps / np.maximum(scale, 1.0), LOWEST_GAP)
    relative = np.where(np.isfinite(relative), relative, np.nan)
    return [
        Curve(method="construction", x=steps, y=shown, width=2),
        Curve(method="construction", uid="gap", label="largest gap", x=steps, y=relative),
    ]


def _gd_curve(config: Construction, losses: np.ndarray) -> Curve:
    shown = np.where(np.isfinite(losses) & (losses < 1e12), losses, np.nan)
    method = "gdpp_tuned" if config.gamma else "gd"
    return Curve(method=method, uid="gd", x=np.arange(len(losses)) + 1, y=shown, width=7)


def _all_curves(config: Construction, run: Run) -> list[Curve]:
    scale = np.abs(run.expected).max(-1)
    layers = descent_curves(run.layer_losses, run.gaps, scale)
    return [layers[0], _gd_curve(config, run.losses), layers[1]]


def descent_figure(config: Construction, run: Run) -> Figure:
    loss, gd, gap = _all_curves(config, run)
    return plots.descent_figure([gd, loss], gap, title=f"η = {config.eta:.4g}", layer=config.layer)


@lru_cache(maxsize=64)
def _descent_grid(config: Construction) -> Grid:
    """Both runs at every step size; the choices' own eta and layer do not matter."""
    etas = np.linspace(0, largest_eta(parse_prompt(config.prompt)), ETA_NODES)
    runs = [measure(config.replace(eta=float(eta))) for eta in etas]
    return curve_grid({"eta": etas}, lambda i: _all_curves(config, runs[i[0]]), bottom=LOWEST_GAP)


def descent_view(config: Construction, run: Run) -> View:
    """A hundred layers beside a hundred steps, for every step size."""
    end = largest_eta(run.prompt)
    slider = Slider(
        name="eta",
        label="Step size η",
        minimum=0.0,
        maximum=end,
        step=end / 240,
        value=config.eta,
    )
    return View(
        figure=descent_figure(config, run),
        title="A hundred layers, a hundred steps",
        controls=[slider],
        grid=_descent_grid(config.replace(eta=0.0, layer=1)),
    )


VIEWS: Mapping[str, Callable[[Construction, Run], View]] = {
    "step": step_view,
    "matrices": matrices_view,
    "descent": descent_view,
}
"""What the lesson shows, by name."""
