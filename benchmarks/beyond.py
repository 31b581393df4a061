"""Seconds to a loss: the shipped recipes beyond linear attention beside those of paper 1.

    python -m benchmarks.beyond                    all systems, one seed each
    python -m benchmarks.beyond --only softmax2    one of them

Prints JSON, by system: seconds of the shipped recipe (compilation included) until its loss on fixed
fresh prompts is first at most the goal, and in all, with the loss at the end; what the paper's
recipe takes for its updates at the pace of this machine, measured over UPDATES of them; the ratio.
"""

import argparse
import json
import os
import time
from dataclasses import dataclass
from typing import Any

from icl_core.analysis.floors import one_layer_loss
from icl_core.analysis.loss import sampled_loss
from icl_core.experiments.copying.settings import NEAR, OPTIMISED
from icl_core.experiments.sine.claims import PAPER
from icl_core.experiments.sine.settings import VARIANTS as SINES
from icl_core.experiments.variations.results import load_course
from icl_core.experiments.variations.settings import VARIANTS, softmax_name
from icl_core.runtime import prepare_process
from icl_core.tasks.kinds import linear
from icl_core.training import RunConfig, run
from icl_core.training.answers import RECIPES, Recipe, model_of
from icl_core.training.recipe import BLOCK

PROMPTS, QUERIES, SEED = 4096, 4, 31_337
SNAPSHOTS = 150
UPDATES = 3 * BLOCK
"""Of the paper's recipe that are timed: whole blocks of what is drawn at a time."""


@dataclass(frozen=True, kw_only=True)
class System:
    """What is trained and how, the paper's recipe for it, and the loss (half MSE) to be reached."""

    trainee: Any
    run: RunConfig
    paper: Recipe
    goal: float


def systems() -> dict[str, System]:
    """By name. The goal is the paper's loss: for softmax heads, where it prints none, what its
    optimiser ends at here, in the mean over the shipped seeds."""
    found = {}
    for heads in (1, 2):
        known = VARIANTS[softmax_name(heads, "muon")]
        found[f"softmax{heads}"] = System(
            trainee=known.trainee,
            run=known.run,
            paper=RECIPES[f"softmax{heads}"],
            goal=float(load_course(softmax_name(heads, "adam")).loss.mean[:, -1].mean()),
        )
    copying = OPTIMISED["muon"]
    found["copying"] = System(
        trainee=copying.trainee,
        run=copying.run,
        paper=RECIPES["copying"],
        goal=(1 + NEAR) * one_layer_loss(linear(copying.trainee.task)),
    )
    for name, variant in (("sine", "coded"), ("control", "coded_control")):
        known, goal = SINES[variant], PAPER[variant]
        found[name] = System(trainee=known.trainee, run=known.run, paper=RECIPES[name], goal=goal)
    return found


def shipped(system: System) -> dict[str, float | None]:
    """Seconds of the shipped recipe, without those that the loss takes to be looked at."""
    trainee, begun, looking = system.trainee, time.monotonic(), 0.0
    drawn = trainee.task.draw(SEED, PROMPTS, QUERIES)
    reached, loss, trained = None, float("nan"), 0.0
    for snapshot in run(trainee, system.run.replace(snapshots=SNAPSHOTS)):
        now = time.monotonic()
        trained = now - begun - looking
        model = model_of(trainee.model, snapshot.parameters)
        answers = model.answers(drawn.context, drawn.queries)[-1]
        loss = float(sampled_loss(answers, drawn.truth).mean())
        looking += time.monotonic() - now
        if reached is None and loss <= system.goal:
            reached = trained
    return {"to_goal_s": reached, "whole_s": trained, "loss": loss}


def paper_seconds(system: System) -> float:
    """All updates of the paper's recipe at the pace of this machine."""
    trainee, settings = system.trainee.replace(queries=system.paper.queries), system.paper.run
    marks = []
    for snapshot in run(trainee, settings.replace(steps=2 * UPDATES, snapshots=3)):
        marks.append((snapshot.step, time.monotonic()))
    (step, before), (last, after) = marks[-2:]
    return settings.steps * (after - before) / (last - step)


def measured(system: System) -> dict[str, float | None]:
    """Both recipes, and how many times as long the paper's takes."""
    ours, theirs = shipped(system), paper_seconds(system)
    to_goal = ours["to_goal_s"]
    ratio = theirs / to_goal if to_goal else None
    return {"goal": system.goal, **ours, "paper_s": theirs, "ratio": ratio}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", choices=list(systems()), help="one system")
    only = parser.parse_args().only
    prepare_process()
    chosen = {name: s for name, s in systems().items() if only in (None, name)}
    found = {name: measured(system) for name, system in chosen.items()}
    print(json.dumps({"load_average": os.getloadavg()[0], **found}, indent=2))


if __name__ == "__main__":
    main()
