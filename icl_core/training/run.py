"""Training: many starts explored at once, the best refined, snapshots on the way.

`train` is a generator, so that any front end can draw, wait or stop; nothing runs between two
`next` calls. `train_together` trains several problems of one shape side by side, each in a lane of
its own, spread over the devices that JAX sees.
"""

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import struct
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Float

from icl_core.algorithms.ridge import BayesRR, OracleRR
from icl_core.analysis.loss import distance_loss
from icl_core.arrays import Array, in_float64, key_of
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
EXPLORING_SHARE = 4
"""While all starts are alive, the first 1 / EXPLORING_SHARE of the validation prompts serve."""
VALIDATION_SEED = 987_654
POOL, POOLS = 16_384, 16
"""Prompts drawn at a time, and how many times; a longer phase begins again with the first."""
OPTIMISER = optax.chain(optax.clip_by_global_norm(0.1), optax.scale_by_adam(b2=0.99))
PERMILLE = 1000
SCHEDULE = optax.warmup_cosine_decay_schedule(0.0, 1.0, PERMILLE // 20, PERMILLE, end_value=0.02)
"""Learning rate over the progress of a phase in permille, in units of its peak: a rise over the
first 5 %, then a cosine."""
MEMORY = 200.0
"""Updates that the running average of the weights remembers; a tenth of those made at first."""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """What a run holds after `step` updates.

    All weights are running averages over the last updates. train_loss: the objective on the latest
    batches (robust half MSE); loss: mean adjusted loss (half MSE) on fixed validation prompts,
    whose Bayes loss is `floor`; model: the best of the `candidates` there, raw coordinates;
    candidates: all starts still alive, P and Q [R, L, H, ...]; losses: the loss of each.
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
    """Of every lane and start: arrays begin [lanes, restarts]."""

    parameters: Parameters
    average: Parameters
    optimiser: Any
    train_loss: Float[Array, "lanes restarts"]


@dataclass(frozen=True, kw_only=True)
class _Phase:
    """A stretch of updates; it may use the run's time up to the fraction `share`.

    robust: up to which fraction the loss is the robust one; stream: the number of its prompt
    stream.
    """

    name: str
    steps: int
    batch: int
    restarts: int
    peak: float
    robust: float
    share: float
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
            robust=1.0,
            share=0.5,
            stream=1,
        ),
        _Phase(
            name="refining",
            steps=config.refine_steps,
            batch=config.refine_batch,
            restarts=1,
            peak=config.refine_rate,
            robust=config.refine_robust,
            share=1.0,
            stream=2,
        ),
    )


class _Lanes:
    """Several problems of one shape, and where their arrays live."""

    def __init__(self, tasks: Sequence[LinearTask], seeds: Sequence[int]) -> None:
        self.tasks, self.seeds = tuple(tasks), tuple(seeds)
        devices = jax.devices()
        count = max(n for n in range(1, len(devices) + 1) if len(self.tasks) % n == 0)
        mesh = Mesh(np.asarray(devices[:count]), ("lanes",))
        self._split = NamedSharding(mesh, PartitionSpec("lanes"))
        self._same = NamedSharding(mesh, PartitionSpec())

    def spread(self, arrays: Any) -> Any:
        """A tree of arrays [lanes, ...], each lane on its device."""
        return jax.device_put(arrays, self._split)

    def stacked(self, batches: Sequence[Batch]) -> Batch:
        """One batch a lane, in float32; `on` is common to all."""
        nothing: Any = None
        rows = [jax.tree.map(_single, replace(batch, on=nothing)) for batch in batches]
        together = self.spread(jax.tree.map(lambda *parts: np.stack(parts), *rows))
        return replace(together, on=jax.device_put(np.int32(1), self._same))

    @lru_cache(maxsize=POOLS)  # noqa: B019 - as long as the run
    def pool(self, stream: int, index: int, size: int) -> Batch:
        """The prompts of a stretch of updates."""
        named = zip(self.tasks, self.seeds, strict=True)
        return self.stacked(
            [sample_batch(task, (seed, stream, index), size) for task, seed in named]
        )


def _single(values: Any) -> np.ndarray:
    return np.asarray(values, np.float32)


# Every lane has prompts of its own; `on` is one for all.
_BY_LANE: Any = Batch(gram=0, target=0, weight=0, scale=0, on=None)  # type: ignore[arg-type]


def _advance(state: _State, phase: _Phase, span: tuple[int, int], lanes: _Lanes) -> _State:
    """Updates first .. last of a phase, for every start of a lane on the same prompts.

    Prompts are drawn many batches at a time, at most POOLS times; which of them a step sees does
    not depend on where snapshots are taken.
    """
    first, last = span
    while True:
        index = first // phase.steps_per_pool
        offset = index * phase.steps_per_pool
        stop = min(last, offset + phase.steps_per_pool)
        pool = lanes.pool(phase.stream, index % POOLS, phase.pool)
        numbers = (first, stop, offset, phase.steps, phase.peak, phase.robust * phase.steps)
        state = _updates(state, pool, np.asarray(numbers, np.float32), phase.batch)
        first = stop
        if first >= last:
            return jax.block_until_ready(state)


@partial(jax.jit, static_argnames="size")
def _updates(state: _State, pool: Batch, numbers: Float[Array, "6"], size: int) -> _State:
    """numbers = (first step, last step, the pool's first step, steps of the phase, peak learning
    rate, the first step of the plain loss): traced, so that no schedule compiles anew."""
    first, last, offset, steps, peak, robust = numbers

    def lane(state: _State, pool: Batch, step: Array) -> _State:
        start = (step - offset.astype(int)) * size

        def slice_of(values: Array) -> Array:
            return jax.lax.dynamic_slice_in_dim(values, start, size, axis=-1)

        batch = replace(
            pool,
            gram=slice_of(pool.gram),
            target=slice_of(pool.target),
            weight=slice_of(pool.weight),
        )

        def one(parameters: Parameters, optimiser: Any) -> tuple[Parameters, Any, Array]:
            loss, slope = jax.value_and_grad(training_loss)(parameters, batch, step < robust)
            slope = jax.tree.map(lambda g: jnp.where(jnp.isfinite(g), g, 0), slope)
            change, optimiser = OPTIMISER.update(slope, optimiser)
            rate = -peak * SCHEDULE(PERMILLE * step / steps)
            return jax.tree.map(lambda p, c: p + rate * c, parameters, change), optimiser, loss

        parameters, optimiser, loss = jax.vmap(one)(state.parameters, state.optimiser)
        memory = jnp.clip(step / 10, 1, MEMORY)
        average = jax.tree.map(lambda a, p: a + (p - a) / memory, state.average, parameters)
        return _State(parameters=parameters, average=average, optimiser=optimiser, train_loss=loss)

    def update(step: Array, state: _State) -> _State:
        return jax.vmap(lane, in_axes=(0, _BY_LANE, None))(state, pool, step)

    return jax.lax.fori_loop(first.astype(int), last.astype(int), update, state)


@jax.jit
def _validate(parameters: Parameters, batch: Batch) -> Float[Array, "lanes restarts"]:
    """Mean adjusted loss of every start, one after the other to keep memory flat."""

    def lane(parameters: Parameters, batch: Batch) -> Array:
        means = jax.lax.map(lambda start: jnp.mean(losses(start, batch)), parameters)
        return jnp.where(jnp.isfinite(means), means, jnp.inf)

    return jax.vmap(lane, in_axes=(0, _BY_LANE))(parameters, batch)


@partial(jax.jit, static_argnames="dim")
def _models(parameters: Parameters, dim: int) -> LinearTransformer:
    """P~, Q~ [lanes, restarts, L, H, d+1, d+1]."""
    return jax.vmap(jax.vmap(lambda start: as_model(start, dim)))(parameters)


@jax.jit
def _start(parameters: Parameters) -> _State:
    lead = next(iter(parameters.values())).shape[:2]
    return _State(
        parameters=parameters,
        average=parameters,
        optimiser=jax.vmap(jax.vmap(OPTIMISER.init))(parameters),
        train_loss=jnp.full(lead, jnp.nan, jnp.float32),
    )


def _initial(
    task: LinearTask, config: TrainingConfig, warm_starts: Sequence[LinearTransformer]
) -> dict[str, np.ndarray]:
    """One start per restart, [restarts, ...]: random, but for the warm starts and, in turn, copies
    of them with noise, which take all but `config.restarts // 4` places."""
    key = jax.random.fold_in(key_of(config.seed), 0)
    shape = (config.restarts, config.num_layers, config.num_heads)
    starts = initial_parameters(key, config.parametrization, shape, task.dim)
    starts = {name: np.array(values) for name, values in starts.items()}
    warm = [_as_starts(model, task, config) for model in warm_starts]
    rng = np.random.default_rng((config.seed, 0))
    for place in range(config.restarts - config.restarts // 4 if warm else 0):
        spread = config.jitter if place >= len(warm) else 0.0
        for name, values in warm[place % len(warm)].items():
            noise = spread * rng.standard_normal(values.shape)
            starts[name][place] = np.asarray(values, np.float32) + noise
    return starts


@in_float64
def _as_starts(model: LinearTransformer, task: LinearTask, config: TrainingConfig) -> Parameters:
    """Free parameters of a raw model of at most the configured shape."""
    shaped = model.padded(config.num_layers, config.num_heads)
    return as_parameters(to_normalised(shaped, task), config.parametrization)


def _next_mark(done: int, steps: int) -> int:
    """The step of the next snapshot: log-spaced, about NUM_SNAPSHOTS / 2 in a phase."""
    ratio = steps ** (2 / NUM_SNAPSHOTS)
    return min(max(done + 1, round(done * ratio)), steps)


@lru_cache(maxsize=16)
def _validation(task: LinearTask) -> tuple[Batch, float]:
    """Fixed prompts, the same for every run of a task, and the Bayes loss on them (half MSE)."""
    drawn = draw_prompts(task, VALIDATION_SEED, VALIDATION_PROMPTS)
    target = OracleRR().weight_path(drawn)[-1]
    bayes = BayesRR(noise=task.noise).weight_path(drawn)
    floor = float(distance_loss(bayes, target, task.query_variances)[-1].mean())
    return batch_of(drawn, task), floor


def _first_prompts(batch: Batch, count: int) -> Batch:
    return replace(
        batch,
        gram=batch.gram[..., :count],
        target=batch.target[:, :count],
        weight=batch.weight[:count],
    )


def train(
    task: LinearTask,
    config: TrainingConfig,
    *,
    warm_starts: Sequence[LinearTransformer] = (),
) -> Generator[Snapshot]:
    """Train on the exact objective, in float32; the result is deterministic given the seed.

    Yields about 40 snapshots, the first before any update, the last ("finished") with the best
    model found. `warm_starts` (raw coordinates, at most as many layers and heads) and copies of
    them with noise replace three quarters of the random starts. Raises `InputError` when no start
    stays finite.
    """
    for (snapshot,) in train_together([task], [config.seed], config, warm_starts=[warm_starts]):
        if not np.isfinite(snapshot.loss) and snapshot.phase == "finished":
            raise InputError(
                "Training diverged: no start kept a finite loss; lower the learning rate, the "
                "depth or the noise, or try another seed."
            )
        yield snapshot


def train_together(
    tasks: Sequence[LinearTask],
    seeds: Sequence[int],
    config: TrainingConfig,
    *,
    warm_starts: Sequence[Sequence[LinearTransformer]] | None = None,
) -> Generator[tuple[Snapshot, ...]]:
    """As `train`, for several tasks of one dimension, each with its seed; config.seed is not used.

    One snapshot a task at a time. Where JAX sees several devices the lanes are spread over as many
    of them as divide their number. A task that diverged has an infinite loss.
    """
    run = _train(_Lanes(tasks, seeds), config, warm_starts or [()] * len(tasks))
    while True:
        # Only while the run itself works: the caller's precision is its own between snapshots.
        with jax.enable_x64(False):
            snapshots = next(run, None)
        if snapshots is None:
            return
        yield snapshots


def _train(
    lanes: _Lanes, config: TrainingConfig, warm_starts: Sequence[Sequence[LinearTransformer]]
) -> Generator[tuple[Snapshot, ...]]:
    prepared = [_validation(task) for task in lanes.tasks]
    validation = lanes.stacked([batch for batch, _ in prepared])
    few = VALIDATION_PROMPTS // EXPLORING_SHARE
    exploring = lanes.stacked([_first_prompts(batch, few) for batch, _ in prepared])
    total = config.explore_steps + config.refine_steps
    spent = 0.0

    def snapshots(state: _State, step: int, phase: str) -> tuple[Snapshot, ...]:
        batch = exploring if phase == "exploring" else validation
        scores = np.asarray(_validate(state.average, batch))
        models = jax.tree.map(np.asarray, _models(state.average, lanes.tasks[0].dim))
        return tuple(
            _snapshot(
                to_raw(LinearTransformer(P=models.P[lane], Q=models.Q[lane]), task),
                scores[lane],
                step=step,
                total_steps=total,
                seconds=spent,
                phase=phase,
                train_loss=float(state.train_loss[lane, np.argmin(scores[lane])]),
                floor=prepared[lane][1],
            )
            for lane, task in enumerate(lanes.tasks)
        )

    starts = [
        _initial(task, config.replace(seed=seed), warm)
        for task, seed, warm in zip(lanes.tasks, lanes.seeds, warm_starts, strict=True)
    ]
    state = _start(lanes.spread(jax.tree.map(lambda *parts: np.stack(parts), *starts)))
    current = snapshots(state, 0, "exploring")
    best: tuple[Snapshot, ...] = ()
    yield current
    before = 0
    for phase in _phases(config):
        if phase.name == "refining":
            state = _start(lanes.spread(_chosen(state.average, [s.best for s in current])))
            current = best = snapshots(state, before, phase.name)
        started, begun = spent, time.perf_counter()
        state = _advance(state, phase, (0, 0), lanes)  # compiles, so that the pace below is true
        spent += time.perf_counter() - begun
        done, affordable = 0, phase.steps
        while done < affordable:
            mark, begun = _next_mark(done, affordable), time.perf_counter()
            state = _advance(state, phase.shortened(affordable), (done, mark), lanes)
            pace = (time.perf_counter() - begun) / (mark - done)
            done = mark
            current = snapshots(state, before + done, phase.name)
            spent += time.perf_counter() - begun
            # Too slow for the time limit: the rest of the schedule is compressed into what is left.
            # Not before half of it has gone, so that a run that keeps it depends on the seed alone.
            left = phase.share * config.max_seconds - spent
            if left < (spent - started):
                affordable = min(phase.steps, done + int(max(left, 0) / pace))
            pairs = zip(current, best or current, strict=True)
            best = tuple(now if now.loss <= then.loss else then for now, then in pairs)
            yield current
        before += done
    yield tuple(
        replace(last, step=before, total_steps=before, seconds=spent, phase="finished")
        for last in best
    )


def _snapshot(candidates: LinearTransformer, scores: np.ndarray, **known: Any) -> Snapshot:
    index = int(np.argmin(scores))
    return Snapshot(
        loss=float(scores[index]),
        model=LinearTransformer(P=candidates.P[index], Q=candidates.Q[index]),
        candidates=candidates,
        losses=scores,
        best=index,
        **known,
    )


def _chosen(parameters: Parameters, indices: Sequence[int]) -> Parameters:
    """Of every lane, one start: arrays [lanes, 1, ...]."""
    return {
        name: np.stack([np.asarray(values)[k, i : i + 1] for k, i in enumerate(indices)])  # type: ignore[misc]
        for name, values in parameters.items()
    }
