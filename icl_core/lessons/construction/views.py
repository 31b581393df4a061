"""One step number by number, the four matrices, and the descent over the layers."""

from collections.abc import Callable, Mapping

import numpy as np

from icl_core.lessons.construction import figures as plots
from icl_core.lessons.construction.config import LAYERS, SHOWN_LAYERS, Construction
from icl_core.lessons.construction.measure import Run, largest_eta
from icl_core.lessons.construction.words import finding, templates
from icl_core.lessons.shared.matrices import PW_V, W_KQ
from icl_core.live import Engine, Player, Readout, Slider, View
from icl_core.plots import Curve
from icl_core.plots import heatmaps as heat
from icl_core.plots.style import NUMBERED
from icl_core.plots.ticks import LARGEST, SMALLEST

LOWEST_GAP, HIGHEST_LOSS = 1e-17, 1e12
"""What is drawn."""
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


def engine_of(shows: str, config: Construction, run: Run) -> Engine:
    """Computes what a chart shows, for every step size and every layer."""
    constants = {
        "shows": shows,
        "X": run.prompt.X,
        "y": run.prompt.y,
        "query": run.prompt.query,
        "start": run.W[0],
        "gamma": config.gamma,
        "layers": SHOWN_LAYERS if shows == "step" else LAYERS,
        "rounding": ROUNDING,
        "most": HIGHEST_LOSS,
        "lowest": LOWEST_GAP,
        "words": templates(config),
        "limits": {"smallest": SMALLEST, "largest": LARGEST, "share": NUMBERED},
    }
    return Engine(name="construction", reads=("eta", "layer"), constants=constants)


def step_view(config: Construction, run: Run) -> View:
    """One layer, part by part, for the first layers."""
    parts, now = step_parts(run, config.layer), _numbers(run, config.layer)
    layers = [str(layer) for layer in range(1, SHOWN_LAYERS + 1)]
    return View(
        figure=plots.step_figure(parts, dim=run.prompt.dim, title=f"Layer {config.layer}"),
        title="One layer, part by part",
        controls=[Player("layer", "Layer", layers, value=config.layer - 1)],
        follows={"eta": config.eta},
        engine=engine_of("step", config, run),
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
    return View(
        figure=figure,
        title="The matrices",
        follows={"eta": config.eta, "layer": config.layer - 1},
        engine=engine_of("matrices", config, run),
    )


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
    return np.where(np.isfinite(losses) & (losses < HIGHEST_LOSS), losses, np.nan)


def descent_view(config: Construction, run: Run) -> View:
    """A hundred layers beside a hundred steps, for every step size."""
    end = largest_eta(run.prompt)
    gd, loss, gap = descent_curves(config, run)
    title = f"η = {config.eta:.4g}"
    return View(
        figure=plots.descent_figure([gd, loss], gap, title=title, layer=config.layer),
        title="A hundred layers, a hundred steps",
        controls=[Slider("eta", "Step size η", 0.0, end, step=end / 240, value=config.eta)],
        follows={"layer": config.layer - 1},
        engine=engine_of("descent", config, run),
        said=finding(config, run),
    )


VIEWS: Mapping[str, Callable[[Construction, Run], View]] = {
    "step": step_view,
    "matrices": matrices_view,
    "descent": descent_view,
}
"""What the lesson shows, by name."""
