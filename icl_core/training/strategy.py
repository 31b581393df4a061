"""Exploring many starts and refining the best: a strategy above the loop.

`train` is a generator of snapshots. Two runs of `loop.run` follow each other: the second begins
with the best start of the first on fixed validation prompts. `Exploration` is the same for several
tasks side by side, and can be saved and continued.
"""

import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import jax
import numpy as np
from flax import struct
from jaxtyping import Float

from icl_core.arrays import Array
from icl_core.errors import InputError
from icl_core.models.linear import LinearTransformer
from icl_core.tasks.linear import LinearTask
from icl_core.training.config import RunConfig, TrainingConfig
from icl_core.training.linear import LinearTrainee, as_parameters
from icl_core.training.loop import State, advance, begin, run
from icl_core.training.objective import Batch, Parameters
from icl_core.training.saving import load_state, save_state
from icl_core.training.validation import Validated, first_prompts, mean_losses, validation_of
from icl_core.validation import integer

MEMORY = 200.0
"""Updates that the running average of the weights remembers."""
PHASES, TIME = ("exploring", "refining"), (0.5, 1.0)
"""Both runs, and the shares of the time limit until which they may last."""


@struct.dataclass
class Progress(State):
    """A training as far as it has come: the state of the run under way, and the strategy's own.

    phase: which of PHASES; before: updates of the phases before; steps: those of this one, fewer
    than configured where time is short; seconds: of the training so far, `since` of them when the
    phase began; best: the parameters [lanes, 1, ...] of the best start of every lane, now while
    exploring and of all snapshots while refining, with its loss and train_loss [lanes, 1].
    """

    phase: int
    before: int
    steps: int
    seconds: float
    since: float
    best: tuple[Parameters, Float[Array, "lanes 1"], Float[Array, "lanes 1"]]


def runs_of(config: TrainingConfig) -> tuple[RunConfig, RunConfig]:
    """The runs of both phases."""
    exploring = RunConfig(
        steps=config.explore_steps,
        batch=config.explore_batch,
        learning_rate=config.learning_rate,
        seed=config.seed,
        spacing="log",
        schedule="warmed",
        clip=0.1,
        decay=0.99,
        memory=MEMORY,
    )
    return exploring, exploring.replace(
        steps=config.refine_steps, batch=config.refine_batch, learning_rate=config.refine_rate
    )


