"""The matrices of a trained layer beside those of GD++, over training."""

import numpy as np

from icl_core.experiments.several_layers.layers import scaled
from icl_core.lessons.several_layers.config import SeveralLayers
from icl_core.lessons.several_layers.measure import Layers, Runs
from icl_core.lessons.shared.matrices import PW_V, W_KQ, beside
from icl_core.live import View
from icl_core.live.moving import grid_at, matrix_values, updates_player
from icl_core.models.linear import LinearTransformer
from icl_core.plots import heatmaps as heat

WORDS = {"Q": W_KQ, "P": PW_V}
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
    return [beside(key, words, mine[key], theirs[key], "GD++") for key, words in WORDS.items()]


def _of(model: LinearTransformer, place: int) -> Pair:
    return {key: np.asarray(getattr(model, key))[place, 0] for key in WORDS}


def weights_view(config: SeveralLayers, runs: Runs) -> View:
    """W_K^T W_Q and P W_V of one layer, scaled, beside those of GD++."""
    layers = runs["tied2"] if runs[config.kind].architecture.clipped else runs[config.kind]
    place = min(config.layer, layers.architecture.layers) - 1
    theirs = _of(layers.gdpp(), place)
    steps = layers.course.steps[config.seed]
    frames = _frames(layers, config.seed, place)
    count = len(frames["Q"])
    shown = min(config.frame, count - 1)

    def panels_at(frame: int) -> list[list[heat.Panel]]:
        return _panels({key: values[frame] for key, values in frames.items()}, theirs)

    limits = heat.limits_of([row[:2] for row in panels_at(-1)], 1.05)
    updates = int(steps[shown if count > 1 else -1])
    title = f"{_layer(layers, place)}, after {updates} updates"
    figure = heat.heatmaps(panels_at(shown), title=title, name="depth_weights", limits=limits)
    caption = _caption(layers, config, count)
    if count == 1:
        return View(figure=figure, title="Weights beside GD++", caption=caption)
    return View(
        figure=figure,
        title="Weights beside GD++",
        controls=[updates_player(steps, config.frame)],
        grid=grid_at({"frame": range(count)}, lambda i: matrix_values(panels_at(*i)), exact=True),
        caption=caption,
    )


def _layer(layers: Layers, place: int) -> str:
    return "The tied layer" if layers.architecture.tied else f"Layer {place + 1}"


def _caption(layers: Layers, config: SeveralLayers, count: int) -> str:
    said = (
        "Scaled so that the diagonal of $W_K^\\top W_Q$ has the mean 1; that of $P W_V$ holds −γ "
    )
    said += "for the inputs and −η/n for the target."
    if config.kind != layers.name:
        said = (
            f"Blocks with heads and MLPs have no such picture: here {layers.architecture.words}. "
            + said
        )
    if count == 1:
        said += " The weights of this seed are kept at the end of training only."
    return said
