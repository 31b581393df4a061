"""Normalised coordinates and free parameters: what the optimiser sees of P and Q.

Tokens are measured in their typical size over a context, e~ = D e with
D = diag(1/sqrt(n s), ..., 1/sqrt(n E y^2) for y), s the mean variance of an input coordinate, so
that G~ = D G D has entries of order one. The change of variables is exact: P~ = D P D^-1,
Q~ = D^-1 Q D^-1. Free parameters are numbers per layer and head for GD++ (p_x, p_y, q_x) and DIAG
(and q_y), and P~, Q~ themselves for FULL.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from icl_core.arrays import Array, Key
from icl_core.models.linear import LinearTransformer, Parametrization, diagonal_model
from icl_core.tasks.linear import LinearTask

Parameters = Mapping[str, Array]

STARTS: tuple[tuple[dict[str, float], float], ...] = (
    ({"p_x": 0.3, "p_y": 0.3, "q_x": -0.3, "q_y": -0.3}, 0.05),
    ({"p_x": 0.0, "p_y": 0.0, "q_x": 0.0, "q_y": 0.0}, 0.3),
    ({"p_x": -0.3, "p_y": 0.3, "q_x": -0.3, "q_y": 0.3}, 0.15),
)
"""(centre, standard deviation) of the kinds of start, dealt out in turn. The first makes every
omega = p q negative, a descent step that also shrinks: it never blows up and finds the good basin
at most depths; the others find it where the first does not (DIAG, L = 3, sigma in {1, 3})."""
FULL_JITTER = 0.15
"""Standard deviation of the noise on every entry of P~, Q~ of FULL, divided by sqrt(heads)."""


def token_scale(task: LinearTask) -> Float[np.ndarray, "tokens"]:
    """The diagonal of D."""
    n = task.num_context
    x_scale = np.full(task.dim, (n * task.inputs.variance) ** -0.5)
    return np.append(x_scale, (n * task.target_variance) ** -0.5)


def prediction_scale(task: LinearTask) -> float:
    """Implicit weights in raw coordinates are this times minus the last row of A~_L ... A~_1."""
    return float((task.target_variance / task.inputs.variance) ** 0.5)


def to_raw(model: LinearTransformer, task: LinearTask) -> LinearTransformer:
    """P = D^-1 P~ D, Q = D Q~ D; numpy arrays stay such."""
    D = token_scale(task)
    return LinearTransformer(P=_scaled(model.P, 1 / D, D), Q=_scaled(model.Q, D, D))


def to_normalised(model: LinearTransformer, task: LinearTask) -> LinearTransformer:
    """The inverse of `to_raw`."""
    D = token_scale(task)
    return LinearTransformer(P=_scaled(model.P, D, 1 / D), Q=_scaled(model.Q, 1 / D, 1 / D))


def _scaled(matrices: Any, left: np.ndarray, right: np.ndarray) -> Any:
    """diag(left) M diag(right) for every matrix."""
    factor = (left[:, None] * right).astype(matrices.dtype)
    return matrices * factor.reshape((1,) * (matrices.ndim - 2) + factor.shape)


@partial(jax.jit, static_argnums=(1, 2, 3))
def initial_parameters(
    rng_key: Key, parametrization: Parametrization, shape: tuple[int, int, int], dim: int
) -> Parameters:
    """Random starts, the kinds of `STARTS` in turn; shape = (restarts, layers, heads)."""
    restarts, _, heads = shape
    keys = iter(jax.random.split(rng_key, 6))
    kind = jnp.arange(restarts) % len(STARTS)
    spread = jnp.asarray([deviation for _, deviation in STARTS])[kind][:, None, None]
    numbers = {
        name: jnp.asarray([centre[name] for centre, _ in STARTS])[kind][:, None, None]
        + spread * jax.random.normal(next(keys), shape)
        for name in STARTS[0][0]
    }
    if parametrization == "full":
        model = jax.vmap(lambda parts: diagonal_model(**parts, dim=dim))(numbers)
        size = FULL_JITTER / heads**0.5
        return {
            "P": model.P + size * jax.random.normal(next(keys), model.P.shape),
            "Q": model.Q + size * jax.random.normal(next(keys), model.Q.shape),
        }
    if parametrization == "gdpp":
        del numbers["q_y"]
    return numbers


def as_model(parameters: Parameters, dim: int) -> LinearTransformer:
    """P~, Q~ of free parameters."""
    if "P" in parameters:
        return LinearTransformer(P=parameters["P"], Q=parameters["Q"])
    q_y = parameters.get("q_y", jnp.zeros_like(parameters["q_x"]))
    return diagonal_model(**{**parameters, "q_y": q_y}, dim=dim)


def as_parameters(model: LinearTransformer, parametrization: Parametrization) -> Parameters:
    """Free parameters of a normalised model, which must fit the parametrization (any fits FULL)."""
    if parametrization == "full":
        return {"P": model.P, "Q": model.Q}
    names = {"p_x": model.P[..., 0, 0], "p_y": model.P[..., -1, -1]}
    names |= {"q_x": model.Q[..., 0, 0], "q_y": model.Q[..., -1, -1]}
    if parametrization == "gdpp":
        del names["q_y"]
    return names
