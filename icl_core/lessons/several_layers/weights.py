"""The matrices of a trained layer beside those of GD++, over training."""

import numpy as np

from icl_core.experiments.several_layers.layers import scaled
from icl_core.lessons.several_layers.config import SeveralLayers
from icl_core.lessons.several_layers.measure import Layers, Runs
from icl_core.live import Grid, View
from icl_core.live.movies import heatmap_movie, updates_player
from icl_core.models.linear import LinearTransformer
from icl_core.plots import heatmaps as heat

WORDS = {"Q": "W<sub>K</sub><sup>T</sup>W<sub>Q</sub>", "P": "P W<sub>V</sub>"}
Pair = dict[str, np.ndarray]


def _frames(layers: Layers, seed: int, place: int) -> dict[str, np.ndarray]:
    """W_K^T W_Q / beta and P W_V beta of a layer, [frames, d+1, d+1], beta that of the end.

    The last state alone where no movie is kept.
    """
    last, movie = layers.models[seed], layers.movies[seed]
    ideal = scaled(last)
    if movie is None:
        return {"Q": np.asarray(ideal.Q)[[place], 0], "P": np.asarray(ideal.P)[[place], 0]}
    beta = float(np.diagonal(np.asarray(last.Q)[place, 0])[:-1].mean())
    block = min(place, movie.P.shape[1] - 1)
    return {"Q": movie.Q[:, block, 0] / beta, "P": movie.P[:, block, 0] * beta}


def _panels(mine: Pair, theirs: Pair) -> list[list[heat.Panel]]:
    rows = []
    for key, words in WORDS.items():
        parts = {"trained": mine[key], "GD++": theirs[key], "difference": mine[key] - theirs[key]}
        rows.append(
            [
                heat.Panel(uid=f"{key} {part}", title=f"{words}, {part}", matrix=m, scale=words)
                for part, m in parts.items()
            ]
        )
    return rows


def _of(model: LinearTransformer, place: int) -> Pair:
    return {key: np.asarray(getattr(model, key))[place, 0] for key in WORDS}


def weights_view(config: SeveralLayers, runs: Runs) -> View:
    """W_K^T W_Q and P W_V of one layer, scaled, beside those of GD++."""
    layers = runs["tied2"] if runs[config.kind].kind.clipped else runs[config.kind]
    place = min(config.layer, layers.kind.layers) - 1
    theirs = _of(layers.gdpp(), place)
    steps = layers.course.steps[config.seed]
    frames = _frames(layers, config.seed, place)
    count = len(frames["Q"])
    shown = min(config.frame, count - 1)
    last = _panels({key: values[-1] for key, values in frames.items()}, theirs)
    limits = {
        row[0].scale: 1.05 * max(float(np.abs(panel.matrix).max()) for panel in row[:2])
        for row in last
    }
    panels = _panels({key: values[shown] for key, values in frames.items()}, theirs)
    updates = int(steps[shown if count > 1 else -1])
    title = f"{_layer(layers, place)}, after {updates} updates"
    figure = heat.heatmaps(panels, title=title, name="depth_weights", limits=limits)
    caption = _caption(layers, config, count)
    if count == 1:
        return View(figure=figure, title="Weights beside GD++", caption=caption)
    movie = heatmap_movie(
        _panels({key: values[i] for key, values in frames.items()}, theirs) for i in range(count)
    )
    return View(
        figure=figure,
        title="Weights beside GD++",
        controls=[updates_player(steps, config.frame)],
        grid=Grid(axes={"frame": range(count)}, quantities=movie, exact=True),
        caption=caption,
    )


def _layer(layers: Layers, place: int) -> str:
    return "The tied layer" if layers.kind.tied else f"Layer {place + 1}"


def _caption(layers: Layers, config: SeveralLayers, count: int) -> str:
    said = (
        "Scaled so that the diagonal of $W_K^\\top W_Q$ has the mean 1; that of $P W_V$ holds −γ "
    )
    said += "for the inputs and −η/n for the target."
    if config.kind != layers.name:
        said = f"Blocks with heads and MLPs have no such picture: here {layers.kind.words}. " + said
    if count == 1:
        said += " The weights of this seed are kept at the end of training only."
    return said
