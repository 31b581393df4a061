"""Seconds to a published loss: ours, ours less one ingredient at a time, the paper's recipe.

    python -m benchmarks.training [--seeds 20] [--limit 20] [--only PATTERN]

DIAG, L = 4, d = 10, n = 20, sigma ~ U(0, 5); the mark is an adjusted loss <= 0.0605 (half MSE;
the paper prints 0.059), measured on fresh prompts in float64 for every snapshot, not on the run's
own validation. Times exclude compilation, which a first run of the same shape pays and which is
printed beside. One JSON object on standard output.
"""

import argparse
import contextlib
import fnmatch
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from benchmarks.paper import BATCH, paper_model, paper_start, paper_steps
from icl_core.analysis.loss import evaluate
from icl_core.arrays import key_of
from icl_core.models.linear import LinearTransformer, Normalised
from icl_core.runtime import prepare_process
from icl_core.tasks.linear import LinearTask, Seed, draw_prompts
from icl_core.tasks.noise import UniformNoise
from icl_core.training import (
    TrainingConfig,
    Validated,
    linear,
    objective,
    strategy,
    train,
    validation,
)
from icl_core.training.objective import Batch, batch_of, final_weights

TASK = LinearTask(dim=10, num_context=20, noise=UniformNoise(sigma_max=5))
MARK = 0.0605
PROMPTS = 20_000


def measured(model: LinearTransformer) -> float:
    """Mean adjusted loss (half MSE) on fresh prompts."""
    return evaluate({"model": model}, TASK, prompts=PROMPTS, seed=4711)["model"].final


def seconds_to_mark(snapshots: Iterator[Validated]) -> tuple[float | None, float]:
    """Seconds inside the run at the first snapshot at or below the mark, and the last loss."""
    reached = None
    loss = float("inf")
    for snapshot in snapshots:
        if snapshot.loss < 2 * MARK or snapshot.phase == "finished":
            loss = measured(snapshot.model)
            if reached is None and loss <= MARK:
                reached = snapshot.seconds
                break
    return reached, loss


def sample_query_batch(task: LinearTask, seed: Seed, size: int) -> Batch:
    """As `objective.sample_batch`, with x_t and y_t in the place of the target, [d+1, batch]."""
    prompts = draw_prompts(task, seed, size)
    key = seed if isinstance(seed, tuple) else (seed,)
    queries = np.random.default_rng((*key, 1)).standard_normal((size, task.dim))
    answers = np.sum(queries * np.asarray(prompts.w), axis=-1)
    target: Any = np.vstack([queries.T, answers])
    return replace(batch_of(prompts, task), target=target)


def query_losses(parameters: objective.Parameters, batch: Batch) -> Array:
    """Half squared error of the sampled query while training, exact loss for validation."""
    w = final_weights(parameters, batch)
    if batch.target.shape[0] > w.shape[0]:
        return 0.5 * (jnp.sum(w * batch.target[:-1], axis=0) - batch.target[-1]) ** 2
    return 0.5 * jnp.sum((w - batch.target) ** 2, axis=0)


def _raw_coordinates() -> list[Any]:
    ones = mock.patch.object(objective, "token_scale", lambda task: np.ones(task.dim + 1))
    scale = mock.patch.object(objective, "prediction_scale", return_value=1.0)
    same = mock.patch.object(Normalised, "raw", lambda model, task: model)
    # The start that suits raw coordinates best: the same, scaled by D.
    small = tuple(
        ({name: value * 20**-0.5 for name, value in centre.items()}, deviation * 20**-0.5)
        for centre, deviation in linear.STARTS
    )
    return [ones, scale, same, mock.patch.object(linear, "STARTS", small)]


def _no_robust_loss() -> list[Any]:
    return [mock.patch.object(linear.LinearTrainee, "loss", linear.MomentLoss(0.0))]


