"""What the trainers of paper 1's models share: starts, Adam, and many updates in one program.

From the paper's code: weights from truncated normals of variance 0.002 / (L fan-in), Adam with
b2 = 0.98, gradients clipped to a global norm. What differs: over the last part of a run the
learning rate may fall to 0, so that the weights come to rest.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import struct
from jaxtyping import Array, Float

from icl_core.training.coordinates import Parameters

FACTORS: tuple[str, ...] = ("W_K", "W_Q", "W_V", "P")
"""The weights of a layer of attention."""
DECAY, INITIAL_VARIANCE = 0.98, 0.002
TRUNCATION = 0.87962566
"""Standard deviation of a standard normal variate cut off at -2 and 2."""
BLOCK = 25
"""Updates whose prompts are drawn at a time."""


@struct.dataclass
class State:
    """What an update changes: the parameters, and what the optimiser remembers."""

    parameters: Parameters
    optimiser: Any


def start(shapes: Mapping[str, tuple[tuple[int, ...], int]], layers: int, seed: int) -> Parameters:
    """Truncated normals of variance 0.002 / (L fan-in) in float32; biases 0, LayerNorms 1 and 0.

    shapes: the shape and the fan-in of every parameter, as `BlockModel.shapes` has them.
    """
    found, keys = {}, jax.random.split(jax.random.key(seed), len(shapes))
    for (name, (shape, fan_in)), key in zip(shapes.items(), keys, strict=True):
        if fan_in:
            deviation = (INITIAL_VARIANCE / layers / fan_in) ** 0.5 / TRUNCATION
            found[name] = deviation * jax.random.truncated_normal(key, -2, 2, shape, jnp.float32)
        else:
            found[name] = jnp.full(shape, float(name == "scale"), jnp.float32)
    return found


def spaced_steps(steps: int, snapshots: int) -> list[int]:
    """The last step times (i / (snapshots - 1))^2, rounded; the first of many may be equal."""
    return [round(step) for step in np.linspace(0, 1, snapshots) ** 2 * steps]


def cooled_adam(rate: float, clip: float, steps: int, held: int) -> optax.GradientTransformation:
    """Adam behind gradients clipped to a global norm of `clip`.

    Update t = 0, 1, ... has the learning rate `rate` before t = held and from there on
    rate (1 + cos(pi (t - held) / (steps - held))) / 2.
    """
    schedule: Any = rate
    if held < steps:
        fall = optax.cosine_decay_schedule(rate, steps - held)
        schedule = optax.join_schedules([optax.constant_schedule(rate), fall], [held])
    return optax.chain(optax.clip_by_global_norm(clip), optax.adam(schedule, b2=DECAY))


def update(
    state: State, optimiser: optax.GradientTransformation, loss: Callable[[Parameters], Array]
) -> tuple[State, Float[Array, ""]]:
    """The state after one update, and the loss before it."""
    value, slope = jax.value_and_grad(loss)(state.parameters)
    change, inner = optimiser.update(slope, state.optimiser, state.parameters)
    parameters: Any = optax.apply_updates(state.parameters, change)
    return State(parameters=parameters, optimiser=inner), value


def descend(
    state: State,
    optimiser: optax.GradientTransformation,
    count: Array,
    batch_of: Callable[[Array], Any],
    loss: Callable[[Parameters, Any], Array],
) -> tuple[State, Float[Array, ""]]:
    """Updates on batch_of(0), ..., batch_of(count - 1), and the loss, in float32, of the last.

    There are BLOCK batches whatever `count`, which is data, so that all spans share a program.
    """

    def each(index: Array, carry: tuple[State, Array]) -> tuple[State, Array]:
        batch = batch_of(index)
        return update(carry[0], optimiser, lambda parameters: loss(parameters, batch))

    return jax.lax.fori_loop(0, count, each, (state, jnp.zeros((), jnp.float32)))


def run(
    parameters: Parameters,
    optimiser: optax.GradientTransformation,
    marks: Sequence[int],
    advance: Callable[[State, int], tuple[State, Array]],
) -> Iterator[tuple[int, float, Parameters]]:
    """Step, loss of the last batch and parameters at every mark; at 0, the first, the loss is nan.

    advance(state, count) draws BLOCK batches and makes one update on each of the first `count`.
    """
    state = State(parameters=parameters, optimiser=optimiser.init(parameters))
    yield 0, float("nan"), parameters
    for first, last in pairwise(marks):
        loss = jnp.nan
        for begin in range(first, last, BLOCK):
            state, loss = advance(state, min(BLOCK, last - begin))
        yield last, float(loss), state.parameters
