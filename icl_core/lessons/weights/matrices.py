"""Q and P layer by layer and over training (paper 2, figure 4), with what each layer does."""

from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np

from icl_core.lessons.shared.coordinates import model_of, normalised, omega_values
from icl_core.lessons.shared.matrices import GREY, Rows, layer_rows, letter_rows, panel
from icl_core.lessons.weights.config import Coordinates, Weights
from icl_core.lessons.weights.measure import Story, shown_at
from icl_core.live import Grid, Player, View
from icl_core.live.moving import Index, Values, grid_at, matrix_values
from icl_core.models.linear import Layers
from icl_core.plots import heatmaps as plots
from icl_core.plots.heatmaps import Run
from icl_core.plots.omegas import omega_traces
from icl_core.plots.ticks import limit_of
from icl_core.validation import Reach

LOW, ALONE = 116, 154
"""Pixels of a row of all layers, and of one layer: what there is above them is seen at once."""


@lru_cache(maxsize=32)
def movie_omegas(story: Story) -> np.ndarray:
    """omega of every layer over the snapshots, normalised, [T, L, 4]."""
    T, L, H = story.P.shape[:3]
    tokens = story.P.shape[3:]
    flat = model_of(*(stack.reshape(T * L, H, *tokens) for stack in (story.P, story.Q)))
    return omega_values(normalised(flat, story.task)).reshape(T, L, 4)


def snapshot_of(config: Weights, story: Story) -> int:
    """The snapshot shown."""
    return story.last if config.snapshot is None else config.snapshot


def reach(config: Weights, story: Story) -> dict[str, Reach]:
    """What there is of a model: stops of its training, layers, ranks."""
    return {
        "snapshot": Reach("The stop of the training", 0, story.last),
        "layer": Reach("Show layer", 0, story.num_layers),
        "focus": Reach("The layer looked into", 1, story.num_layers, quiet=True),
        "rank": Reach("Rank r", 0, story.task.dim + 1),
    }


def _rows(model: Layers, layer: int) -> Rows:
    return layer_rows(model, layer) if layer else letter_rows(model)


def heatmap_view(config: Weights, story: Story) -> View:
    """Figure 4 of the paper, over training where a movie is shipped; colour limits hold for the
    finished model."""
    snapshot = snapshot_of(config, story)
    layer = config.layer
    ends = [_rows(shown_at(story, at, config.coordinates), layer) for at in story.ends]
    final = [row for rows in ends for row in rows]
    run = Run(
        steps=story.steps,
        loss=story.loss,
        floor=story.floor,
        method=story.parametrization,
        now=snapshot,
    )
    after = f", {stop_label(story, snapshot)}" if story.last else ""
    figure = plots.heatmaps(
        _rows(shown_at(story, snapshot, config.coordinates), layer),
        title=f"{story.own.label}, L = {story.num_layers}{after}",
        limits=plots.limits_of(final),
        run=run if story.last else None,
        omegas=movie_omegas(story)[snapshot],
        omega_limit=omega_limit(story),
        cell=LOW if layer == 0 else ALONE,
    )
    title = f"{story.own.label}, L = {story.num_layers}, {config.coordinates} coordinates"
    caption = (
        r"A layer adds $P\,G\,Q\,e$ to every token $e = (x, y)$, where $G = \sum_j e_j e_j^\top$ "
        "sums over the examples. ω is what x and y receive from x and y, always in normalised "
        "coordinates. A factor may "
        f"move from Q to P of a layer: only their product counts. {GREY}"
    )
    if not story.last:
        return View(figure=figure, title=title, caption=caption)
    if story.shown:
        caption += (
            f" The run shown, {story.shown}, did not win: the last stop is the shipped model, "
            f"{story.source}."
        )
    return View(
        figure=figure,
        title=title,
        caption=caption,
        controls=[movie_player(config, story)],
        grid=movie_grid(story, config.coordinates, config.layer),
    )


def omega_limit(story: Story) -> float:
    """Of the axis of omegas: holds the finished model, so that a wild start leaves the picture."""
    return 1.15 * limit_of([movie_omegas(story)[list(story.ends)]])


def stop_label(story: Story, snapshot: int) -> str:
    """Where in its training a model is, in words."""
    if story.shown and snapshot == story.last:
        return "as shipped"
    return f"after {story.steps[snapshot]:,} updates"


def movie_player(config: Weights, story: Story) -> Player:
    """Goes through the snapshots of a shipped training."""
    labels = [stop_label(story, at).removeprefix("after ") for at in range(story.last + 1)]
    now = snapshot_of(config, story)
    return Player("snapshot", "Training", labels, value=now, seconds=0.25)


@lru_cache(maxsize=32)
def movie_grid(story: Story, coordinates: Coordinates, layer: int) -> Grid:
    """Heatmaps and omegas at every snapshot, and where in the run each is."""

    def values(index: Index) -> Values:
        (at,) = index
        cells = matrix_values(_rows(shown_at(story, at, coordinates), layer))
        now = {("now", "x"): [story.steps[at] + 1.0], ("now", "y"): [story.loss[at]]}
        omegas = omega_traces(movie_omegas(story)[at])
        return cells | now | {(uid, "y"): y for uid, (_, y) in omegas.items()}

    return grid_at({"snapshot": range(len(story.steps))}, values, exact=True)


def layer_player(config: Weights, story: Story) -> Player:
    """Goes through the layers of a closer look."""
    labels = [str(layer + 1) for layer in range(story.num_layers)]
    return Player("focus", "Layer", labels, value=focus_of(config, story))


def focus_of(config: Weights, story: Story) -> int:
    """Index of the layer that a closer look shows."""
    return min(config.focus, story.num_layers) - 1


def stacked(parts: Mapping[str, Layers], layer: int) -> Rows:
    """One layer of several models below each other, Q beside P, a row a model and head."""
    return [
        [
            panel(model, letter, layer, head, said=said, uid=f"{letter}:{said}:{head}", mark=True)
            for letter in ("Q", "P")
        ]
        for said, model in parts.items()
        for head in range(model.num_heads)
    ]


def shared_limits(parts: Mapping[str, Layers]) -> dict[str, float]:
    """Colour limits over all layers and models."""
    return {
        letter: limit_of(getattr(model, letter) for model in parts.values())
        for letter in ("Q", "P")
    }


def beside_view(
    config: Weights,
    story: Story,
    parts: Mapping[str, Layers],
    grid: Callable[[], Grid],
    *,
    name: str,
    heading: str,
    title: str,
    caption: str,
) -> View:
    """`stacked` models, and through the layers, where there are several; `heading` and the number
    of the layer stand above."""
    layer = focus_of(config, story)
    figure = plots.heatmaps(
        stacked(parts, layer),
        title=f"{heading}, layer {layer + 1}",
        name=name,
        limits=shared_limits(parts),
        cell=plots.ROW,
    )
    if story.num_layers == 1:
        return View(figure=figure, title=title, caption=caption)
    controls = [layer_player(config, story)]
    return View(figure=figure, title=title, caption=caption, controls=controls, grid=grid())


def layer_grid(parts: Mapping[str, Layers], num_layers: int) -> Grid:
    """`stacked` for every layer."""
    layers = {"focus": range(num_layers)}
    return grid_at(layers, lambda index: matrix_values(stacked(parts, *index)), exact=True)
