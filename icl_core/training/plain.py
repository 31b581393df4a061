"""One run of a linear transformer by Adam, by Muon or as paper 2 trains, beside validation prompts.

`Plain` is to one run what `rounds.Rounds` is to many: a generator of snapshots that can be saved
and continued. A run that has diverged ends there, and trials tell which learning rate would hold.
"""

import time
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct
from jaxtyping import Float

from icl_core.arrays import Array
from icl_core.models.coordinates import token_scale
from icl_core.tasks.linear import LinearTask
from icl_core.training.config import RunConfig, TrainingConfig
from icl_core.training.linear import LinearTrainee
from icl_core.training.loop import State, advance, begin
from icl_core.training.objective import Batch, Parameters, losses
from icl_core.training.paper import PaperTrainee, in_units
from icl_core.training.plain_config import PlainConfig
from icl_core.training.rounds import Rounds, train_in_rounds
from icl_core.training.saving import load_state, save_state
from icl_core.training.validation import Validated, first_prompts, mean_losses, validation_of
from icl_core.validation import integer

LOOK = 2.0
"""Seconds between two snapshots at most, about."""
EXPLODED = 10.0
"""A start has diverged when the loss of half of all prompts is this many times what it is without
an answer."""
HALVINGS, TRIAL, LONGER, PATIENCE = 12, 200, 3, 20.0
"""Rates that are tried after a run has diverged, each half of the one before; the updates of a
trial, LONGER times those after which it diverged, at least TRIAL; seconds of all of them."""


@struct.dataclass
class PlainProgress(State):
    """A run as far as it has come. first: the median loss of every start before the first update;
    seconds: of the training so far; cut: whether the time limit has ended it."""

    first: Float[np.ndarray, "1 starts"]
    seconds: float
    cut: bool
    before: ClassVar[int] = 0


@jax.jit
def median_losses(parameters: Parameters, batch: Batch) -> Float[Array, "lanes starts"]:
    """The median adjusted loss (half MSE) of the prompts, of every start of the one lane."""
    first = jax.tree.map(lambda values: values[0], parameters)
    return jax.lax.map(lambda start: jnp.median(losses(start, batch)), first)[None]


