"""The one loop that trains every kind of model.

A `Trainee` says where parameters start, which prompts come and what the loss is; a `RunConfig` how
long and how fast to descend. `run` is a generator of snapshots, so that any front end can draw,
wait or stop: nothing runs between two `next` calls. Every snapshot holds the whole state of the run
(`saving` writes it to a file), and a run that goes on from it gives the snapshots, bit for bit, of
one that was never stopped. All is computed in float32, whatever the caller's precision.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import struct
from jaxtyping import Float, UInt

from icl_core.arrays import Array
from icl_core.errors import InputError
from icl_core.training.config import RunConfig
from icl_core.training.optimisers import OPTIMISERS, SCHEDULES

Parameters = Any
"""A pytree of arrays, or of one array [*lead, ...] for every one of several models."""
Words = UInt[np.ndarray, "words"]
"""Where a stream of random numbers is."""


class Drawn(NamedTuple):
    """Batches of prompts for the next updates.

    `batches` is a pytree of arrays that `Loss.pick` reads; the next update takes batch `first`, and
    `count` updates can be made before more is drawn, from `stream`.
    """

    batches: Any
    first: int
    count: int
    stream: Words


class Loss:
    """What a compiled update knows of its trainee: hashable, so that equal ones share a program."""

    axes: tuple[Any, ...] = ()
    """Where several models are trained side by side, parameters begin with as many axes, and these
    are the `in_axes` of a batch for `jax.vmap` over each."""

    def pick(self, batches: Any, index: Array) -> Any:
        """Batch number `index` of what was drawn."""
        return jax.tree.map(lambda values: values[index], batches)

    def __call__(self, parameters: Parameters, batch: Any, progress: Array) -> Float[Array, ""]:
        """The loss (half MSE) of one model; `progress` is the share of the steps that are done."""
        raise NotImplementedError


class Trainee(Protocol):
    """What is trained, and on what."""

    @property
    def loss(self) -> Loss:
        """The loss that an update descends."""
        ...

    def start(self, seed: int) -> Parameters:
        """The parameters before the first update, in float32."""
        ...

    def stream(self, seed: int) -> Words:
        """The random numbers that prompts are drawn from, before the first update."""
        ...

    def draw(self, stream: Words, step: int, size: int) -> Drawn:
        """Batches of `size` prompts for the updates from number `step` on."""
        ...


@struct.dataclass
class State:
    """All that a run is after `step` updates.

    average: of the parameters over the last updates, None if the run keeps none; optimiser: what it
    remembers; train_loss: of the last update, nan before the first; stream: where the random
    numbers are. Arrays of several models have their axes first.
    """

    parameters: Parameters
    average: Parameters | None
    optimiser: Any
    train_loss: Float[Array, "*lead"]
    step: int
    stream: Words


LEARNT = ("parameters", "average", "optimiser", "train_loss")
"""Of a state what updates change."""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A run after `step` of `total_steps` updates.

    train_loss is the mean loss (half MSE) of the last batch, nan before the first; parameters are
    float32 numpy arrays, averages where the run keeps an average; `state` is what a run can go on
    from. Of several models all have their axes first.
    """

    step: int
    total_steps: int
    train_loss: Any
    parameters: Parameters
    state: State


def run(trainee: Trainee, config: RunConfig, state: State | None = None) -> Iterator[Snapshot]:
    """Snapshots of a run, deterministic in `config` alone; the first before any update.

    With the `state` of an earlier snapshot, those that came after it. Raises `InputError` where a
    single model has lost its numbers.
    """
    if state is None:
        state = begin(trainee, config)
        yield _snapshot(state, config)
    while state.step < config.steps:
        state = advance(trainee, config, state, config.next_mark(state.step))
        if not trainee.loss.axes and not np.isfinite(state.train_loss):
            raise InputError(
                f"The run left the numbers before step {state.step}: lower the learning rate, or "
                "clip the tokens."
            )
        yield _snapshot(state, config)


def _snapshot(state: State, config: RunConfig) -> Snapshot:
    shown = state.parameters if state.average is None else state.average
    loss = np.asarray(state.train_loss)
    return Snapshot(
        step=state.step,
        total_steps=config.steps,
        train_loss=loss if loss.ndim else float(loss),
        parameters=jax.tree.map(np.asarray, shown),
        state=state,
    )


