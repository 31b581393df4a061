"""Losses, weights, likeness, shifts and ends of trainings that struggle."""

from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np

from icl_core.experiments.variations.results import Trainings
from icl_core.experiments.variations.settings import EVERY, SCALES, VARIANTS
from icl_core.lessons.shared.curves import over_seeds
from icl_core.lessons.shared.matrices import Rows, product_rows
from icl_core.lessons.shared.words import plus_minus
from icl_core.lessons.variations import figures as plots
from icl_core.lessons.variations.config import FRAMES, LABELS, Variations
from icl_core.lessons.variations.ends import ends_view
from icl_core.lessons.variations.measure import rivals
from icl_core.lessons.variations.words import caption
from icl_core.live import Grid, View
from icl_core.live.moving import Index, Values, grid_at, matrix_values, quantities, updates_player
from icl_core.plots import Curve, level
from icl_core.plots import heatmaps as heat
from icl_core.plots.lines import lines
from icl_core.zoo.movies import Movie


def _levels(config: Variations, found: Trainings, ends: tuple[float, float]) -> list[Curve]:
    """Gradient descent's exact losses: one step, or two of GD and of GD++."""
    return [level(method, found.loss_of(name), ends) for method, name in rivals(config)]


def _now(x: np.ndarray, loss: np.ndarray) -> dict[tuple[str, str], np.ndarray]:
    """Where on the curve of its loss a seed stands, at every snapshot."""
    return {("now", "x"): x[:, None], ("now", "y"): loss[:, None].astype(float)}


def losses_view(config: Variations, found: Trainings) -> View:
    """All seeds over training."""
    losses, x = found.losses(config.variant), found.courses[config.variant].steps[0] + 1.0
    trainee = VARIANTS[config.variant].trainee
    figure = plots.seeds_figure(
        x,
        losses,
        chosen=config.seed,
        now=config.frame * EVERY,
        title=f"{LABELS[config.variant]}: {len(losses)} seeds",
        train=found.train_losses(config.variant)[config.seed] if trainee.tasks else None,
        levels=_levels(config, found, (1.0, float(x[-1]))),
    )
    return View(
        figure=figure,
        title="Loss over training",
        caption=caption(config, found),
        controls=[updates_player(found.movies[config.variant][0].steps, config.frame)],
        grid=Grid(
            axes={"frame": range(FRAMES)},
            quantities=quantities(_now(x[::EVERY], losses[config.seed, ::EVERY])),
            exact=True,
        ),
    )


def _panels(movie: Movie, frame: int) -> Rows:
    return product_rows(movie.P[frame], movie.Q[frame])


def weights_view(config: Variations, found: Trainings) -> View:
    """Products of weights over the training of one seed, its loss above."""
    movie = found.movies[config.variant][config.seed]
    x = movie.steps
    figure = heat.heatmaps(
        _panels(movie, config.frame),
        title=f"Seed {config.seed} after {int(x[config.frame]):,} updates",
        name="variations_weights",
        limits=heat.limits_of(_panels(movie, -1), 1.05),
        run=heat.Run(
            steps=x,
            loss=movie.loss.astype(float),
            floor=0.0,
            method="full",
            now=config.frame,
            axis="loss",
            level=_levels(config, found, (1.0, float(x[-1]) + 1))[-1],
        ),
    )
    return View(
        figure=figure,
        title="Weights over training",
        controls=[updates_player(found.movies[config.variant][0].steps, config.frame)],
        grid=_weights_grid(found, config.variant, config.seed),
    )


@lru_cache(maxsize=48)
def _weights_grid(found: Trainings, variant: str, seed: int) -> Grid:
    movie = found.movies[variant][seed]
    now = _now(movie.steps + 1.0, movie.loss)

    def values(index: Index) -> Values:
        cells = matrix_values(_panels(movie, *index))
        return cells | {key: places[index] for key, places in now.items()}

    return grid_at({"frame": range(FRAMES)}, values, exact=True)


def likeness_view(config: Variations, found: Trainings) -> View:
    """Cosine of the sensitivities to the query, over training."""
    course = found.courses[config.variant]
    x, cosine = course.steps[0, ::EVERY] + 1.0, course.cosine.mean.astype(float)
    words = "one step of GD" if len(rivals(config)) == 1 else "two steps of GD++"
    curve = over_seeds("full", x, cosine, cosine[config.seed], label=f"seed {config.seed}")
    gaps, at = course.prediction_gap, (config.seed, config.frame)
    gap, error = float(gaps.mean[at]), float(gaps.stderr[at])
    figure = lines(
        [curve],
        name="variations_likeness",
        title=f"Likeness to {words}",
        alt=f"Line chart: the cosine of the sensitivities of model and {words} over training, "
        "with a band over seeds.",
        x="updates + 1",
        y="cosine of sensitivities",
        log_x=True,
        log_y=False,
        y_range=(min(-0.05, float(cosine.min())), 1.05),
        mark=float(x[config.frame]),
    )
    return View(
        figure=figure,
        caption=f"1: the answer depends on the query as that of {words} does. Band: the lowest to "
        f"the highest of {len(cosine)} seeds. Mean gap of the answers of seed {config.seed} here: "
        f"{plus_minus(gap, error)}.",
    )


def shift_curves(config: Variations, found: Trainings, frame: int) -> list[Curve]:
    """Loss by width of the inputs: descent, and the chosen seed at a snapshot."""
    values = found.courses[config.variant].shift.mean[:, frame].astype(float)
    curves = [
        Curve(method=method, x=SCALES, y=found.algorithms.of(name).shift.mean)
        for method, name in rivals(config)
    ]
    named = {"label": f"seed {config.seed}", "markers": True}
    return [*curves, over_seeds("full", SCALES, values, values[config.seed], **named)]


def shift_view(config: Variations, found: Trainings) -> View:
    """Inputs wider or narrower than in training."""
    course = found.courses[config.variant]
    curves = shift_curves(config, found, config.frame)
    error = float(course.shift.stderr[config.seed, config.frame, -1])
    all_of_them = [curve.y for f in range(FRAMES) for curve in shift_curves(config, found, f)]
    top = float(np.quantile(np.concatenate(all_of_them), 0.995))
    bottom = min(float(values.min()) for values in all_of_them)
    figure = lines(
        curves,
        name="variations_shift",
        title="Larger inputs",
        alt="Line chart, logarithmic: loss against the factor alpha of the inputs, of the chosen "
        "seed and of gradient descent.",
        x="inputs times α",
        y_range=(0.9 * bottom, 1.1 * top),
    )
    updates = int(course.steps[config.seed, config.frame * EVERY])
    return View(
        figure=figure,
        caption=f"After {updates:,} updates. Loss at α = 2: "
        f"{plus_minus(float(curves[-1].y[-1]), error)}; trained at α = 1 alone. Band: the "
        f"lowest to the highest of {len(course.steps)} seeds.",
    )


VIEWS: Mapping[str, Callable[[Variations, Trainings], View]] = {
    "losses": losses_view,
    "weights": weights_view,
    "ends": ends_view,
    "likeness": likeness_view,
    "shift": shift_view,
}
"""What the lesson shows, by name."""
