"""Matrices of a model as the panels of a figure."""

import numpy as np

from icl_core.analysis.parts import read_masks
from icl_core.models.linear import Layers
from icl_core.plots.heatmaps import Panel

Rows = list[list[Panel]]
GREY = "Grey: entries that no prediction depends on."


def panels(model: Layers) -> Rows:
    """Q beside P, two layers in a row (of several heads, one): what a phone has room for."""
    rows = layer_rows(model)
    if model.num_heads > 1:
        return rows
    pairs = [rows[at : at + 2] for at in range(0, len(rows), 2)]
    return [[panel for row in pair for panel in row] for pair in pairs]


def layer_rows(model: Layers, layer: int = 0) -> Rows:
    """Q beside P, a row a layer (or the one chosen) and head: two columns suit a phone too."""
    chosen = range(model.num_layers) if layer == 0 else [layer - 1]
    return [
        [panel(model, letter, index, head, mark=True) for letter in ("Q", "P")]
        for index in chosen
        for head in range(model.num_heads)
    ]


def panel(
    model: Layers,
    letter: str,
    index: int,
    head: int,
    *,
    mark: bool = False,
    said: str = "",
    uid: str = "",
) -> Panel:
    """One matrix; `mark` greys what is never read, `said` names it instead of its layer."""
    of = f", head {head + 1}" if model.num_heads > 1 else ""
    matrix = np.asarray(getattr(model, letter)[index, head], float)
    mask = dict(zip("PQ", read_masks(model.num_layers, model.dim), strict=True))[letter][index]
    return Panel(
        uid=uid or f"{letter}{index}h{head}",
        title=f"{letter}, {said or f'layer {index + 1}'}{of}",
        matrix=matrix,
        scale=letter,
        read=mask if mark else None,
    )
