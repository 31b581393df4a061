"""One step number by number, the four matrices, and the descent over the layers."""

from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np

from icl_core.lessons.construction import figures as plots
from icl_core.lessons.construction.config import SHOWN_LAYERS, Construction
from icl_core.lessons.construction.measure import Run, largest_eta, measure
from icl_core.lessons.construction.prompt import parse_prompt
from icl_core.lessons.shared.matrices import PW_V, W_KQ
from icl_core.live import READOUT, Grid, Player, Readout, Slider, View
from icl_core.live.moving import Index, Values, curve_grid, grid_at
from icl_core.plots import Curve
from icl_core.plots import heatmaps as heat

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


READOUTS = {
    "loss_before": ("loss before", ".4g"),
    "loss_after": ("loss after", ".4g"),
    "answer": ("answer to the query", ".4g"),
    "gap": ("gap to gradient descent", ".2g"),
}
"""What each is called, and its format."""


def _numbers(run: Run, layer: int) -> dict[str, float]:
    before, after = run.layer_losses[layer - 1 : layer + 1]
    answer = rounded(run, -run.tokens[layer, -1, -1])
    return dict(zip(READOUTS, map(float, (before, after, answer, run.gaps[layer])), strict=True))


def step_view(config: Construction, run: Run) -> View:
    """One layer, part by part, for the first layers."""
    parts, now = step_parts(run, config.layer), _numbers(run, config.layer)

    def values(index: Index) -> Values:
        layer = index[0] + 1
        cells = {(name, "z"): part for name, part in step_parts(run, layer).items()}
        return cells | {(READOUT, name): at for name, at in _numbers(run, layer).items()}

    layers = [str(layer) for layer in range(1, SHOWN_LAYERS + 1)]
    return View(
        figure=plots.step_figure(parts, dim=run.prompt.dim, title=f"Layer {config.layer}"),
        title="One layer, part by part",
        controls=[Player("layer", "Layer", layers, value=config.layer - 1)],
        grid=grid_at({"layer": range(SHOWN_LAYERS)}, values, exact=True),
        readouts=[
            Readout(name=name, label=label, value=now[name], format=form)
            for name, (label, form) in READOUTS.items()
        ],
    )


def matrices_view(config: Construction, run: Run) -> View:
    """The four matrices, and the two products that alone matter."""
    weights = run.weights
    names = (("W_K", "W<sub>K</sub>"), ("W_Q", "W<sub>Q</sub>"), ("W_KQ", W_KQ))
    names += (("P", "P"), ("W_V", "W<sub>V</sub>"), ("PW_V", PW_V))
    panels = [
        heat.Panel(uid=uid, title=title, matrix=getattr(weights, uid), scale="weights")
        for uid, title in names
    ]
    figure = heat.heatmaps([panels[:3], panels[3:]], title="", name="construction", cell=190)
    figure = plots.with_numbers(figure, [panel.matrix for panel in panels])
    return View(figure=figure, title="The matrices")


def descent_curves(config: Construction, run: Run) -> tuple[Curve, Curve, Curve]:
    """Losses of the steps and of the layers; below, their gap relative to what is compared."""
    steps = np.arange(len(run.losses)) + 1
    relative = np.maximum(run.gaps / np.maximum(np.abs(run.expected).max(-1), 1.0), LOWEST_GAP)
    relative = np.where(np.isfinite(relative), relative, np.nan)
    method = "gdpp_tuned" if config.gamma else "gd"
    return (
        Curve(method=method, uid="gd", x=steps, y=_drawable(run.losses), width=7),
        Curve(method="construction", x=steps, y=_drawable(run.layer_losses), width=2),
        Curve(method="construction", uid="gap", label="largest gap", x=steps, y=relative),
    )


def _drawable(losses: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(losses) & (losses < 1e12), losses, np.nan)


@lru_cache(maxsize=64)
def _descent_grid(config: Construction) -> Grid:
    """Both runs at every step size; the choices' own eta and layer do not matter."""
    etas = np.linspace(0, largest_eta(parse_prompt(config.prompt)), ETA_NODES)
    runs = [measure(config.replace(eta=float(eta))) for eta in etas]
    return curve_grid(
        {"eta": etas}, lambda i: descent_curves(config, runs[i[0]]), bottom=LOWEST_GAP
    )


def descent_view(config: Construction, run: Run) -> View:
    """A hundred layers beside a hundred steps, for every step size."""
    end = largest_eta(run.prompt)
    gd, loss, gap = descent_curves(config, run)
    title = f"η = {config.eta:.4g}"
    return View(
        figure=plots.descent_figure([gd, loss], gap, title=title, layer=config.layer),
        title="A hundred layers, a hundred steps",
        controls=[Slider("eta", "Step size η", 0.0, end, step=end / 240, value=config.eta)],
        grid=_descent_grid(config.replace(eta=0.0, layer=1)),
    )


VIEWS: Mapping[str, Callable[[Construction, Run], View]] = {
    "step": step_view,
    "matrices": matrices_view,
    "descent": descent_view,
}
"""What the lesson shows, by name."""