class Exploration:
    """The training of several tasks of one dimension, each with its seed; config.seed is not used.

    Where JAX sees several devices they are spread over as many of them as divide their number.
    """

    def __init__(
        self, tasks: Sequence[LinearTask], seeds: Sequence[int], config: TrainingConfig
    ) -> None:
        self.tasks, self.seeds, self.config = tuple(tasks), tuple(seeds), config
        self.runs = runs_of(config)
        exploring = LinearTrainee(
            tasks=self.tasks,
            seeds=self.seeds,
            parametrization=config.parametrization,
            num_layers=config.num_layers,
            num_heads=config.num_heads,
            starts=config.restarts,
            robust=1.0,
            tied=config.tied,
        )
        robust = config.refine_robust
        refining = replace(exploring, starts=1, robust=robust, stream_number=2)
        self.trainees = exploring, refining

    def snapshots(
        self,
        warm_starts: Sequence[Sequence[LinearTransformer]] | None = None,
        progress: Progress | None = None,
    ) -> Generator[tuple[Validated, ...]]:
        """One snapshot a task at a time, as `train` has them; infinite losses where it diverged."""
        if progress is None:
            starts = self._starts(warm_starts or [()] * len(self.tasks))
            snapshots, progress = self._look(self._entered(0, starts))
            yield snapshots
        while True:
            phase, begun = progress.phase, time.perf_counter()
            trainee, config = self.trainees[phase], self.runs[phase]
            # Compiles, so that the pace below is true.
            advance(trainee, config, progress, progress.step)
            spent = progress.seconds + time.perf_counter() - begun
            while progress.step < progress.steps:
                begun, before = time.perf_counter(), progress.step
                shortened = config.replace(steps=progress.steps)
                state: Any = next(run(trainee, shortened, progress)).state
                pace = (time.perf_counter() - begun) / (state.step - before)
                snapshots, progress = self._look(state)
                spent += time.perf_counter() - begun
                # Too slow for the time limit: the rest of the schedule is compressed into what is
                # left. Not before half of it has gone, so that a run that keeps it depends on the
                # seed alone.
                left = TIME[phase] * self.config.max_seconds - spent
                if left < spent - progress.since:
                    affordable = progress.step + int(max(left, 0) / pace)
                    progress = replace(progress, steps=min(config.steps, affordable))
                progress = replace(progress, seconds=spent)
                yield tuple(replace(each, state=progress, seconds=spent) for each in snapshots)
            if phase == len(PHASES) - 1:
                yield self._snapshots(progress, *progress.best, "finished")
                return
            best = self.trainees[1].spread(progress.best[0])
            _, progress = self._look(self._entered(1, best, progress))

    def save(self, path: Path, progress: Progress) -> None:
        """Write the `state` of a snapshot, atomically and without pickle."""
        save_state(path, progress, self._about())

    def load(self, path: Path) -> Progress:
        """What `snapshots` go on from; `InputError` for a file of another training."""

        def like(arrays: Mapping[str, np.ndarray]) -> Progress:
            phase = integer("The phase of the saved training", arrays.get(".phase"), (0, 1))
            return self._entered(phase, self.trainees[phase].start(0))

        found = load_state(path, self._about(), like)
        integer("The steps of the phase", found.steps, (0, self.runs[found.phase].steps))
        integer("The step of the saved training", found.step, (0, found.steps))
        return self.trainees[0].placed(found)

    def _about(self) -> dict[str, Any]:
        return {"tasks": self.tasks, "seeds": self.seeds, "training": self.config}

    def _entered(self, phase: int, starts: Parameters, left: Progress | None = None) -> Progress:
        """A phase that begins from `starts`, after the one that was `left`."""
        unknown = np.full((len(self.tasks), 1), np.inf, np.float32)
        trainee = self.trainees[phase]
        seconds = left.seconds if left else 0.0
        return Progress(
            **vars(trainee.placed(begin(trainee, self.runs[phase], starts))),
            phase=phase,
            before=left.before + left.step if left else 0,
            steps=self.runs[phase].steps,
            seconds=seconds,
            since=seconds,
            best=(jax.tree.map(lambda values: np.asarray(values)[:, :1], starts), unknown, unknown),
        )

    def _starts(self, warm_starts: Sequence[Sequence[LinearTransformer]]) -> Parameters:
        """One start per restart, [lanes, restarts, ...]: random, but for the warm starts and, in
        turn, copies of them with noise, which take all but a quarter of the places."""
        config = self.config
        with jax.enable_x64(False):
            found = {name: np.array(v) for name, v in self.trainees[0].start(0).items()}
        for lane, given in enumerate(warm_starts):
            padded = [model.padded(config.num_layers, config.num_heads) for model in given]
            kind = config.parametrization
            warm = [as_parameters(model.normalised(self.tasks[lane]), kind) for model in padded]
            rng = np.random.default_rng((self.seeds[lane], 0))
            for place in range(config.restarts - config.restarts // 4 if warm else 0):
                spread = config.jitter if place >= len(warm) else 0.0
                for name, values in warm[place % len(warm)].items():
                    noise = spread * rng.standard_normal(values.shape)
                    found[name][lane, place] = np.asarray(values, np.float32) + noise
        return self.trainees[0].spread(found)

    @cached_property
    def _validation(self) -> tuple[Batch, Batch]:
        """The prompts of all lanes on which starts are compared, in each phase."""
        together = self.trainees[0].together
        whole = [validation_of(task)[0] for task in self.tasks]
        return together([first_prompts(batch) for batch in whole]), together(whole)

    def _look(self, progress: Progress) -> tuple[tuple[Validated, ...], Progress]:
        """A snapshot of every lane, and the progress with the best start so far."""
        with jax.enable_x64(False):
            scores = mean_losses(progress.average, self._validation[progress.phase])
        now = jax.tree.map(np.asarray, (progress.average, scores, progress.train_loss))
        lanes, places = np.arange(len(now[1])), now[1].argmin(1)
        chosen = jax.tree.map(lambda values: values[lanes, places][:, None], now)
        newest = progress.phase == 0 or progress.step == 0
        better = (chosen[1] <= progress.best[1])[:, 0] | newest

        def best(new: np.ndarray, old: np.ndarray) -> np.ndarray:
            return np.where(better.reshape(-1, *[1] * (new.ndim - 1)), new, old)

        progress = replace(progress, best=jax.tree.map(best, chosen, progress.best))
        phase = PHASES[progress.phase]
        return self._snapshots(progress, now[0], now[1], chosen[2], phase), progress

    def _snapshots(
        self, progress: Progress, parameters: Any, scores: Any, train_loss: Any, phase: str
    ) -> tuple[Validated, ...]:
        """Of every lane: parameters [lanes, starts, ...], scores [lanes, starts] and the best
        start's train_loss [lanes, 1]."""
        step, total = progress.before + progress.step, sum(each.steps for each in self.runs)
        return tuple(
            Validated(
                step=step,
                total_steps=step if phase == "finished" else total,
                train_loss=float(train_loss[lane, 0]),
                parameters={name: np.asarray(values)[lane] for name, values in parameters.items()},
                state=progress,
                seconds=progress.seconds,
                phase=phase,
                task=task,
                losses=scores[lane],
                floor=validation_of(task)[1],
            )
            for lane, task in enumerate(self.tasks)
        )


def train(
    task: LinearTask,
    config: TrainingConfig,
    *,
    warm_starts: Sequence[LinearTransformer] = (),
    progress: Progress | None = None,
) -> Generator[Validated]:
    """Train on the exact objective, in float32; the result is deterministic given the seed.

    Yields about 40 snapshots, the first before any update, the last ("finished") with the best
    model found. `warm_starts` (raw coordinates, at most as many layers and heads) and copies of
    them with noise replace three quarters of the random starts. With `progress`, the `state` of an
    earlier snapshot, only those that came after it. Raises `InputError` when no start stays finite.
    """
    together = Exploration([task], [config.seed], config)
    for (snapshot,) in together.snapshots([warm_starts], progress):
        if not np.isfinite(snapshot.loss) and snapshot.phase == "finished":
            raise InputError(
                "Training diverged: no start kept a finite loss; lower the learning rate, the "
                "depth or the noise, or try another seed."
            )
        yield snapshot
