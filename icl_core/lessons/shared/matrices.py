"""Matrices of a model as the panels of a figure."""

import numpy as np

from icl_core.analysis.parts import read_masks
from icl_core.models.linear import Layers
from icl_core.plots.heatmaps import Panel

Rows = list[list[Panel]]
W_KQ, PW_V = "W<sub>K</sub><sup>T</sup>W<sub>Q</sub>", "P W<sub>V</sub>"
"""Names of paper 1's products, which alone count."""
GREY = "Grey: entries that no prediction depends on."


def beside(uid: str, words: str, mine: np.ndarray, theirs: np.ndarray, name: str) -> list[Panel]:
    """A trained matrix, the one of that name, and their difference, on one scale."""
    parts = {"trained": mine, name: theirs, "difference": mine - theirs}
    return [
        Panel(uid=f"{uid} {part}", title=f"{words}, {part}", matrix=matrix, scale=words)
        for part, matrix in parts.items()
    ]


def panels(model: Layers) -> Rows:
    """Q beside P, two layers in a row (of several heads, one): what a phone has room for."""
    rows = layer_rows(model)
    if model.num_heads > 1:
        return rows
    pairs = [rows[at : at + 2] for at in range(0, len(rows), 2)]
    return [[panel for row in pair for panel in row] for pair in pairs]


def product_rows(writes: np.ndarray, compares: np.ndarray, places: int = 0) -> Rows:
    """W_K^T W_Q beside P W_V [layers, heads, size, size], a row a layer and head; `places` is
    that of a `Panel`."""
    rows: Rows = []
    layers, heads = compares.shape[:2]
    for layer, head in np.ndindex(layers, heads):
        where = f", layer {layer + 1}" * (layers > 1) + f", head {head + 1}" * (heads > 1)
        rows.append(
            [
                Panel(
                    uid=f"{key}:{layer}:{head}",
                    title=words + where,
                    matrix=values[layer, head].astype(float),
                    scale=words,
                    places=places,
                )
                for key, words, values in (("W_KQ", W_KQ, compares), ("PW_V", PW_V, writes))
            ]
        )
    return rows


def layer_rows(model: Layers, layer: int = 0) -> Rows:
    """Q beside P, a row a layer (or the one chosen) and head: two columns suit a phone too."""
    chosen = range(model.num_layers) if layer == 0 else [layer - 1]
    return [
        [panel(model, letter, index, head, mark=True) for letter in ("Q", "P")]
        for index in chosen
        for head in range(model.num_heads)
    ]


def letter_rows(model: Layers) -> Rows:
    """All Q above all P, a column a layer, and a pair of rows a head: low and wide."""
    return [
        [panel(model, letter, index, head, mark=True) for index in range(model.num_layers)]
        for head in range(model.num_heads)
        for letter in ("Q", "P")
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
