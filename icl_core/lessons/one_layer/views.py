"""Training, likeness, weights, mixtures, shifts and sizes of one layer."""

from collections.abc import Callable, Mapping

import numpy as np

from icl_core.analysis.floors import one_layer_loss
from icl_core.experiments.one_layer.layers import constructed
from icl_core.experiments.one_layer.settings import MIXES, SIZES
from icl_core.experiments.shared import MAIN, task_of
from icl_core.lessons.one_layer import figures as plots
from icl_core.lessons.one_layer.config import FRAMES, SHIFTS, TRAINED, OneLayer
from icl_core.lessons.one_layer.measure import Runs
from icl_core.lessons.one_layer.rollout import limits_view, rollout_view
from icl_core.lessons.shared.curves import over_seeds
from icl_core.lessons.shared.matrices import PW_V, W_KQ, beside
from icl_core.live import View
from icl_core.live.moving import grid_at, matrix_values, updates_player
from icl_core.plots import Curve, level
from icl_core.plots import heatmaps as heat
from icl_core.plots.lines import MEASURES, lines
from icl_core.zoo.movies import Movie


def _over_seeds(runs: Runs, uid: str, values: np.ndarray) -> Curve:
    """A measure [seeds, snapshots] of the trained layers over training."""
    return over_seeds("full", runs.x, values, uid=uid, label=TRAINED)


def training_view(config: OneLayer, runs: Runs) -> View:
    """Losses of all seeds over training, beside one step of gradient descent."""
    ends = (1.0, float(runs.x[-1]))
    figure = lines(
        [level("gd", runs.best, ends), _over_seeds(runs, "loss", runs.course.loss)],
        name="one_layer_training",
        title="Loss over training",
        alt=f"Line chart: the loss of {runs.seeds} layers in training falls from 0.42 and "
        f"comes to rest on that of one step of gradient descent, {runs.best:.4f}.",
        x="updates + 1",
        log_x=True,
        log_y=False,
        y_range=(0.18, 0.44),
        mark=float(runs.x[config.frame]),
    )
    caption = f"Line: mean of {runs.seeds} random starts; band: from the lowest to the highest."
    return View(figure=figure, caption=caption)


def alignment_view(config: OneLayer, runs: Runs) -> View:
    """Likeness to one step of gradient descent over training."""
    like = runs.course.likeness
    curves = [_over_seeds(runs, key, getattr(like, key)) for key, _ in MEASURES]
    return View(
        figure=plots.alignment_figure(
            curves, title="Likeness to one step of GD", mark=float(runs.x[config.frame])
        ),
        caption="A sensitivity is the gradient of an answer with respect to its query x. Gaps are "
        "mean distances between the layer and one step of gradient descent: of their answers, and "
        f"of their sensitivities. Bands: {runs.seeds} random starts.",
    )


def scaled(run: Movie, frame: int) -> tuple[np.ndarray, np.ndarray]:
    """W_K^T W_Q / beta and P W_V beta of a snapshot, beta that of the end of training."""
    beta = float(np.diagonal(run.Q[-1, 0, 0])[:-1].mean())
    return run.Q[frame, 0, 0] / beta, run.P[frame, 0, 0] * beta


def _panels(run: Movie, frame: int) -> list[list[heat.Panel]]:
    """A row a product: trained, constructed, and their difference."""
    ideal = constructed(task_of(MAIN))
    KQ, PV = scaled(run, frame)
    return [
        beside("KQ", W_KQ, KQ, ideal.W_KQ, "construction"),
        beside("PV", PW_V, PV, ideal.PW_V, "construction"),
    ]


def _now(runs: Runs, seed: int, frame: int) -> dict[tuple[str, str], np.ndarray]:
    """Where on the curve of its loss a seed stands."""
    return {
        ("now", "x"): runs.x[[frame]],
        ("now", "y"): runs.course.loss[seed, [frame]].astype(float),
    }


def weights_view(config: OneLayer, runs: Runs) -> View:
    """The loss of one seed in training, and its weights beside the construction."""
    run, seed = runs.movies[config.seed], config.seed
    figure = heat.heatmaps(
        _panels(run, config.frame),
        title=f"After {int(run.steps[config.frame])} updates",
        name="one_layer_weights",
        # The construction's entries set the limits.
        limits=heat.limits_of([[row[1]] for row in _panels(run, -1)], 1.05),
        run=heat.Run(
            steps=run.steps,
            loss=runs.course.loss[seed].astype(float),
            floor=0.0,
            method="full",
            now=config.frame,
            axis="loss (half MSE)",
            level=level("gd", runs.best, (1.0, float(runs.x[-1]))),
            share=0.44,
        ),
        cell=heat.ROW,
    )
    return View(
        figure=plots.beside_loss(figure, [W_KQ, PW_V]),
        title="One training, and its weights",
        caption=f"Left: the loss of the layer (line) and of one best step of gradient descent "
        f"(dotted), on {MAIN} examples in {MAIN} dimensions, inputs from $U(-\\frac12, \\frac12)$, "
        "a new $w$ every time and no noise. Right: what the layer compares, $W_K^\\top W_Q$, and "
        "what it writes, $P W_V$, scaled so that the trained diagonal of $W_K^\\top W_Q$ is 1: a "
        "factor may move to $P W_V$, only the product of the two counts.",
        controls=[updates_player(run.steps, config.frame)],
        grid=grid_at(
            {"frame": range(FRAMES)},
            lambda i: matrix_values(_panels(run, *i)) | _now(runs, seed, *i),
            exact=True,
        ),
    )


