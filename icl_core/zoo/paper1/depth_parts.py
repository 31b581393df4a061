"""The parts of layers in depth: their names, settings, and how each is made."""

from typing import Any

from icl_core.zoo.paper1.depth import (
    BASELINES,
    KINDS,
    baseline_settings,
    build_baselines,
    run_name,
    run_names,
    shifts_name,
)
from icl_core.zoo.paper1.depth_layers import SWEEP_PROMPTS
from icl_core.zoo.paper1.depth_runs import build_clipped_run, build_run
from icl_core.zoo.paper1.depth_shifts import MIXES, SCALES, build_shifts
from icl_core.zoo.paper1.one_layer import MAIN, task_of
from icl_core.zoo.paper1.store import Part, training_settings


def names() -> tuple[str, ...]:
    """Every part, in the order in which they are made."""
    return (BASELINES, *run_names(), *map(shifts_name, KINDS))


def settings_of(name: str) -> dict[str, Any]:
    """What a part depends on; a stored part of other settings is made again."""
    if name == BASELINES:
        return baseline_settings()
    if name in run_names():
        kind, seed = run_names()[name]
        own, run = KINDS[kind], KINDS[kind].run.replace(seed=seed)
        more = ("cooling",) if own.clipped else ()
        return {
            "task": task_of(MAIN).to_dict(),
            "training": training_settings(own.trainee, run, *more),
            "movie": seed in KINDS[kind].movie,
            "beside": baseline_settings(),
            "version": 1,
        }
    kind = _kind_of(name)
    runs = [settings_of(run_name(kind, seed)) for seed in KINDS[kind].seeds]
    sweeps = {"scales": SCALES.tolist(), "mixes": MIXES.tolist(), "prompts": SWEEP_PROMPTS}
    return {"runs": runs, **sweeps, "version": 2}


def build_part(name: str) -> Part:
    """Tune, train, or measure what was trained."""
    if name == BASELINES:
        arrays = build_baselines()
    elif name in run_names():
        kind, seed = run_names()[name]
        arrays = (build_clipped_run if KINDS[kind].clipped else build_run)(kind, seed)
    else:
        arrays = build_shifts(_kind_of(name))
    return Part(name=name, arrays=arrays, settings=settings_of(name))


def _kind_of(name: str) -> str:
    return next(kind for kind in KINDS if name == shifts_name(kind))
