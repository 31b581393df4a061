"""What was learned: the features over x, and their kernel beside a Gaussian one."""

import numpy as np

from icl_core.algorithms.kernel import gaussian_kernel
from icl_core.analysis.features import features, kernel
from icl_core.experiments.sine.settings import POINTS
from icl_core.lessons.sine.config import Sine
from icl_core.lessons.sine.measure import Learned
from icl_core.lessons.sine.words import METHOD, kernel_caption
from icl_core.live import View
from icl_core.plots.drawing import LABELS_ONLY, Drawing
from icl_core.plots.ticks import limit_of
from icl_core.tasks.sine import SineTask

CELLS = np.linspace(POINTS[0], POINTS[-1], 41)
"""Of x, in heatmaps."""


def features_of(found: Learned, name: str) -> np.ndarray:
    """m(x) of a model at CELLS, [features, cells], in the order of where each is largest."""
    m = features(found.models[name], CELLS[:, None]).T
    return m[np.argsort(np.abs(m).argmax(axis=1), kind="stable")]


def features_view(config: Sine, found: Learned) -> View:
    """All learned features of both models over x."""
    drawing = Drawing(
        name="sine_features",
        title="Learned features",
        alt="Two heatmaps, of the transformer and of its control: a row a feature, over x, "
        "diverging around 0.",
    )
    for index, name in enumerate(METHOD):
        matrix = features_of(found, name)
        _panel(drawing, index, len(METHOD), name, matrix, np.arange(1, len(matrix) + 1))
        drawing.axis("y", index + 1, title="" if index else "feature", autorange="reversed")
    drawing.set(height=330, margin={"l": 48, "r": 8, "t": 56, "b": 48})
    return View(
        figure=drawing.figure(),
        caption="A row a feature m(x): what the MLP makes of x, in the order of where it is "
        "largest. Each panel has its own limits, for the scale of features is free: the attention "
        "above them can undo it.",
    )


def kernels_of(config: Sine, found: Learned) -> dict[str, np.ndarray]:
    """What a target of 1 at x adds to the answer at x', [x, x'], of both models and of the
    Gaussian kernel's best step, for as many examples as in training."""
    n = SineTask(law=config.law).num_context
    x = CELLS[:, None]
    learned = {name: kernel(model, x, x, n) for name, model in found.models.items()}
    gaussian = np.asarray(gaussian_kernel(x[None], x[None], found.step.length))[0]
    return learned | {"Gaussian kernel": found.step.etas[0] / n * gaussian}


def kernel_view(config: Sine, found: Learned) -> View:
    """The kernels as maps."""
    known = kernels_of(config, found)
    drawing = Drawing(
        name="sine_kernel",
        title="Kernels",
        alt="Three heatmaps over x and x': the kernels of the transformer's first layer, of its "
        "control, and a Gaussian one, diverging around 0.",
    )
    for index, (name, matrix) in enumerate(known.items()):
        _panel(drawing, index, len(known), name, matrix, CELLS)
        drawing.axis("y", index + 1, title="" if index else "x of the example")
    drawing.set(height=290, margin={"l": 48, "r": 8, "t": 56, "b": 48})
    return View(
        figure=drawing.figure(),
        caption=kernel_caption({name: facts(matrix) for name, matrix in known.items()}),
    )


def facts(kernel: np.ndarray) -> tuple[float, float]:
    """Of a kernel [x, x'] at CELLS: its third singular value, by its first; its mean half a period
    off the diagonal, by that on it."""
    values = np.linalg.svd(kernel, compute_uv=False)
    apart = np.abs(CELLS[:, None] - CELLS)
    step = CELLS[1] - CELLS[0]
    half = kernel[np.abs(apart - np.pi) <= step / 2].mean()
    return float(values[2] / values[0]), float(half / np.diag(kernel).mean())


def _panel(
    drawing: Drawing,
    index: int,
    count: int,
    words: str,
    matrix: np.ndarray,
    rows: np.ndarray,
) -> None:
    """One of `count` heatmaps side by side, over CELLS."""
    number = index + 1
    share = 1 / count
    across = [index * share, (index + 1) * share - 0.1 * share]
    axis = "coloraxis" if number == 1 else f"coloraxis{number}"
    drawing.heatmap(
        f"map{number}",
        CELLS,
        rows,
        matrix,
        number,
        name=words,
        coloraxis=axis,
        hovertemplate="%{y:.2f}, x = %{x:.2f}: %{z:.3g}<extra></extra>",
        meta={"panel": words},
    )
    reach = limit_of([matrix])
    drawing.layout[axis] = {"cmin": -reach, "cmax": reach, "showscale": False}
    drawing.panel(number, across, [0, 1])
    look = LABELS_ONLY | {"ticks": "outside"}
    drawing.axis("x", number, title="x", tickvals=[-4, 0, 4], **look)
    drawing.axis("y", number, showticklabels=index == 0, **look)
    drawing.headline(f"<b>{words}</b>", across[0], 1)
