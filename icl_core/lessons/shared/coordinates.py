"""Weights in normalised coordinates and their omegas, as plain arrays."""

from typing import Any

import numpy as np

from icl_core.models.linear import Layers, LinearTransformer, Normalised
from icl_core.tasks.linear import LinearTask


def normalised(model: LinearTransformer, task: LinearTask) -> Normalised:
    """The model in the coordinates it was trained in (see `models.coordinates`)."""
    with np.errstate(all="ignore"):
        return model_of(np.asarray(model.P), np.asarray(model.Q)).normalised(task)


def omega_values(model: Layers) -> np.ndarray:
    """omega_xx, xy, yx, yy of every layer, [layers, 4], as `models.linear.omegas` has them."""
    diagonals = (np.diagonal(np.asarray(M, float), axis1=2, axis2=3) for M in (model.P, model.Q))
    p, q = (np.stack([m[..., :-1].mean(-1), m[..., -1]], axis=-1) for m in diagonals)
    return np.einsum("lhi,lhj->lij", p, q).reshape(-1, 4)


def model_of(P: Any, Q: Any) -> LinearTransformer:
    """A model of numpy arrays [L, H, d+1, d+1]."""
    return LinearTransformer(P=P, Q=Q)
