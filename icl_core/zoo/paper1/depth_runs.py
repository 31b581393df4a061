"""Runs of layers in depth: trained, and by snapshot their losses and likeness to GD and GD++.

Without clipping all is exact over the query, by moments; with tokens clipped to +-CLIP after every
layer, of GD and GD++ too, it is measured at sampled queries.
"""

import time
from functools import lru_cache
from typing import Any

import numpy as np

from icl_core.analysis.likeness import draw_queries, likeness
from icl_core.analysis.statistics import mean_and_error, overflowed
from icl_core.models.linear import LinearTransformer
from icl_core.tasks.linear import Prompts, draw_prompts
from icl_core.training import run
from icl_core.training.factors import FactorTrainee
from icl_core.training.tokens import Batch, BlockTrainee
from icl_core.zoo.paper1.depth import BASELINES, CLIP, KINDS, METHODS, baseline
from icl_core.zoo.paper1.depth_layers import (
    Blocks,
    as_blocks,
    draw_clipped,
    exact,
    stack_model,
    through,
)
from icl_core.zoo.paper1.one_layer import (
    EVALUATION,
    EVALUATION_SEED,
    MAIN,
    QUERY_SEED,
    task_of,
)
from icl_core.zoo.paper1.store import load_part

FRAME_PROMPTS = 4096
FEW = 1024
"""Prompts whose sensitivities are measured through clipped tokens, over training."""


@lru_cache(maxsize=2)
def _beside(kind: str, count: int) -> tuple[Prompts, np.ndarray, dict[str, np.ndarray]]:
    """Prompts, a query each, and the weights of GD and GD++ by step on them."""
    task, part = task_of(MAIN), load_part(BASELINES)
    prompts = draw_prompts(task, EVALUATION_SEED, count)
    paths = {m: np.asarray(baseline(part, kind, m).weight_path(prompts)) for m in METHODS}
    return prompts, draw_queries(task.inputs, QUERY_SEED, (count, task.dim)), paths


def _frame(kind: str, model: LinearTransformer, count: int) -> dict[str, np.ndarray]:
    """By layer: the loss, that above the tuned GD++ (paired), the measures of likeness."""
    prompts, queries, paths = _beside(kind, count)
    variance = task_of(MAIN).query_variances
    path = np.asarray(model.weight_path(prompts))
    losses = exact(path, prompts, variance)
    found = {"loss": mean_and_error(losses), "median": np.median(losses, axis=-1)}
    beyond = losses - exact(paths["gdpp"], prompts, variance)
    found["excess"] = mean_and_error(overflowed(beyond))
    for method, other in paths.items():
        like = likeness(path, other, queries)
        found |= {
            f"cosine:{method}": (like.cosine, like.cosine_stderr),
            f"prediction_gap:{method}": (like.prediction_gap, like.prediction_stderr),
            f"sensitivity_gap:{method}": (like.sensitivity_gap, like.sensitivity_stderr),
        }
    return {key: np.asarray(values) for key, values in found.items()}


@lru_cache(maxsize=2)
def _beside_clipped(key: str, count: int) -> tuple[Batch, dict[str, tuple[np.ndarray, ...]]]:
    drawn, part = draw_clipped(task_of(MAIN), count), load_part(BASELINES)
    return drawn, {m: through(as_blocks(baseline(part, key, m), CLIP), drawn) for m in METHODS}


def _clipped_frame(key: str, blocks: Blocks, count: int) -> dict[str, np.ndarray]:
    """As `_frame`, all tokens clipped, those of GD and GD++ too."""
    drawn, others = _beside_clipped(key, count)
    first, losses, slopes = through(blocks, drawn)
    found: dict[str, Any] = {"loss": mean_and_error(losses), "median": np.median(losses, axis=-1)}
    found["excess"] = mean_and_error(losses - others["gdpp"][1])
    for method, (answer, _, slope) in others.items():
        like = likeness(slopes, slope, np.asarray(drawn.queries)[:, 0])
        found |= {
            f"cosine:{method}": (like.cosine, like.cosine_stderr),
            f"prediction_gap:{method}": mean_and_error(np.abs(first - answer)),
            f"sensitivity_gap:{method}": (like.sensitivity_gap, like.sensitivity_stderr),
        }
    return {name: np.asarray(values) for name, values in found.items()}


def build_clipped_run(key: str, seed: int) -> dict[str, np.ndarray]:
    """Train blocks on clipped tokens, and measure on the way."""
    begun, used = time.monotonic(), time.process_time()
    trainee = KINDS[key].trainee
    assert isinstance(trainee, BlockTrainee)
    snapshots = list(run(trainee, KINDS[key].run.replace(seed=seed)))
    spent = np.array([time.monotonic() - begun, time.process_time() - used])
    model = trainee.model
    rows: dict[str, list[Any]] = {}
    for snapshot in snapshots:
        values: dict[str, Any] = {"steps": snapshot.step, "train_loss": snapshot.train_loss}
        frame = _clipped_frame(key, (model, snapshot.parameters), FEW)
        for field, value in (values | {f"frame:{k}": v for k, v in frame.items()}).items():
            rows.setdefault(field, []).append(value)
    arrays = {field: np.asarray(values) for field, values in rows.items()}
    last = snapshots[-1].parameters
    end = _clipped_frame(key, (model, last), FRAME_PROMPTS)
    arrays |= {f"end:{field}": values for field, values in end.items()} | last
    return arrays | {"seconds": spent}


def _in_float64(parameters: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: np.asarray(values, np.float64) for name, values in parameters.items()}


def build_run(kind: str, seed: int) -> dict[str, np.ndarray]:
    """Train layers on moments, and measure on the way."""
    trainee = KINDS[kind].trainee
    assert isinstance(trainee, FactorTrainee)
    begun, used = time.monotonic(), time.process_time()
    snapshots = list(run(trainee, KINDS[kind].run.replace(seed=seed)))
    spent = np.array([time.monotonic() - begun, time.process_time() - used])
    rows: dict[str, list[Any]] = {}
    for snapshot in snapshots:
        model = stack_model(_in_float64(snapshot.parameters), trainee.layers)
        values: dict[str, Any] = {"steps": snapshot.step, "train_loss": snapshot.train_loss}
        values |= {f"frame:{key}": v for key, v in _frame(kind, model, FRAME_PROMPTS).items()}
        if seed in KINDS[kind].movie:
            values["PW_V"] = np.float32(model.P[: trainee.blocks, 0])
            values["W_KQ"] = np.float32(model.Q[: trainee.blocks, 0])
        for key, value in values.items():
            rows.setdefault(key, []).append(value)
    arrays: dict[str, np.ndarray] = {key: np.asarray(values) for key, values in rows.items()}
    last = snapshots[-1].parameters
    model = stack_model(_in_float64(last), trainee.layers)
    arrays |= last
    arrays |= {f"end:{key}": v for key, v in _frame(kind, model, EVALUATION).items()}
    return arrays | {"seconds": spent}
