"""Exploring and refining in rounds, until nothing is gained and the best starts agree.

A round explores new random starts by the robust loss and refines the best of them, together with
the best of the rounds before, by the loss itself and for twice as long as the round before.
`train_in_rounds` is a generator of snapshots; a run that its time limit does not cut depends on the
seed alone. Saved and continued it gives the same snapshots bit for bit.
"""

import time
from collections.abc import Generator, Mapping
from dataclasses import replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import jax
import numpy as np

from icl_core.errors import InputError
from icl_core.tasks.linear import LinearTask
from icl_core.training.config import RunConfig, TrainingConfig
from icl_core.training.linear import LinearTrainee
from icl_core.training.loop import advance, begin
from icl_core.training.objective import Batch, Parameters
from icl_core.training.pacing import (
    EXPLORING,
    MAX_ROUNDS,
    SHORTEST,
    RoundsProgress,
    shortened,
    stretch,
)
from icl_core.training.plateau import is_settled, kept_of
from icl_core.training.saving import load_state, save_state
from icl_core.training.strategy import PHASES, runs_of
from icl_core.training.validation import (
    Validated,
    first_prompts,
    mean_losses,
    rare_validation_of,
    validation_of,
)
from icl_core.validation import integer


class Rounds:
    """The training of one task in rounds."""

    def __init__(self, task: LinearTask, config: TrainingConfig) -> None:
        self.task, self.config = task, config
        self.runs = runs_of(config)
        self.kept = kept_of(config)
        self._trainee = lru_cache(maxsize=2)(self._trainee_of)
        self._compiled: set[int] = set()

    def snapshots(self, progress: RoundsProgress | None = None) -> Generator[Validated]:
        """Snapshots as `train_in_rounds` has them; infinite losses where every start diverged."""
        known: Any = progress
        if known is None:
            yield (snapshot := self._look(self._entered(0, 0)))
            known = snapshot.state
        following = known
        while following is not None:
            known = following
            while known.step < known.steps:
                yield (snapshot := self._advanced(known))
                known = snapshot.state
            following = self._next(known)
        parameters, losses = known.best
        yield self._snapshot(known, parameters, losses, "finished")

    def save(self, path: Path, progress: RoundsProgress) -> None:
        """Write the `state` of a snapshot, atomically and without pickle."""
        save_state(path, progress, self._about())

    def load(self, path: Path) -> RoundsProgress:
        """What `snapshots` go on from; `InputError` for a file of another training."""

        def like(arrays: Mapping[str, np.ndarray]) -> RoundsProgress:
            phase = integer("The phase of the saved training", arrays.get(".phase"), (0, 1))
            return self._entered(0, phase)

        found = load_state(path, self._about(), like)
        integer("The round of the saved training", found.round, (0, MAX_ROUNDS - 1))
        integer("The steps of the phase", found.steps, (0, self._planned(found)))
        integer("The step of the saved training", found.step, (0, found.steps))
        return self._trainee(0, 0).placed(found)

    def _about(self) -> dict[str, Any]:
        return {"task": self.task, "training": self.config, "rounds": MAX_ROUNDS}

    def _trainee_of(self, number: int, phase: int) -> LinearTrainee:
        """Of a phase of a round, with random numbers of its own."""
        words = np.random.SeedSequence((self.config.seed, number)).generate_state(1)
        return LinearTrainee(
            tasks=(self.task,),
            seeds=(int(words[0] >> 1),),
            parametrization=self.config.parametrization,
            num_layers=self.config.num_layers,
            num_heads=self.config.num_heads,
            starts=(self.config.restarts, self.kept)[phase],
            robust=(1.0, self.config.refine_robust)[phase],
            stream_number=1 + phase,
            fresh=True,
            tied=self.config.tied,
        )

    def _planned(self, progress: RoundsProgress) -> int:
        """Updates of a phase that no time limit cuts."""
        return self.runs[progress.phase].steps * (2**progress.round if progress.phase else 1)

    def _entered(
        self,
        number: int,
        phase: int,
        starts: Parameters | None = None,
        left: RoundsProgress | None = None,
    ) -> RoundsProgress:
        """A phase that begins from `starts`, random ones if there are none, after `left`."""
        trainee = self._trainee(number, phase)
        with jax.enable_x64(False):
            starts = trainee.start(0) if starts is None else trainee.spread(starts)
        begun: Any = vars(trainee.placed(begin(trainee, self.runs[phase], starts)))
        if left is not None:
            entered = replace(
                left,
                **begun,
                round=number,
                phase=phase,
                before=left.before + left.step,
                since=left.seconds,
            )
            return replace(entered, steps=self._planned(entered))

        def some(count: int) -> tuple[Parameters, np.ndarray]:
            values = jax.tree.map(lambda v: np.repeat(np.asarray(v)[:, :1], count, 1), starts)
            return values, np.full((1, count), np.inf, np.float32)

        return RoundsProgress(
            **begun,
            round=number,
            phase=phase,
            before=0,
            steps=self.runs[phase].steps,
            seconds=0.0,
            since=0.0,
            pace=np.zeros(len(PHASES), np.float32),
            cut=False,
            survivors=some(self.kept),
            best=some(1),
            reached=np.full(MAX_ROUNDS, np.inf, np.float32),
        )

    def _next(self, progress: RoundsProgress) -> RoundsProgress | None:
        """The phase after one that is done; None where the training ends."""
        scores = self._scores(progress)
        if progress.phase == 0:
            return self._refinement(progress, self._chosen(progress, scores))
        number = progress.round
        order = np.argsort(scores[0])
        survivors = _taken(progress.average, order), scores[:, order]
        reached = progress.reached.copy()
        reached[number] = progress.best[1][0, 0]
        progress = replace(progress, survivors=survivors, reached=reached)
        last = number + 1 == MAX_ROUNDS or not np.isfinite(reached[number])
        if last or is_settled(reached[: number + 1].tolist(), scores[0].tolist()):
            return None
        left = self.config.max_seconds - progress.seconds
        exploring, refining = progress.pace * np.array([run.steps for run in self.runs])
        if exploring <= EXPLORING * left and exploring + refining * 2**number <= left:
            return self._entered(number + 1, 0, left=progress)
        return self._refinement(replace(progress, cut=True, round=number + 1), survivors[0])

    def _chosen(self, progress: RoundsProgress, scores: np.ndarray) -> Parameters:
        """The best half of the survivors, none in the first round, and the best new starts."""
        held = self.kept // 2 if progress.round else 0
        new = _taken(progress.average, np.argsort(scores[0])[: self.kept - held])
        old = _taken(progress.survivors[0], np.arange(held))
        return jax.tree.map(lambda *parts: np.concatenate(parts, axis=1), old, new)

    def _refinement(self, left: RoundsProgress, starts: Parameters) -> RoundsProgress | None:
        """As long as planned, or as the time allows; None where that is hardly anything."""
        entered = self._entered(left.round, 1, starts, left)
        if not left.round:  # exploring was judged by fewer prompts
            entered = replace(entered, best=(left.best[0], np.full_like(left.best[1], np.inf)))
        pace, rest = float(left.pace[1]), self.config.max_seconds - left.seconds
        if pace * entered.steps <= rest:
            return entered
        if rest < SHORTEST * pace * entered.steps:
            return None
        return replace(entered, steps=int(rest / pace), cut=True)

    def _advanced(self, progress: RoundsProgress) -> Validated:
        """The next snapshot; where time is short, with fewer steps to come."""
        phase, begun, limit = progress.phase, time.perf_counter(), self.config.max_seconds
        trainee = self._trainee(progress.round, phase)
        run: RunConfig = self.runs[phase].replace(steps=progress.steps)
        if phase not in self._compiled:  # no part of the pace
            advance(trainee, run, progress, progress.step)
            self._scores(progress)
            self._compiled.add(phase)
            spent = time.perf_counter() - begun
            progress = replace(
                progress, since=progress.since + spent, seconds=progress.seconds + spent
            )
            begun += spent
        size, slow = stretch(progress, limit)
        reached: Any = advance(trainee, run, progress, progress.step + size)
        snapshot = self._look(reached)
        state: Any = snapshot.state
        pace = progress.pace.copy()
        seconds = progress.seconds + time.perf_counter() - begun
        pace[phase] = (seconds - progress.since) / state.step
        state = replace(state, seconds=seconds, pace=pace, cut=progress.cut or slow)
        state = shortened(state, self._planned(state), limit)
        return replace(snapshot, state=state, seconds=seconds, cut=state.cut)

    @cached_property
    def _validation(self) -> tuple[Batch, Batch]:
        # By rare prompts all starts of exploring would explode: they descend the robust loss.
        together, plain = self._trainee(0, 0).together, validation_of(self.task)[0]
        return together([first_prompts(plain)]), together([rare_validation_of(self.task)])

    def _scores(self, progress: RoundsProgress) -> np.ndarray:
        """Validated losses [1, starts]."""
        with jax.enable_x64(False):
            return np.asarray(mean_losses(progress.average, self._validation[progress.phase]))

    def _look(self, progress: RoundsProgress) -> Validated:
        """A snapshot, whose state knows the best model so far: of refined ones if there are."""
        scores = self._scores(progress)
        at = int(scores[0].argmin())
        exploring, loss = progress.phase == 0, progress.best[1][0, 0]
        if (not progress.round) if exploring else scores[0, at] < loss:
            progress = replace(progress, best=(_taken(progress.average, [at]), scores[:, [at]]))
        parameters, losses = jax.tree.map(
            lambda *parts: np.concatenate(parts, axis=1), progress.best, (progress.average, scores)
        )
        return self._snapshot(progress, parameters, losses, PHASES[progress.phase])

    def _snapshot(
        self, progress: RoundsProgress, parameters: Any, losses: Any, phase: str
    ) -> Validated:
        """parameters [1, starts, ...] and losses [1, starts]."""
        step = progress.before + progress.step
        return Validated(
            step=step,
            total_steps=step if phase == "finished" else progress.before + progress.steps,
            train_loss=float(np.fmin.reduce(np.ravel(progress.train_loss))),
            parameters=jax.tree.map(lambda values: np.asarray(values)[0], parameters),
            state=progress,
            seconds=progress.seconds,
            phase=phase,
            task=self.task,
            losses=np.asarray(losses)[0],
            floor=validation_of(self.task)[1],
            cut=progress.cut,
            round=progress.round + 1,
        )


def _taken(parameters: Any, places: Any) -> Parameters:
    """Starts by their places, [1, starts, ...]."""
    return jax.tree.map(lambda values: np.asarray(values)[:, np.asarray(places)], parameters)


def train_in_rounds(
    task: LinearTask, config: TrainingConfig, *, progress: RoundsProgress | None = None
) -> Generator[Validated]:
    """Train on the exact objective, in float32, for as long as it gains and the time limit allows.

    Yields snapshots, the first before any update; each holds all starts alive after the best model
    so far, by losses on prompts that are rare on purpose too; the last ("finished") that model
    alone. With `progress`, the `state` of an earlier snapshot, only those that came after it.
    Raises `InputError` when no start stays finite.
    """
    for snapshot in Rounds(task, config).snapshots(progress):
        if not np.isfinite(snapshot.loss) and snapshot.phase == "finished":
            raise InputError(
                "Training diverged: no start kept a finite loss; lower the learning rate, the "
                "depth or the noise, or try another seed."
            )
        yield snapshot
