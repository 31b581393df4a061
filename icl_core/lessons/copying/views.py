"""A training with its attention, the weights of layer 2, both optimisers, and swapped tokens."""

from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np

from icl_core.analysis.likeness import likeness
from icl_core.experiments.copying.results import Course
from icl_core.experiments.copying.settings import FRAMES
from icl_core.experiments.shared import MAIN
from icl_core.lessons.copying import figures as plots
from icl_core.lessons.copying.config import MODELS, OPTIMISERS, Copying
from icl_core.lessons.copying.measure import Trainings, attention, levels
from icl_core.lessons.copying.swaps import partners_view, swap_view
from icl_core.lessons.copying.words import (
    attention_caption,
    optimisers_caption,
    training_caption,
    weights_caption,
)
from icl_core.lessons.shared.curves import over_seeds
from icl_core.lessons.shared.matrices import PW_V, W_KQ
from icl_core.live import READOUT, Grid, Readout, View
from icl_core.live.moving import Index, Values, grid_at, matrix_values, updates_player
from icl_core.models.copying import CopyingTransformer
from icl_core.models.factored import layer_products
from icl_core.plots import heatmaps as heat
from icl_core.plots.curves import Curve
from icl_core.plots.lines import lines

READOUTS = {
    "loss": ("loss", ".4f"),
    "cosine": ("likeness to one step of GD (cosine)", ".3f"),
    "gap": ("mean gap of the answers", ".2g"),
}
"""What each is called, and its format."""


def _toward(course: Course, seed: int) -> dict[str, np.ndarray]:
    return {name: getattr(course.sensitivity, name)[seed] for name in plots.TOWARD}


def training_view(config: Copying, found: Trainings) -> View:
    """Loss, sensitivities and attention of layer 1 over training, or attention by construction."""
    course, seed = found.courses[config.optimiser], config.seed
    x, loss, toward = course.steps[seed] + 1.0, course.loss.mean[seed], _toward(course, seed)
    trained = config.model == "trained"
    now = int(course.frames[seed, config.frame])
    model = (
        found.trained(config.optimiser, seed, config.frame)
        if trained
        else found.constructions[config.model]
    )
    who = f"{OPTIMISERS[config.optimiser]}, seed {seed}"
    figure = plots.training_figure(
        x,
        loss,
        toward,
        attention(model, found.drawn),
        now=now if trained else None,
        levels=levels(found, (1.0, float(x[-1]))),
        title=f"{who}, after {int(x[now]) - 1:,} updates" if trained else who,
    )
    numbers = _numbers(course, seed, now) if trained else _built(found, model)
    return View(
        figure=figure,
        title="Training, and what layer 1 attends to"
        if trained
        else f"Training, beside the attention of {MODELS[config.model]}",
        caption=training_caption(),
        controls=[updates_player(course.steps[seed, course.frames[seed]], config.frame)]
        if trained
        else [],
        grid=_training_grid(found, config.optimiser, seed) if trained else None,
        readouts=[
            Readout(name=name, label=label, value=numbers[name], format=form)
            for name, (label, form) in READOUTS.items()
        ],
    )


@lru_cache(maxsize=8)
def _training_grid(found: Trainings, optimiser: str, seed: int) -> Grid:
    course = found.courses[optimiser]
    x, loss, toward = course.steps[seed] + 1.0, course.loss.mean[seed], _toward(course, seed)

    def values(index: Index) -> Values:
        now = int(course.frames[seed, index[0]])
        shares = attention(found.trained(optimiser, seed, index[0]), found.drawn)
        numbers = _numbers(course, seed, now)
        return {
            ("attention", "z"): shares,
            **plots.dot_values(x, loss, toward, now),
            **{(READOUT, name): numbers[name] for name in READOUTS},
        }

    return grid_at({"frame": range(FRAMES)}, values, exact=True)


def _numbers(course: Course, seed: int, now: int) -> dict[str, float]:
    """Readouts at a snapshot."""
    known = (course.loss, course.cosine, course.prediction_gap)
    return {n: float(part.mean[seed, now]) for n, part in zip(READOUTS, known, strict=True)}


def _built(found: Trainings, model: CopyingTransformer) -> dict[str, float]:
    """The same of a construction. Its answer is linear in the query, so that its slopes are its
    answers to the units."""
    answers, context = found.answers(model), found.drawn.context
    units = np.broadcast_to(np.eye(MAIN), (len(answers), MAIN, MAIN))
    slopes, ideal = (np.asarray(of.answers(context, units)[-1]) for of in (model, found.step))
    cosine = likeness(slopes, ideal, np.asarray(found.drawn.queries)[:, 0]).cosine
    gap = np.abs(answers - found.of_descent).mean()
    numbers = (found.loss(answers).mean, cosine, gap)
    return dict(zip(READOUTS, map(float, numbers), strict=True))


