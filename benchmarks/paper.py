"""The papers' own recipe, for comparison: tokens, one sampled query per prompt, plain Adam.

What paper 2 does (`training.paper`), token by token in one program, so that nothing of ours makes
it faster or slower.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax import struct
from jaxtyping import Float

from icl_core.arrays import Array, Key
from icl_core.models.linear import LinearTransformer, forward_tokens
from icl_core.tasks.linear import LinearTask, sample_tokens
from icl_core.tasks.noise import sample_sigma
from icl_core.training import TrainingConfig
from icl_core.training.linear import as_model
from icl_core.training.objective import Parameters
from icl_core.training.paper import BATCH, INITIAL_STD, LEARNING_RATE


@struct.dataclass
class State:
    """What an update changes: the parameters, and what Adam remembers."""

    parameters: Parameters
    optimiser: Any


def paper_start(config: TrainingConfig, dim: int, rng_key: Key) -> State:
    """Small random p and q, or P and Q for FULL."""
    shape = (config.num_layers, config.num_heads)
    if config.parametrization == "full":
        shapes = dict.fromkeys(("P", "Q"), (*shape, dim + 1, dim + 1))
    else:
        names = ["p_x", "p_y", "q_x"] + ["q_y"] * (config.parametrization == "diag")
        shapes = dict.fromkeys(names, shape)
    keys = jax.random.split(rng_key, len(shapes))
    parameters = {
        name: INITIAL_STD * jax.random.normal(key, size)
        for key, (name, size) in zip(keys, shapes.items(), strict=True)
    }
    return State(parameters=parameters, optimiser=optax.adam(LEARNING_RATE).init(parameters))


@partial(jax.jit, static_argnames=("task", "batch", "steps"))
def paper_steps(
    state: State, rng_key: Key, task: LinearTask, *, steps: int, batch: int = BATCH
) -> tuple[State, Float[Array, "steps"]]:
    """`steps` updates; also the half squared error of each batch (unadjusted)."""

    def step(state: State, key: Key) -> tuple[State, Array]:
        sigma_key, token_key, query_key = jax.random.split(key, 3)
        sigma = sample_sigma(task.noise, sigma_key, (batch,))
        sizes: Any = {"dim": task.dim, "num_context": task.num_context}
        tokens = sample_tokens(token_key, sigma, **sizes, inputs=task.inputs)
        queries = task.inputs.sample(query_key, (batch, task.dim), sigma.dtype)

        def loss(parameters: Parameters) -> jax.Array:
            predict = jax.vmap(partial(forward_tokens, _model(parameters, task.dim)))
            _, predictions = predict(tokens.X, tokens.y, queries)
            target = jnp.sum(tokens.w * queries, axis=-1)
            return 0.5 * jnp.mean((predictions[:, -1] - target) ** 2)

        value, slope = jax.value_and_grad(loss)(state.parameters)
        change, memory = optax.adam(LEARNING_RATE).update(slope, state.optimiser)
        parameters: Any = optax.apply_updates(state.parameters, change)  # type: ignore[arg-type]
        return State(parameters=parameters, optimiser=memory), value

    return jax.lax.scan(step, state, jax.random.split(rng_key, steps))


def paper_model(state: State, dim: int) -> LinearTransformer:
    """The model in raw coordinates."""
    return _model(state.parameters, dim)


def _model(parameters: Parameters, dim: int) -> LinearTransformer:
    """Free parameters, read as raw coordinates."""
    known = as_model(parameters, dim)
    return LinearTransformer(P=known.P, Q=known.Q)
