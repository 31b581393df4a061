"""Optimisers and learning rate schedules, by the names that a `RunConfig` calls them."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float
from optax.contrib import MuonDimensionNumbers, muon


def _matrices(parameters: Any) -> Any:
    """Which parameters Muon takes for matrices, the last two of their axes being output and input:
    those whose names begin with a capital letter. All others are left to Adam."""

    def axes(path: Any, leaf: Array) -> MuonDimensionNumbers | None:
        name = str(getattr(path[-1], "key", "")) if path else ""
        return MuonDimensionNumbers(-1, -2) if leaf.ndim > 1 and name[:1].isupper() else None

    return jax.tree_util.tree_map_with_path(axes, parameters)


SHRINKING = 0.05
"""Of its own size, how much a matrix loses in an update of "muon_shrinking", in units of the rate.
"""


def _muon(decay: float, shrinking: float = 0.0) -> optax.GradientTransformation:
    # Optax's has the sign of a step.
    return muon(
        -1.0,
        weight_decay=shrinking,
        adam_b2=decay,
        muon_weight_dimension_numbers=_matrices,
    )


OPTIMISERS: Mapping[str, Callable[[float], optax.GradientTransformation]] = {
    "adam": lambda decay: optax.scale_by_adam(b2=decay),
    "muon": _muon,
    "muon_shrinking": partial(_muon, shrinking=SHRINKING),
}
"""Each maps clipped gradients to directions that are subtracted at the learning rate; made of
`RunConfig.decay`."""
PERMILLE = 1000
WARMED = optax.warmup_cosine_decay_schedule(0.0, 1.0, PERMILLE // 20, PERMILLE, end_value=0.02)
"""Learning rate over the progress of a run in permille, in units of its peak."""
Rates = Float[Array, "count"]


@partial(jax.jit, static_argnames=("count", "rate", "steps", "held"))
def _held(first: int, count: int, rate: float, steps: int, held: int) -> Rates:
    """The rate until update `held`, then rate (1 + cos(pi (t - held) / (steps - held))) / 2."""
    if held == steps:
        return jnp.full(count, rate)
    fall = optax.cosine_decay_schedule(rate, steps - held)
    schedule: Any = optax.join_schedules([optax.constant_schedule(rate), fall], [held])
    return schedule(first + jnp.arange(count))


@partial(jax.jit, static_argnames="count")
def _warmed(first: int, count: int, rate: float, steps: int, held: int) -> Rates:
    """A rise over the first 5 %, then a cosine; how many steps there are is data, for a run that
    becomes shorter must not be compiled again."""

    def at(index: Array) -> Array:
        return jnp.asarray(rate * WARMED(PERMILLE * (first + index) / steps))

    return jax.lax.map(at, jnp.arange(count))


SCHEDULES: Mapping[str, Callable[[int, int, float, int, int], Rates]] = {
    "held": _held,
    "warmed": _warmed,
}
"""Each gives the learning rates of `count` updates from update `first` on."""
