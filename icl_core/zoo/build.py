"""Trains the shipped models: every one that is missing, each written as soon as it is finished."""

import fnmatch
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from icl_core.algorithms import Method
from icl_core.algorithms.ridge import AdaRR, BayesRR, ConstRR
from icl_core.analysis.loss import evaluate, noise_profile
from icl_core.analysis.tuning import tune_descent, tune_gdpp, tune_ridge
from icl_core.checkpoints import Checkpoint, save_checkpoint
from icl_core.errors import InputError
from icl_core.models.linear import Parametrization
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import CategoricalNoise, UniformNoise
from icl_core.training import Snapshot, TrainingConfig, train
from icl_core.zoo.library import (
    PRETRAINED,
    Entry,
    Movie,
    Table,
    baseline_table_name,
    load_entry,
    load_table,
    model_name,
    read_manifest,
    save_movie,
    save_table,
    write_manifest,
)

EVALUATION_PROMPTS = 100_000
EVALUATION_SEED = 1
SELECTION_PROMPTS = 100_000
SELECTION_SEED = 2
PROFILE_PROMPTS = 8192
DESCENT_STEPS = 4

Report = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Spec:
    """One model of the zoo: what it is and the recipe it is trained by."""

    task: LinearTask
    config: TrainingConfig

    @property
    def name(self) -> str:
        config = self.config
        return model_name(self.task, config.parametrization, config.num_layers, config.num_heads)


def specs() -> tuple[Spec, ...]:
    """Every shipped model, in an order in which warm starts are there when they are wanted."""
    mixed = UniformNoise(sigma_max=5), CategoricalNoise(values=(1, 3))
    tasks = [LinearTask(dim=10, num_context=20, noise=noise) for noise in mixed]
    small = LinearTask(dim=1, num_context=10, noise=UniformNoise(sigma_max=1))
    return tuple(
        Spec(task=task, config=recipe(parametrization, layers))
        for task, parametrizations in [
            (small, ("diag",)),
            *((task, ("gdpp", "diag", "full")) for task in tasks),
        ]
        for layers in range(1, 5)
        for parametrization in parametrizations
    )


def recipe(parametrization: Parametrization, num_layers: int) -> TrainingConfig:
    """More starts and a longer refinement than the defaults: shipped models are trained once."""
    full = parametrization == "full"
    return TrainingConfig(
        parametrization=parametrization,
        num_layers=num_layers,
        max_seconds=900,
        restarts=24 if full else 48,
        explore_steps=400,
        refine_steps=8000 if full and num_layers > 1 else 2000,
        refine_batch=256 if full else 512,
    )


def build(
    *, only: str = "*", folder: Path = PRETRAINED, report: Report = lambda line: None
) -> tuple[Entry, ...]:
    """Train what is missing and matches the pattern; may be stopped at any moment and called again.

    Returns the manifest's entries. `report` receives one line per finished piece.
    """
    chosen = [spec for spec in specs() if fnmatch.fnmatch(spec.name, only)]
    if not chosen:
        raise InputError(
            f"No shipped model matches {only[:60]!r}: see the names with "
            "`python -m icl_core zoo list`."
        )
    missing = [spec for spec in chosen if not _is_built(spec, folder)]
    report(f"{len(chosen) - len(missing)} of {len(chosen)} models are there.")
    started = time.perf_counter()
    for task in dict.fromkeys(spec.task for spec in chosen):
        build_baselines(task, folder=folder, report=report)
    for index, spec in enumerate(missing):
        entry = build_model(spec, folder)
        spent = time.perf_counter() - started
        eta = spent / (index + 1) * (len(missing) - index - 1)
        metrics = entry.metrics
        report(
            f"{index + 1}/{len(missing)} {spec.name}: adjusted loss {metrics['mean']:.5f} "
            f"± {metrics['stderr']:.5f} in {metrics['seconds']:.0f} s; {eta / 60:.0f} min left."
        )
    return _entries(folder)


def _entries(folder: Path) -> tuple[Entry, ...]:
    return read_manifest(folder) if (folder / "manifest.json").is_file() else ()


def _is_built(spec: Spec, folder: Path) -> bool:
    entry = next((entry for entry in _entries(folder) if entry.name == spec.name), None)
    if entry is None:
        return False
    try:
        load_entry(entry, folder)
        load_table(spec.name, folder)
    except InputError:
        return False
    return True


def _runs(spec: Spec, folder: Path) -> Iterator[list[Snapshot]]:
    """Two runs from random starts; for FULL one, and one from the finished DIAG model, which it
    must not fall behind."""
    full = spec.config.parametrization == "full"
    for seed in range(spec.config.seed, spec.config.seed + (1 if full else 2)):
        yield list(train(spec.task, spec.config.replace(seed=seed)))
    if full:
        name = spec.name.replace("full", "diag", 1)
        for entry in _entries(folder):
            if entry.name == name:
                warm = load_entry(entry, folder).model
                yield list(train(spec.task, spec.config, warm_start=warm))