def attention_view(config: Copying, found: Trainings) -> View:
    """What a token attends to in layer 1, over all seeds of an optimiser."""
    course = found.courses[config.optimiser]
    x = course.steps[0] + 1.0
    curves = [
        over_seeds(
            method, x, values := getattr(course.attention, name), values[config.seed], label=words
        )
        for name, method, words in (
            ("own", "diag", "the token itself"),
            ("next", "full", "the next token"),
            ("other", "oracle_rr", "all others together"),
        )
    ]
    return View(
        figure=lines(
            curves,
            name="copying_attention",
            title=f"Attention of layer 1, {OPTIMISERS[config.optimiser]}",
            alt="Line chart: the shares of attention that a token gives to itself, to the next "
            "token and to all others over training, with bands over seeds.",
            x="updates + 1",
            y="share of attention",
            log_x=True,
            log_y=False,
            y_range=(-0.03, 1.03),
            mark=float(x[course.frames[config.seed, config.frame]]),
        ),
        caption=attention_caption(config, found),
    )


def _panels(P: np.ndarray, Q: np.ndarray, built: tuple[np.ndarray, np.ndarray]) -> list:
    """A row a product of layer 2: trained, and the construction's."""
    return [
        [
            heat.Panel(
                uid=f"{uid}:{who}",
                title=f"{words}, {who}",
                matrix=matrix,
                scale=words,
                places=len(matrix) - MAIN,
            )
            for who, matrix in (("trained", mine), ("Proposition 3", theirs))
        ]
        for uid, words, mine, theirs in (("Q", W_KQ, Q, built[1]), ("P", PW_V, P, built[0]))
    ]


@lru_cache(maxsize=8)
def _weights(found: Trainings, optimiser: str, seed: int) -> tuple[list, Grid]:
    """The panels of layer 2 at every snapshot, and their grid; scaled as those of the construction,
    so that the contents' diagonal of W_K^T W_Q has the mean 1 at the end."""
    movie = found.movies[optimiser][seed]
    P, Q = (values[:, 1, 0].astype(float) for values in (movie.P, movie.Q))
    beta = float(np.diagonal(Q[-1])[:MAIN].mean())
    writes, compares = layer_products(found.constructions["partner"].tensors(), 2)
    built = np.asarray(writes)[1, 0], np.asarray(compares)[1, 0]
    frames = [_panels(p * beta, q / beta, built) for p, q in zip(P, Q, strict=True)]
    grid = grid_at({"frame": range(FRAMES)}, lambda at: matrix_values(frames[at[0]]), exact=True)
    return frames, grid


def weights_view(config: Copying, found: Trainings) -> View:
    """W_K^T W_Q and P W_V of layer 2 over training, beside those of Proposition 3."""
    frames, grid = _weights(found, config.optimiser, config.seed)
    steps = found.movies[config.optimiser][config.seed].steps
    return View(
        figure=heat.heatmaps(
            frames[config.frame],
            title=f"After {int(steps[config.frame]):,} updates",
            name="copying_weights",
            limits=heat.limits_of(frames[-1], 1.05),
        ),
        title="Layer 2 grows into the construction",
        caption=weights_caption(config, found),
        controls=[updates_player(steps, config.frame)],
        grid=grid,
    )


def optimisers_view(config: Copying, found: Trainings) -> View:
    """The loss of both optimisers' trainings over updates."""
    muon, adam = found.courses["muon"], found.courses["adam"]
    seed = config.seed if config.optimiser == "muon" else 0
    losses = muon.loss.mean
    curves = [
        over_seeds("full", muon.steps[0] + 1.0, losses, losses[seed], label=f"Muon, seed {seed}"),
        *(
            Curve(method="diag", uid=f"adam{k}", x=x + 1.0, y=y, label=f"Adam, seed {k}")
            for k, (x, y) in enumerate(zip(adam.steps, adam.loss.mean, strict=True))
        ),
    ]
    ends = (1.0, max(float(curve.x[-1]) for curve in curves))
    return View(
        figure=lines(
            [*levels(found, ends), *curves],
            name="copying_optimisers",
            title="The same jump, by Muon and by Adam",
            alt="Line chart, both axes logarithmic: the loss over updates of Muon, in a band over "
            "seeds, and of Adam, beside the answer 0 and one and two steps of gradient descent.",
            x="updates + 1",
            log_x=True,
        ),
        caption=optimisers_caption(found),
    )


VIEWS: Mapping[str, Callable[[Copying, Trainings], View]] = {
    "training": training_view,
    "attention": attention_view,
    "weights": weights_view,
    "optimisers": optimisers_view,
    "swap": swap_view,
    "partners": partners_view,
}
"""What the lesson shows, by name."""
