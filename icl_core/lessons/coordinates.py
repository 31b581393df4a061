"""Weights in normalised coordinates and their omegas, as plain arrays.

The engine's functions compile for every shape that they meet; here models of all depths go through
one shape, so that no control of a page compiles anything.
"""

from typing import Any

import numpy as np

from icl_core.arrays import in_float64
from icl_core.models.linear import LinearTransformer, omegas
from icl_core.tasks.linear import LinearTask
from icl_core.training.coordinates import to_normalised
from icl_core.validation import LIMITS


def normalised(model: LinearTransformer, task: LinearTask) -> LinearTransformer:
    """The model in the coordinates it was trained in (see `training.coordinates`)."""
    return to_normalised(model_of(np.asarray(model.P), np.asarray(model.Q)), task)


@in_float64
def omega_values(model: LinearTransformer) -> np.ndarray:
    """omega_xx, omega_xy, omega_yx, omega_yy of every layer, [layers, 4]."""
    rest = ((0, int(LIMITS["num_layers"][1]) - model.num_layers), (0, 0), (0, 0), (0, 0))
    P, Q = np.pad(np.asarray(model.P), rest), np.pad(np.asarray(model.Q), rest)
    return np.asarray(omegas(model_of(P, Q)))[: model.num_layers]


def model_of(P: Any, Q: Any) -> LinearTransformer:
    """A model of numpy arrays [L, H, d+1, d+1]."""
    return LinearTransformer(P=P, Q=Q)
