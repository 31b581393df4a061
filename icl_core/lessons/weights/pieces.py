"""Every matrix in pieces: what DIAG could hold, and a rest of low rank."""

from functools import lru_cache

import numpy as np

from icl_core.analysis.parts import Parts, parts_of, read_part
from icl_core.lessons.shared.matrices import GREY
from icl_core.lessons.weights.config import Coordinates, Weights
from icl_core.lessons.weights.figures import share_chart
from icl_core.lessons.weights.matrices import (
    beside_figure,
    focus_of,
    layer_player,
    shared_limits,
    stacked,
)
from icl_core.lessons.weights.measure import Story, in_coordinates, kin_model
from icl_core.live import READOUT, Grid, Player, Quantity, Readout, Slider, View
from icl_core.models.linear import Layers
from icl_core.plots.figure import Figure

Pieces = dict[str, Parts]
HEADS = " a and b are the heads."


@lru_cache(maxsize=64)
def pieces(story: Story, coordinates: Coordinates) -> Pieces:
    """What is read of Q and of P in pieces, by letter."""
    model = read_part(kin_model(story, story.own))
    shown = in_coordinates(model, story.task, coordinates)
    return {"Q": parts_of(shown.Q), "P": parts_of(shown.P)}


def split(found: Pieces, rank: int) -> dict[str, Layers]:
    """The pieces as models to draw: trained = diagonal + rank + left out."""
    P, Q = found["P"], found["Q"]
    return {
        "trained": Layers(P=P.matrix, Q=Q.matrix),
        "diagonal part": Layers(P=P.diagonal, Q=Q.diagonal),
        "low rank": Layers(P=P.rest(rank), Q=Q.rest(rank)),
        "left out": Layers(P=P.leftover(rank), Q=Q.leftover(rank)),
    }


def explained(parts: Parts, layer: int, rank: int) -> float:
    """Per cent of a layer's squared weight in the diagonal part and `rank` more, over its heads."""
    squares = np.square(parts.matrix[layer]).sum((-2, -1))
    if not squares.sum():
        return 100.0
    held = parts.shares[layer, :, : rank + 1].sum(-1)
    return float(100 * (held * squares).sum() / squares.sum())


def pieces_figure(config: Weights, story: Story) -> Figure:
    """One layer in pieces, on one scale a letter for all layers and ranks."""
    found, layer = pieces(story, config.coordinates), focus_of(config, story)
    return beside_figure(
        split(found, config.rank),
        layer,
        title=f"Layer {layer + 1}: a diagonal part and rank {config.rank}",
        name="parts",
        limits=_limits(story, config.coordinates),
    )


@lru_cache(maxsize=64)
def _limits(story: Story, coordinates: Coordinates) -> dict[str, float]:
    found = pieces(story, coordinates)
    whole = split(found, story.task.dim + 1)
    return shared_limits({said: whole[said] for said in ("trained", "diagonal part", "low rank")})


def pieces_view(config: Weights, story: Story) -> View:
    """One layer in pieces, for every layer and rank."""
    found, layer, rank = pieces(story, config.coordinates), focus_of(config, story), config.rank
    controls: list[Player | Slider] = [layer_player(config, story)] if story.num_layers > 1 else []
    controls.append(
        Slider(
            name="rank",
            label="Rank r",
            minimum=0,
            maximum=story.task.dim + 1,
            step=1,
            value=rank,
            format="d",
        )
    )
    return View(
        figure=pieces_figure(config, story),
        title="A diagonal part and a low rank",
        caption=f"trained = diagonal part + low rank + left out, {config.coordinates} coordinates. "
        f"The low rank is the best of rank r (singular values). {GREY}",
        controls=controls,
        grid=_grid(story, config.coordinates),
        readouts=[
            Readout(
                name=letter,
                label=f"% of {letter} explained",
                value=explained(found[letter], layer, rank),
                format=".1f",
            )
            for letter in ("Q", "P")
        ],
    )


@lru_cache(maxsize=32)
def _grid(story: Story, coordinates: Coordinates) -> Grid:
    """The pieces at every layer and rank; the axis of layers is left out where there is one."""
    found = pieces(story, coordinates)
    layers, ranks = range(story.num_layers), range(story.task.dim + 2)
    frames = [
        [{p.uid: p.matrix for row in stacked(model, layer) for p in row} for model in models]
        for layer in layers
        for models in [[split(found, rank) for rank in ranks]]
    ]
    values = {uid: np.stack([[f[uid] for f in row] for row in frames]) for uid in frames[0][0]}
    moving = {("z", uid): z for uid, z in values.items()}
    for letter, parts in found.items():
        moving[letter, READOUT] = np.array(
            [[explained(parts, layer, rank) for rank in ranks] for layer in layers]
        )
    axes = {"focus": np.arange(story.num_layers), "rank": np.arange(len(ranks))}
    if story.num_layers == 1:
        del axes["focus"]
        moving = {key: z[0] for key, z in moving.items()}
    quantities = [Quantity(trace=uid, field=name, values=z) for (name, uid), z in moving.items()]
    return Grid(axes=axes, quantities=quantities, exact=True)


def share_figure(config: Weights, story: Story) -> Figure:
    """How much of every matrix's squared weight each part holds."""
    found = pieces(story, config.coordinates)
    bars = {
        f"{letter}{layer + 1}" + ("abcd"[head] if story.own.heads > 1 else ""): parts.shares[
            layer, head
        ]
        for letter, parts in found.items()
        for layer in range(story.num_layers)
        for head in range(story.own.heads)
    }
    return share_chart(bars, title="What each part holds of the squared weight")


def share_view(config: Weights, story: Story) -> View:
    return View(
        figure=share_figure(config, story),
        caption=f"Exact, {config.coordinates} coordinates. Only entries that are read count: of "
        "the last P its y row, whose rest has rank 1. A factor that moves between P and Q "
        f"changes no share.{HEADS if story.own.heads > 1 else ''}",
    )
