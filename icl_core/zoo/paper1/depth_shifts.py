"""Finished layers in depth: mixed with the construction, on wider inputs, and what a step costs."""

import time

import numpy as np

from icl_core.analysis.statistics import mean_and_error
from icl_core.models.linear import LinearTransformer
from icl_core.tasks.linear import draw_prompts
from icl_core.tasks.shifts import input_shift, wider_inputs
from icl_core.training import run
from icl_core.zoo.paper1.depth import (
    BASELINES,
    CLIP,
    KINDS,
    METHODS,
    Kind,
    baseline,
    run_name,
)
from icl_core.zoo.paper1.depth_layers import (
    SWEEP_PROMPTS,
    Blocks,
    as_blocks,
    asked,
    clipped_blocks,
    draw_clipped,
    exact,
    mixed,
    trained,
)
from icl_core.zoo.paper1.one_layer import (
    EVALUATION,
    EVALUATION_SEED,
    MAIN,
    task_of,
)
from icl_core.zoo.paper1.store import load_part

MIXES = np.linspace(0, 1, 11)
SCALES = np.linspace(0.5, 2.0, 13)
PAPER_BATCH, TIMED = 2048, 25


def build_shifts(key: str) -> dict[str, np.ndarray]:
    """Everything that is measured on the finished layers of a kind, by seed."""
    kind, task, part = KINDS[key], task_of(MAIN), load_part(BASELINES)
    runs = [load_part(run_name(key, seed)) for seed in kind.seeds]
    built = {method: baseline(part, key, method) for method in METHODS}
    blocks = {method: [as_blocks(model, CLIP)] for method, model in built.items()}
    arrays: dict[str, np.ndarray] = {}
    if kind.clipped:
        blocks["trained"] = [clipped_blocks(run, kind) for run in runs]
    else:
        models = [trained(run, kind.layers) for run in runs]
        blocks["trained"] = [as_blocks(model, CLIP) for model in models]
        for method, rows in {"trained": models, **{m: [built[m]] for m in METHODS}}.items():
            arrays[f"scales:{method}"] = np.stack([_scales(model) for model in rows])
        ideal = built["gdpp"]
        arrays["mixes"] = np.stack([_mixes(model, ideal) for model in models])
        arrays["clipped_mixes"] = np.stack([_clipped_mixes(model, ideal) for model in models])
    drawn = draw_clipped(task, EVALUATION)
    for method, rows in blocks.items():
        arrays[f"clipped_scales:{method}"] = np.stack([_clipped_scales(each) for each in rows])
        ends = [mean_and_error(asked(each, drawn)) for each in rows]
        arrays[f"clipped:{method}"] = np.stack([np.stack(end) for end in ends])
    return arrays | {"step_seconds": _step_seconds(kind)}


def _told(losses: np.ndarray) -> np.ndarray:
    """Mean, its standard error and median over prompts, of the last layer."""
    return np.stack([*mean_and_error(losses[-1]), np.median(losses[-1])])


def _scales(model: LinearTransformer) -> np.ndarray:
    """By input scale, [scales, 3]; equal prompts but for the factor."""
    found = []
    for scale in SCALES:
        shift = input_shift(task_of(MAIN), float(scale), EVALUATION_SEED, SWEEP_PROMPTS)
        path = model.weight_path(shift.prompts)
        found.append(_told(exact(path, shift.prompts, shift.query)))
    return np.stack(found)


def _clipped_scales(blocks: Blocks) -> np.ndarray:
    wider = (wider_inputs(task_of(MAIN), float(scale)) for scale in SCALES)
    return np.stack([_told(asked(blocks, draw_clipped(task))) for task in wider])


def _mixes(model: LinearTransformer, ideal: LinearTransformer) -> np.ndarray:
    """Mean loss of the mixtures, its standard error, median, [mixes, 3]."""
    prompts = draw_prompts(task_of(MAIN), EVALUATION_SEED, SWEEP_PROMPTS)
    variance = task_of(MAIN).query_variances
    paths = (mixed(model, ideal, float(share)).weight_path(prompts) for share in MIXES)
    return np.stack([_told(exact(path, prompts, variance)) for path in paths])


def _clipped_mixes(model: LinearTransformer, ideal: LinearTransformer) -> np.ndarray:
    drawn = draw_clipped(task_of(MAIN))
    mixtures = (mixed(model, ideal, float(share)) for share in MIXES)
    return np.stack([_told(asked(as_blocks(m, CLIP), drawn)) for m in mixtures])


def _step_seconds(kind: Kind) -> np.ndarray:
    """CPU seconds of a step with the run's batch and with the paper's, compilation aside."""
    found = []
    for batch in (kind.run.batch, PAPER_BATCH):
        short = kind.run.replace(batch=batch, steps=TIMED, snapshots=2)
        for _ in range(2):
            used = time.process_time()
            _ = list(run(kind.trainee, short))
            spent = time.process_time() - used
        found.append(spent / TIMED)
    return np.array(found)