def mixes_view(config: OneLayer, runs: Runs) -> View:
    """Loss of layers between trained (0) and constructed (1), in per cent of the best."""
    excess = 100 * runs.shifts.mixes.mean / runs.best
    between = {"label": "between trained and construction", "markers": True}
    curve = over_seeds("full", MIXES, excess, **between)
    top = max(0.1, 1.2 * float(excess.max()))
    figure = lines(
        [level("gd", 0.0, (0.0, 1.0)), curve],
        name="one_layer_mixes",
        title="Between the trained and the constructed layer",
        alt="Line chart: the loss of mixtures of trained and constructed weights, in per cent "
        "above gradient descent's; it stays near 0 all the way.",
        x="share of the construction",
        y="loss above one step of GD, %",
        log_y=False,
        y_range=(-top, top),
    )
    caption = (
        "Weights (1 − s) × trained + s × constructed. Not only the answers agree, the weights do. "
        f"Band: {len(excess)} random starts."
    )
    return View(figure=figure, caption=caption)


def shift_curves(shift: str, runs: Runs) -> list[Curve]:
    """Loss by strength: gradient descent, the average of trained and constructed, trained."""
    scales = SHIFTS[shift][2]
    shifts = runs.shifts
    losses = {
        "input_shift": shifts.input_shift,
        "target_shift": shifts.target_shift,
        "law_shift": shifts.law_shift,
    }[shift]
    mixed, trained = losses.mixed.mean.mean(0), losses.trained.mean
    average = "average of trained and construction"
    return [
        Curve(method="gd", x=scales, y=losses.gd.mean),
        Curve(method="construction", x=scales, y=mixed, label=average, width=1.5),
        over_seeds("full", scales, trained, label=TRAINED),
    ]


def shift_view(config: OneLayer, runs: Runs) -> View:
    """Losses on prompts unlike those of the training."""
    title, x, _ = SHIFTS[config.shift]
    figure = lines(
        shift_curves(config.shift, runs),
        name=f"one_layer_{config.shift}",
        title=f"Unlike the training: {title}",
        alt=f"Line chart, logarithmic: loss against alpha ({x}) of gradient descent, the trained "
        "layer and their average; the three lie on one another.",
        x=x,
    )
    caption = (
        "One trained layer, not trained again. The lines lie on one another: gradient descent with "
        "the same step size fails in the same way."
    )
    return View(figure=figure, caption=caption)


def sizes_view(config: OneLayer, runs: Runs) -> View:
    """Trained layers of several sizes on the exact curve."""
    n = np.arange(min(SIZES), max(SIZES) + 1)
    exact = np.array([one_layer_loss(task_of(int(size))) for size in n])
    ended = {size: course.loss[:, -1] for size, course in runs.courses.items()}
    sizes = np.repeat(list(ended), [len(losses) for losses in ended.values()])
    ends = np.concatenate(list(ended.values()))
    figure = lines(
        [
            Curve(method="gd", label="GD, one best step (exact)", x=n, y=exact),
            Curve(method="full", label=TRAINED, x=sizes, y=ends, markers=True, width=0),
        ],
        name="one_layer_sizes",
        title="Other sizes, n = d",
        alt="Line chart, logarithmic: the exact loss of one best step by size, with the trained "
        f"layers at n = d = {', '.join(map(str, ended))} on it.",
        x="examples n = dimensions d",
    )
    return View(figure=figure, caption=_sizes_caption(runs))


def _sizes_caption(runs: Runs) -> str:
    """Starts that ended elsewhere."""
    said = []
    for n, course in runs.courses.items():
        best, losses = one_layer_loss(task_of(n)), course.loss[:, -1]
        stuck = losses[losses > 1.01 * best]
        if stuck.size:
            said.append(
                f"At n = d = {n}, {len(stuck)} of {len(losses)} starts end in another stationary "
                f"point, with a loss of {np.mean(stuck):.3g} and not {best:.3g}."
            )
    return " ".join(said)


VIEWS: Mapping[str, Callable[[OneLayer, Runs], View]] = {
    "training": training_view,
    "alignment": alignment_view,
    "weights": weights_view,
    "mixes": mixes_view,
    "shift": shift_view,
    "rollout": rollout_view,
    "limits": limits_view,
    "sizes": sizes_view,
}
"""What the lesson shows, by name."""