def begin(trainee: Trainee, config: RunConfig, parameters: Parameters | None = None) -> State:
    """The state of a run before its first update, from the trainee's parameters or given ones."""
    depth = len(trainee.loss.axes)
    with jax.enable_x64(False):
        parameters = trainee.start(config.seed) if parameters is None else parameters
        lead = jax.tree.leaves(parameters)[0].shape[:depth]
        return State(
            parameters=parameters,
            average=parameters if config.memory else None,
            optimiser=_memory(parameters, depth, config.optimiser, config.decay),
            train_loss=jnp.full(lead, jnp.nan, jnp.float32),
            step=0,
            stream=trainee.stream(config.seed),
        )


@partial(jax.jit, static_argnums=(1, 2, 3))
def _memory(parameters: Parameters, depth: int, optimiser: str, decay: float) -> Any:
    remember: Any = OPTIMISERS[optimiser](decay).init
    for _ in range(depth):
        remember = jax.vmap(remember)
    return remember(parameters)


def advance(trainee: Trainee, config: RunConfig, state: State, until: int) -> State:
    """The state after update `until`; one compiled program serves every such stretch.

    Of no update it is the same state, but then everything has been compiled.
    """
    step, stream = state.step, state.stream
    with jax.enable_x64(False):
        while True:
            drawn = trainee.draw(stream, step, config.batch)
            stop = min(until, step + drawn.count)
            rates = SCHEDULES[config.schedule](
                step, drawn.first + drawn.count, config.learning_rate, config.steps, config.held
            )
            known = _updates(
                tuple(getattr(state, name) for name in LEARNT),
                drawn.batches,
                rates,
                np.array([step, stop - step, drawn.first], np.int32),
                np.array([config.steps, config.clip, config.memory], np.float32),
                trainee.loss,
                (config.optimiser, config.decay),
            )
            step, stream = stop, drawn.stream
            learnt = dict(zip(LEARNT, known, strict=True))
            state = replace(state, step=step, stream=stream, **learnt)
            if step >= until:
                return jax.block_until_ready(state)


@partial(jax.jit, static_argnums=(5, 6))
def _updates(
    known: Any, batches: Any, rates: Array, counts: Array, numbers: Array, loss: Loss, rule: Any
) -> Any:
    """counts: the first update, how many, the first batch; numbers: all steps, the largest norm,
    the memory. They are data, so that no stretch compiles anew."""
    first, count, offset = (counts[i] for i in range(3))
    steps, clip, memory = (numbers[i] for i in range(3))
    name, decay = rule
    clipped, direct = optax.clip_by_global_norm(clip), OPTIMISERS[name](decay)

    def update(known: Any, batch: Any, rate: Array, step: Array) -> Any:
        parameters, average, remembered, _ = known
        value, slope = jax.value_and_grad(loss)(parameters, batch, step / steps)
        if loss.axes:  # one of many starts may stumble over a batch; a model alone says so
            slope = jax.tree.map(lambda g: jnp.where(jnp.isfinite(g), g, 0), slope)
        slope, _ = clipped.update(slope, optax.EmptyState())
        change, remembered = direct.update(slope, remembered, parameters)
        parameters = jax.tree.map(lambda p, c: p - rate * c, parameters, change)
        if average is not None:
            span = jnp.clip(step / 10, 1, memory)
            average = jax.tree.map(lambda a, p: a + (p - a) / span, average, parameters)
        return parameters, average, remembered, value

    for axes in reversed(loss.axes):
        update = jax.vmap(update, in_axes=(0, axes, None, None))

    def each(index: Array, known: Any) -> Any:
        return update(known, loss.pick(batches, offset + index), rates[index], first + index)

    return jax.lax.fori_loop(0, count, each, known)


def words_of(rng: np.random.Generator) -> Words:
    """Where a PCG64 generator is, as ten numbers of 32 bits."""
    known: Any = rng.bit_generator.state
    both = b"".join(known["state"][name].to_bytes(16, "little") for name in ("state", "inc"))
    rest = [known["has_uint32"], known["uinteger"]]
    return np.append(np.frombuffer(both, "<u4"), np.array(rest, np.uint32))


def generator_of(words: Words) -> np.random.Generator:
    """The inverse of `words_of`."""
    state, inc = (int.from_bytes(words[k : k + 4].tobytes(), "little") for k in (0, 4))
    known = {"bit_generator": "PCG64", "state": {"state": state, "inc": inc}}
    bits: Any = np.random.PCG64()
    bits.state = known | {"has_uint32": int(words[8]), "uinteger": int(words[9])}
    return np.random.Generator(bits)
