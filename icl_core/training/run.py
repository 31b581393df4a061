"""Training: many starts explored at once, the best refined, snapshots on the way.

`train` is a generator, so that any front end can draw, wait or stop; nothing runs between two
`next` calls.
"""

import time
from collections.abc import Generator
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import struct
from jaxtyping import Array, Float

from icl_core.algorithms.ridge import BayesRR, OracleRR
from icl_core.analysis.loss import distance_loss
from icl_core.arrays import in_float64, key_of
from icl_core.errors import InputError
from icl_core.models.linear import LinearTransformer
from icl_core.tasks.linear import LinearTask, draw_prompts
from icl_core.training.config import TrainingConfig
from icl_core.training.coordinates import (
    Parameters,
    as_model,
    as_parameters,
    initial_parameters,
    to_normalised,
    to_raw,
)
from icl_core.training.objective import Batch, batch_of, losses, sample_batch, training_loss

NUM_SNAPSHOTS = 40
VALIDATION_PROMPTS = 4096
VALIDATION_SEED = 987_654
POOL = 16_384
"""Prompts drawn at a time."""
OPTIMISER = optax.chain(optax.clip_by_global_norm(0.1), optax.scale_by_adam(b2=0.99))
PERMILLE = 1000
SCHEDULE = optax.warmup_cosine_decay_schedule(0.0, 1.0, PERMILLE // 20, PERMILLE, end_value=0.02)
"""Learning rate over the progress of a phase in permille, in units of its peak: a rise over the
first 5 %, then a cosine."""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """What a run holds after `step` updates.

    train_loss: the objective on the latest batches (robust half MSE); loss: mean adjusted loss
    (half MSE) on fixed validation prompts, whose Bayes loss is `floor`; model: the best of the
    `candidates` there, raw coordinates; candidates: all starts still alive, P and Q [R, L, H, ...];
    losses: the loss of each.
    """

    step: int
    total_steps: int
    seconds: float
    phase: str
    train_loss: float
    loss: float
    floor: float
    model: LinearTransformer
    candidates: LinearTransformer
    losses: Float[np.ndarray, "restarts"]
    best: int


@struct.dataclass
class _State:
    parameters: Parameters
    optimiser: Any
    train_loss: Float[Array, "restarts"]


@dataclass(frozen=True, kw_only=True)
class _Phase:
    """A stretch of updates; it may use the run's time up to the fraction `share`.

    stream: the number of its prompt stream; 0 is the starts'."""

    name: str
    steps: int
    batch: int
    restarts: int
    peak: float
    robust: bool
    share: float
    seed: int
    stream: int

    @property
    def pool(self) -> int:
        """Prompts drawn at a time: whole batches."""
        return max(POOL // self.batch, 1) * self.batch

    @property
    def steps_per_pool(self) -> int:
        return self.pool // self.batch

    def shortened(self, steps: int) -> "_Phase":
        return replace(self, steps=steps)


def _phases(config: TrainingConfig) -> tuple[_Phase, _Phase]:
    return (
        _Phase(
            name="exploring",
            steps=config.explore_steps,
            batch=config.explore_batch,
            restarts=config.restarts,
            peak=config.learning_rate,
            robust=True,
            share=0.5,
            seed=config.seed,
            stream=1,
        ),
        _Phase(
            name="refining",
            steps=config.refine_steps,
            batch=config.refine_batch,
            restarts=1,
            peak=config.learning_rate / 4,
            robust=False,
            share=1.0,
            seed=config.seed,
            stream=2,
        ),
    )


def _advance(state: _State, phase: _Phase, span: tuple[int, int], task: LinearTask) -> _State:
    """Updates first .. last of a phase, for every start, all on the same fresh prompts.

    Prompts are drawn many batches at a time, always the same number: the sampler, which takes
    longest to compile, then serves both phases. Which prompts a step sees does not depend on where
    snapshots are taken.
    """
    first, last = span
    while True:
        index = first // phase.steps_per_pool
        offset = index * phase.steps_per_pool
        stop = min(last, offset + phase.steps_per_pool)
        pool = _pool(task, phase.seed, phase.stream, index, phase.pool)
        numbers = (first, stop, offset, phase.steps, phase.peak, phase.robust)
        state = _updates(state, pool, jnp.asarray(numbers, jnp.float32), task, phase.batch)
        first = stop
        if first >= last:
            return jax.block_until_ready(state)


@lru_cache(maxsize=4)
def _pool(task: LinearTask, seed: int, stream: int, index: int, size: int) -> Batch:
    key = jax.random.fold_in(jax.random.fold_in(key_of(seed), stream), index)
    return _sample_pool(key, task, size)


_sample_pool = jax.jit(sample_batch, static_argnums=(1, 2))


@partial(jax.jit, static_argnames=("task", "size"))
def _updates(
    state: _State, pool: Batch, numbers: Float[Array, "6"], task: LinearTask, size: int
) -> _State:
    """numbers = (first step, last step, the pool's first step, steps of the phase, peak learning
    rate, 1 for the robust loss or 0): traced, so that another schedule costs no compilation."""
    first, last, offset, steps, peak, robust = numbers

    def update(step: Array, state: _State) -> _State:
        start = (step - offset.astype(int)) * size
        batch = jax.tree.map(lambda rows: jax.lax.dynamic_slice_in_dim(rows, start, size), pool)
        progress = step / steps

        def one(parameters: Parameters, optimiser: Any) -> tuple[Parameters, Any, Array]:
            loss, slope = jax.value_and_grad(training_loss)(parameters, batch, task, robust)
            slope = jax.tree.map(lambda g: jnp.where(jnp.isfinite(g), g, 0), slope)
            change, optimiser = OPTIMISER.update(slope, optimiser)
            rate = -peak * SCHEDULE(PERMILLE * progress)
            return jax.tree.map(lambda p, c: p + rate * c, parameters, change), optimiser, loss

        parameters, optimiser, loss = jax.vmap(one)(state.parameters, state.optimiser)
        return _State(parameters=parameters, optimiser=optimiser, train_loss=loss)

    return jax.lax.fori_loop(first.astype(int), last.astype(int), update, state)


@partial(jax.jit, static_argnames="task")
def _validate(parameters: Parameters, batch: Batch, task: LinearTask) -> Float[Array, "restarts"]:
    """Mean adjusted loss of every start, one after the other to keep memory flat."""
    means = jax.lax.map(lambda start: jnp.mean(losses(start, batch, task)), parameters)
    return jnp.where(jnp.isfinite(means), means, jnp.inf)


@partial(jax.jit, static_argnames="task")
def _raw(parameters: Parameters, task: LinearTask) -> LinearTransformer:
    return jax.vmap(lambda start: to_raw(as_model(start, task.dim), task))(parameters)


def _only(parameters: Parameters, index: int) -> Parameters:
    return {name: values[index : index + 1] for name, values in parameters.items()}


@jax.jit
def _start(parameters: Parameters) -> _State:
    restarts = next(iter(parameters.values())).shape[0]
    return _State(
        parameters=parameters,
        optimiser=jax.vmap(OPTIMISER.init)(parameters),
        train_loss=jnp.full(restarts, jnp.nan, jnp.float32),
    )


def _initial(
    task: LinearTask, config: TrainingConfig, warm_start: LinearTransformer | None
) -> Parameters:
    """One start per restart; with a warm start, it itself and jittered copies."""
    key = jax.random.fold_in(key_of(config.seed), 0)
    if warm_start is None:
        shape = (config.restarts, config.num_layers, config.num_heads)
        return initial_parameters(key, config.parametrization, shape, task.dim)
    model = to_normalised(warm_start.padded(config.num_layers), task)
    warm = jax.tree.map(
        lambda values: jnp.asarray(values, jnp.float32),
        as_parameters(model, config.parametrization),
    )
    keys = iter(jax.random.split(jax.random.fold_in(key, 1), len(warm)))

    def around(values: Array) -> Array:
        noise = jax.random.normal(next(keys), (config.restarts, *values.shape), values.dtype)
        return values[None] + 0.05 * noise.at[0].set(0)

    return jax.tree.map(around, warm)


def _next_mark(done: int, steps: int) -> int:
    """The step of the next snapshot: log-spaced, about NUM_SNAPSHOTS / 2 in a phase."""
    ratio = steps ** (2 / NUM_SNAPSHOTS)
    return min(max(done + 1, round(done * ratio)), steps)


@in_float64
def _validation(task: LinearTask) -> tuple[Batch, float]:
    """Fixed prompts, the same for every run of a task, and the Bayes loss on them (half MSE).

    Each decomposition is a program of its own (see `runtime`).
    """
    drawn = draw_prompts(task, VALIDATION_SEED, VALIDATION_PROMPTS)
    target = OracleRR().weight_path(drawn)[-1]
    bayes = BayesRR(noise=task.noise).weight_path(drawn)
    floor = float(distance_loss(bayes, target)[-1].mean())
    batch = jax.block_until_ready(_batch_of(drawn, task))
    return jax.tree.map(lambda values: values.astype(jnp.float32), batch), floor


_batch_of = jax.jit(batch_of, static_argnums=1)


def train(
    task: LinearTask,
    config: TrainingConfig,
    *,
    warm_start: LinearTransformer | None = None,
) -> Generator[Snapshot]:
    """Train on the exact objective, in float32; the result is deterministic given the seed.

    Yields about 40 snapshots, the first before any update, the last ("finished") with the best
    model found. `warm_start` (raw coordinates, at most as many layers) replaces the random starts
    by itself and jittered copies. Raises `InputError` when no start stays finite.
    """
    run = _train(task, config, warm_start)
    while True:
        # Only while the run itself works: the caller's precision is its own between snapshots.
        with jax.enable_x64(False):
            snapshot = next(run, None)
        if snapshot is None:
            return
        yield snapshot


def _train(
    task: LinearTask, config: TrainingConfig, warm_start: LinearTransformer | None
) -> Generator[Snapshot]:
    validation, floor = _validation(task)
    total = config.explore_steps + config.refine_steps
    spent = 0.0

    def snapshot(state: _State, step: int, phase: str) -> Snapshot:
        scores = np.asarray(_validate(state.parameters, validation, task))
        index = int(np.argmin(scores))
        candidates = jax.tree.map(np.asarray, _raw(state.parameters, task))
        return Snapshot(
            step=step,
            total_steps=total,
            seconds=spent,
            phase=phase,
            train_loss=float(state.train_loss[index]),
            loss=float(scores[index]),
            floor=floor,
            model=jax.tree.map(lambda values: values[index], candidates),
            candidates=candidates,
            losses=scores,
            best=index,
        )

    state = _start(_initial(task, config, warm_start))
    best = current = snapshot(state, 0, "exploring")
    yield best
    before = 0
    for phase in _phases(config):
        if phase.restarts == 1:
            state = _start(_only(state.parameters, current.best))
        begun = time.perf_counter()
        state = _advance(state, phase, (0, 0), task)  # compiles, so that the pace below is true
        spent += time.perf_counter() - begun
        done, affordable = 0, phase.steps
        while done < affordable:
            mark, begun = _next_mark(done, affordable), time.perf_counter()
            state = _advance(state, phase.shortened(affordable), (done, mark), task)
            pace = (time.perf_counter() - begun) / (mark - done)
            done = mark
            current = snapshot(state, before + done, phase.name)
            spent += time.perf_counter() - begun
            # Too slow for the time limit: the rest of the schedule is compressed into what is left.
            left = max(phase.share * config.max_seconds - spent, 0) / pace
            affordable = min(phase.steps, done + int(left))
            best = current if current.loss <= best.loss else best
            yield current
        before += done
    if not np.isfinite(best.loss):
        raise InputError(
            "Training diverged: no start kept a finite loss; lower the learning rate, the depth "
            "or the noise, or try another seed."
        )
    yield replace(best, step=before, total_steps=before, seconds=spent, phase="finished")
