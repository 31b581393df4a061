"""What was seen of a training that has ended: seconds of an update, and to compile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from icl_core.lessons.train.config import Train
from icl_core.lessons.train.frame import Frame
from icl_core.training import PlainConfig
from icl_core.training.plateau import kept_of
from icl_core.training.strategy import runs_of
from icl_core.validation import choice, mapping, number

FIRST, FEWEST = 10, 60
"""Updates of a phase before its pace has settled, for prompts are drawn first, and those after them
that tell it."""


class Phase(NamedTuple):
    """Updates that cost the same: of so many starts on so many prompts, and of the whole phase when
    nothing ends it; rounds double those of refining."""

    name: str
    starts: int
    batch: int
    updates: int


@dataclass(frozen=True, kw_only=True)
class Timed:
    """A training and what was seen of it: seconds of an update by phase, and to compile; rounds
    that it took to its end, 0 where something else has ended it."""

    config: Train
    paces: Mapping[str, float]
    compiling: float
    rounds: int = 0

    def to_dict(self) -> dict[str, Any]:
        seen = {"paces": dict(self.paces), "compiling": self.compiling, "rounds": self.rounds}
        return {"config": self.config.to_dict()} | seen

    @classmethod
    def from_dict(cls, values: Any) -> "Timed":
        given = mapping("A timed training", values)
        paces = mapping("The paces", given.get("paces"))
        config = Train.from_dict(given.get("config"))
        phases = tuple(phase.name for phase in phases_of(config))
        choice("The phases", tuple(sorted(paces)), [tuple(sorted(phases))])
        return cls(
            config=config,
            paces={k: number("A pace", v, (1e-9, 1e6)) for k, v in paces.items()},
            compiling=number("The seconds to compile", given.get("compiling"), (0, 1e6)),
            rounds=int(number("The rounds", given.get("rounds"), (0, 100))),
        )


@lru_cache(maxsize=1024)
def phases_of(config: Train) -> tuple[Phase, ...]:
    """What a training goes through, in the first round of several."""
    if config.system != "noise":
        settings = config.shipped_run[1]
        return (Phase("training", 1, settings.batch, settings.steps),)
    training = config.training()
    if isinstance(training, PlainConfig):
        run = training.run
        return (Phase("training", training.starts, run.batch, run.steps),)
    exploring, refining = runs_of(training)
    return (
        Phase("exploring", training.restarts, exploring.batch, exploring.steps),
        Phase("refining", kept_of(training), refining.batch, refining.steps),
    )


@lru_cache(maxsize=1024)
def shape_of(config: Train) -> tuple[Any, ...]:
    """Trainings of one shape run the same programs, so that their updates cost the same."""
    if config.system != "noise":
        read = {"softmax": (config.heads, config.optimiser), "copying": (config.optimiser,)}
        return (config.system, *read.get(config.system, ()))
    context = config.num_context if config.inputs == "uniform" else 0
    shape = config.parametrization, config.layers, config.heads, config.dim, config.tied
    return (*shape, config.recipe, context, *((p.starts, p.batch) for p in phases_of(config)))


def timed(config: Train, frames: Sequence[Frame]) -> Timed | None:
    """What a training has taken; None where it was too short to tell."""
    paces, compiling, before = {}, 0.0, frames[0]
    for phase in phases_of(config):
        seen = [f for f in frames[1:] if f.phase == phase.name and f.round == 1]
        ended = frames[-1].phase == "finished" and phase.name == "training"
        seen += [frames[-1]] if ended and len(frames) > 1 else []
        settled = [f for f in seen if f.step - before.step >= FIRST]
        if not settled or settled[-1].step - settled[0].step < FEWEST:
            return None
        first, early, last = seen[0], settled[0], settled[-1]
        pace = (last.seconds - early.seconds) / (last.step - early.step)
        paces[phase.name] = pace
        compiling += max(0.0, first.seconds - before.seconds - pace * (first.step - before.step))
        before = last
    rounds = frames[-1].round if frames[-1].phase == "finished" and not frames[-1].cut else 0
    return Timed(config=config, paces=paces, compiling=compiling, rounds=rounds)
