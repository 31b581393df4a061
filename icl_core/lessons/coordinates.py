"""Weights in normalised coordinates and their omegas, as plain arrays.

The engine's functions compile for every shape that they meet; here models of all depths go through
one shape, so that no control of a page compiles anything.
"""

from functools import lru_cache
from typing import Any

import numpy as np

from icl_core.arrays import in_float64
from icl_core.models.linear import LinearTransformer, omegas
from icl_core.tasks.linear import LinearTask
from icl_core.training.coordinates import to_normalised
from icl_core.validation import LIMITS


@lru_cache(maxsize=64)
@in_float64
def _factors(task: LinearTask) -> tuple[np.ndarray, np.ndarray]:
    """What the entries of P and Q are multiplied by: the change is diagonal on both sides."""
    ones = np.ones((1, 1, task.dim + 1, task.dim + 1))
    scaled = to_normalised(model_of(ones, ones), task)
    return np.asarray(scaled.P)[0, 0], np.asarray(scaled.Q)[0, 0]


def normalised(model: LinearTransformer, task: LinearTask) -> LinearTransformer:
    """The model in the coordinates it was trained in (see `training.coordinates`)."""
    factor_P, factor_Q = _factors(task)
    return model_of(np.asarray(model.P) * factor_P, np.asarray(model.Q) * factor_Q)


@in_float64
def omega_values(model: LinearTransformer) -> np.ndarray:
    """omega_xx, omega_xy, omega_yx, omega_yy of every layer, [layers, 4]."""
    rest = ((0, int(LIMITS["num_layers"][1]) - model.num_layers), (0, 0), (0, 0), (0, 0))
    P, Q = np.pad(np.asarray(model.P), rest), np.pad(np.asarray(model.Q), rest)
    return np.asarray(omegas(model_of(P, Q)))[: model.num_layers]


def model_of(P: Any, Q: Any) -> LinearTransformer:
    """A model of numpy arrays [L, H, d+1, d+1]."""
    return LinearTransformer(P=P, Q=Q)