def _sampled_queries() -> list[Any]:
    return [
        mock.patch.object(linear, "sample_batch", sample_query_batch),
        mock.patch.object(objective, "losses", query_losses),
        mock.patch.object(validation, "losses", query_losses),
    ]


def _no_rare_prompts() -> list[Any]:
    plain = {"WIDE": 1.0, "LARGE": 1.0, "LONG": 0.0}
    return [mock.patch.object(objective, name, value) for name, value in plain.items()]


def _plain_starts() -> list[Any]:
    return [mock.patch.object(linear, "STARTS", linear.STARTS[1:2])]


def _no_average() -> list[Any]:
    return [mock.patch.object(strategy, "MEMORY", 1.0)]


VARIANTS: dict[str, tuple[Callable[[], list[Any]], dict[str, Any]]] = {
    "ours": (list, {}),
    "without restarts": (list, {"restarts": 1}),
    "without normalised coordinates": (_raw_coordinates, {}),
    "without the robust loss": (_no_robust_loss, {}),
    "without exact queries": (_sampled_queries, {}),
    "without rare prompts": (_no_rare_prompts, {}),
    "without averaging": (_no_average, {}),
    "without signed starts": (_plain_starts, {}),
    "without the higher learning rate": (list, {"learning_rate": 0.01, "refine_rate": 0.0025}),
}


def measure_variant(name: str, seeds: int, limit: float) -> dict[str, Any]:
    patches, changes = VARIANTS[name]
    with contextlib.ExitStack() as stack:
        jax.clear_caches()
        for patch in patches():
            stack.enter_context(patch)
        begun = time.perf_counter()
        short = TrainingConfig(**changes).replace(explore_steps=1, refine_steps=1)
        list(train(TASK, short))
        compilation = time.perf_counter() - begun
        results = []
        for seed in range(seeds):
            config = TrainingConfig(seed=seed, max_seconds=limit, **changes)
            results.append(seconds_to_mark(train(TASK, config)))
            print(name, seed, results[-1], file=sys.stderr, flush=True)
        jax.clear_caches()
    times = [reached for reached, _ in results if reached is not None]
    return {
        "variant": name,
        "seeds": seeds,
        "reached": len(times),
        "seconds_median": float(np.median(times)) if times else None,
        "seconds_max": max(times, default=None),
        "worst_loss": max(loss for _, loss in results),
        "first_run_overhead_seconds": compilation,
    }


def measure_paper(limit: float) -> dict[str, Any]:
    """Adam 1e-4 on tokens for `limit` seconds: how far it gets, and what its 200,000 steps cost."""
    state = paper_start(TrainingConfig(), TASK.dim, key_of(0))
    state, _ = paper_steps(state, key_of(1), TASK, steps=10)
    begun, steps = time.perf_counter(), 0
    while time.perf_counter() - begun < limit:
        state, values = paper_steps(state, jax.random.fold_in(key_of(2), steps), TASK, steps=10)
        jax.block_until_ready(values)
        steps += 10
    per_step = (time.perf_counter() - begun) / steps
    return {
        "variant": "the paper's recipe",
        "batch": BATCH,
        "steps": steps,
        "seconds_per_step": per_step,
        "loss_after": measured(paper_model(state, TASK.dim)),
        "hours_for_200000_steps": per_step * 200_000 / 3600,
    }


def main() -> None:
    prepare_process()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--ablation-seeds", type=int, default=5)
    parser.add_argument("--limit", type=float, default=20.0)
    parser.add_argument("--only", default="*")
    options = parser.parse_args()
    results = [
        measure_variant(
            name, options.seeds if name == "ours" else options.ablation_seeds, options.limit
        )
        for name in VARIANTS
        if fnmatch.fnmatch(name, options.only)
    ]
    if fnmatch.fnmatch("paper", options.only):
        results.append(measure_paper(options.limit))
    print(json.dumps({"mark": MARK, "prompts": PROMPTS, "results": results}, indent=2))


if __name__ == "__main__":
    main()