def _select(runs: list[list[Snapshot]], task: LinearTask) -> list[Snapshot]:
    """The best run, cut after its best snapshot, on a draw large enough to show rare blow-ups.

    A deep model may err by thousands on one prompt in 100,000, which 4,096 validation prompts
    do not tell; an earlier snapshot or another run often does not.
    """
    cuts = {
        f"{index}": run[: len(run) - back]
        for index, (run, back) in enumerate((run, back) for run in runs for back in range(2))
    }
    models = {name: cut[-1].model for name, cut in cuts.items()}
    losses = evaluate(models, task, prompts=SELECTION_PROMPTS, seed=SELECTION_SEED)
    return cuts[min(losses, key=lambda name: losses[name].final)]


def build_model(spec: Spec, folder: Path = PRETRAINED) -> Entry:
    """Train, measure and write one model with its movie and table."""
    runs = list(_runs(spec, folder))
    best = _select(runs, spec.task)
    last = best[-1]
    table = measure(last.model, spec.task)
    save_table(spec.name, table, folder)
    save_movie(spec.name, movie_of(best), folder)
    metrics = {
        "mean": float(table.loss.mean[-1]),
        "stderr": float(table.loss.stderr[-1]),
        "median": float(table.loss.median[-1]),
        "prompts": table.loss.count,
        "seed": EVALUATION_SEED,
        "seconds": round(sum(run[-1].seconds for run in runs), 1),
    }
    checkpoint = Checkpoint(
        model=last.model,
        parametrization=spec.config.parametrization,
        task=spec.task,
        seed=spec.config.seed,
        training=spec.config.to_dict() | {"steps": last.step, "runs": len(runs)},
        metrics=metrics,
    )
    file = f"{spec.name}.safetensors"
    entry = Entry(
        name=spec.name,
        file=file,
        sha256=save_checkpoint(folder / file, checkpoint),
        parametrization=spec.config.parametrization,
        num_layers=spec.config.num_layers,
        num_heads=spec.config.num_heads,
        task=spec.task,
        metrics=metrics,
    )
    others = tuple(other for other in _entries(folder) if other.name != spec.name)
    write_manifest((*others, entry), folder)
    return entry


def movie_of(run: list[Snapshot]) -> Movie:
    """The track of the start that was refined in the end, from its first step on."""
    exploring = [snapshot for snapshot in run if snapshot.phase == "exploring"]
    refining = [snapshot for snapshot in run if snapshot.phase != "exploring"]
    winner = exploring[-1].best
    frames = [(s, winner) for s in exploring]
    frames += [(s, s.best) for s in refining]
    return Movie(
        steps=np.asarray([snapshot.step for snapshot, _ in frames]),
        loss=np.asarray([snapshot.losses[index] for snapshot, index in frames]),
        P=np.stack([snapshot.candidates.P[index] for snapshot, index in frames]),
        Q=np.stack([snapshot.candidates.Q[index] for snapshot, index in frames]),
    )


def profile_sigmas(task: LinearTask) -> np.ndarray:
    """The noise levels of a profile: 0 to one above the training range, in steps of 1/8 or less."""
    highest = task.noise.highest + 1
    return np.linspace(0, highest, 8 * int(np.ceil(highest)) + 1)


def measure(method: Method, task: LinearTask) -> Table:
    """Loss over the task's noise and at fixed levels, on fresh prompts."""
    named = {"method": method}
    sigmas = profile_sigmas(task)
    loss = evaluate(named, task, prompts=EVALUATION_PROMPTS, seed=EVALUATION_SEED)
    profile = noise_profile(named, task, sigmas, prompts=PROFILE_PROMPTS, seed=EVALUATION_SEED)
    return Table(loss=loss["method"], sigmas=sigmas, profile=profile["method"])


def build_baselines(
    task: LinearTask, *, folder: Path = PRETRAINED, report: Report = lambda line: None
) -> None:
    """Tables of the methods that are not trained, tuned for the task where they have numbers."""
    makers: dict[str, Callable[[], Method]] = {
        "const_rr": lambda: ConstRR.of(task),
        "ada_rr": AdaRR,
        "tuned_rr": lambda: tune_ridge(task),
        "bayes_rr": lambda: BayesRR(noise=task.noise),
        "gd": lambda: tune_descent(task, DESCENT_STEPS),
        "gdpp_tuned": lambda: tune_gdpp(task, DESCENT_STEPS),
    }
    for method, make in makers.items():
        name = baseline_table_name(task, method)
        try:
            load_table(name, folder)
        except InputError:
            save_table(name, measure(make(), task), folder)
            report(f"{name} measured.")