class Plain:
    """One run of a task by the recipe of its config."""

    def __init__(self, task: LinearTask, config: PlainConfig) -> None:
        self.task, self.config = task, config
        self.run = config.run
        self._paper = config.recipe == "paper"
        self.trainee = (PaperTrainee if self._paper else LinearTrainee)(
            tasks=(task,),
            seeds=(config.seed,),
            parametrization=config.parametrization,
            num_layers=config.num_layers,
            num_heads=config.num_heads,
            starts=config.starts,
            fresh=True,
            tied=config.tied,
        )
        self._few = jax.tree.map(
            lambda values: np.asarray(values, np.float32), first_prompts(validation_of(task)[0])
        )

    def snapshots(self, progress: PlainProgress | None = None) -> Generator[Validated]:
        """Snapshots, the first before any update; the last is "finished", at the end or where the
        time limit is, or "diverged" (`Validated.holds`)."""
        begun = time.perf_counter()
        known: Any = progress
        if known is None:
            yield self._snapshot(known := self._begun(), "training")
        begun -= known.seconds
        advance(self.trainee, self.run, known, known.step)  # compiles
        pace, since = 0.0, (time.perf_counter(), known.step)
        while known.step < self.run.steps and not known.cut:
            size = self.run.next_mark(known.step) - known.step
            left = self.config.max_seconds - (time.perf_counter() - begun)
            if pace:
                size = max(1, min(size, int(LOOK / pace), int(left / pace)))
            known = advance(self.trainee, self.run, known, known.step + size)
            now = time.perf_counter()
            pace = (now - since[0]) / (known.step - since[1])
            left = self.config.max_seconds - (now - begun)
            settled = now - since[0] > LOOK  # the first updates wait for the first prompts
            known = replace(known, seconds=now - begun, cut=left < pace)
            if self.diverged(known):
                holds = self._holding(known.step)
                yield replace(self._snapshot(known, "diverged"), holds=holds)
                return
            affordable = known.step + int(left / pace) if settled else self.run.steps
            yield self._snapshot(known, "training", affordable)
        yield self._snapshot(known, "finished")

    def save(self, path: Path, progress: PlainProgress) -> None:
        """Write the `state` of a snapshot, atomically and without pickle."""
        save_state(path, progress, self._about())

    def load(self, path: Path) -> PlainProgress:
        """What `snapshots` go on from; `InputError` for a file of another training."""
        found = load_state(path, self._about(), lambda arrays: self._begun())
        integer("The step of the saved training", found.step, (0, self.run.steps))
        return self.trainee.placed(found)

    def _about(self) -> dict[str, Any]:
        return {"task": self.task, "training": self.config}

    def _begun(self) -> PlainProgress:
        known: Any = vars(self.trainee.placed(begin(self.trainee, self.run)))
        return PlainProgress(
            **known, first=self._medians(known["parameters"]), seconds=0.0, cut=False
        )

    def _units(self, parameters: Parameters) -> Parameters:
        """Parameters as of normalised coordinates, in numpy."""
        values = jax.tree.map(np.asarray, parameters)
        return (
            in_units(values, token_scale(self.task).astype(np.float32)) if self._paper else values
        )

    def _medians(self, parameters: Parameters) -> Float[np.ndarray, "1 starts"]:
        with jax.enable_x64(False):
            return np.asarray(median_losses(self._units(parameters), self._few))

    def diverged(self, progress: PlainProgress) -> bool:
        """Whether every start has."""
        bounds = EXPLODED * np.fmax(self._silent, progress.first)
        # NaN is beyond every bound.
        return not (self._medians(progress.parameters) <= bounds).any()

    @property
    def _silent(self) -> float:
        """The median loss of an answer of 0 to everything."""
        return float(np.median(0.5 * (self._few.target**2).sum(0)))

    def _holding(self, step: int) -> float:
        """The first of ever halved rates by which a trial does not diverge and brings half of all
        prompts below what they are without an answer; 0 for none."""
        begun, updates = time.perf_counter(), max(TRIAL, LONGER * step)
        for halving in range(1, HALVINGS + 1):
            rate = float(f"{self.run.learning_rate / 2**halving:.2g}")
            if self._holds(self.run.replace(learning_rate=rate), updates):
                return rate
            if time.perf_counter() - begun > PATIENCE:
                break
        return 0.0

    def _holds(self, run: RunConfig, updates: int) -> bool:
        progress = self._begun()
        while progress.step < min(updates, run.steps):
            until = min(run.next_mark(progress.step), updates)
            progress: Any = advance(self.trainee, run, progress, until)
            if self.diverged(progress):
                return False
        return bool((self._medians(progress.parameters) <= self._silent).any())

    def _snapshot(
        self, progress: PlainProgress, phase: str, affordable: float = np.inf
    ) -> Validated:
        parameters = self._units(progress.parameters)
        batch, floor = validation_of(self.task)
        with jax.enable_x64(False):
            scores = np.asarray(mean_losses(parameters, self.trainee.together([batch])))
        ended = phase != "training"
        return Validated(
            step=progress.step,
            total_steps=progress.step if ended else int(min(self.run.steps, affordable)),
            train_loss=float(np.fmin.reduce(np.ravel(progress.train_loss))),
            parameters={name: values[0] for name, values in parameters.items()},
            state=progress,
            seconds=progress.seconds,
            phase=phase,
            task=self.task,
            losses=scores[0],
            floor=floor,
            cut=progress.cut,
        )


def trainer_of(task: LinearTask, config: TrainingConfig | PlainConfig) -> Rounds | Plain:
    """What trains by a config, and saves and loads the state of it."""
    return Plain(task, config) if isinstance(config, PlainConfig) else Rounds(task, config)


def train_any(
    task: LinearTask, config: TrainingConfig | PlainConfig, progress: Any = None
) -> Generator[Validated]:
    """`train_in_rounds`, or the snapshots of one run."""
    if isinstance(config, PlainConfig):
        return Plain(task, config).snapshots(progress)
    return train_in_rounds(task, config, progress=progress)
