"""One trained layer of attention beside one step of gradient descent (paper 1, sections 3 and 4.1).

All losses are plain half MSE against the true weights, exact over the query; they are measured on
the same EVALUATION prompts for every run, so that differences between methods are paired.
"""

import time
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

from icl_core.analysis.floors import one_layer_loss, one_layer_step
from icl_core.analysis.likeness import draw_queries, likeness
from icl_core.analysis.loss import distance_loss
from icl_core.analysis.rollout import roll_out
from icl_core.analysis.statistics import mean_and_error, overflowed
from icl_core.arrays import in_float64
from icl_core.constructions.matrices import AttentionWeights, descent_weights
from icl_core.tasks.inputs import UniformInputs
from icl_core.tasks.linear import LinearTask, Prompts, draw_prompts
from icl_core.tasks.noise import FixedNoise
from icl_core.tasks.shifts import input_shift, law_shift, target_shift
from icl_core.training import RunConfig, run
from icl_core.training.factors import FactorTrainee
from icl_core.training.recipe import FACTORS
from icl_core.zoo.paper1.store import Part, load_part

EVALUATION, EVALUATION_SEED, QUERY_SEED = 10_000, 5_000_005, 5_000_006
SEEDS = (0, 1, 2, 3, 4)
SIZES: Mapping[int, RunConfig] = {
    2: RunConfig(steps=8000, batch=512, cooling=0.5),
    5: RunConfig(steps=4000, batch=512, cooling=0.5),
    10: RunConfig(steps=3000, batch=2048, cooling=0.5),
    20: RunConfig(steps=2000, batch=256, cooling=0.5),
    40: RunConfig(steps=1200, batch=256, cooling=0.5),
}
"""n = d, and how its layer is trained; the paper's size is 10."""
MAIN = 10
STARTS: Mapping[int, tuple[int, ...]] = {2: (0, 1, 2, 3), 10: SEEDS}
"""Seeds of the sizes that are run more than once. At n = d = 2 some starts end in another
stationary point, where the layer also reads the inputs' own second moments."""
MIXES = np.linspace(0, 1, 21)
INPUT_SCALES = np.linspace(0.5, 2.0, 31)
TARGET_SCALES = np.linspace(0.5, 5.0, 19)
LAW_SCALES = np.linspace(0.5, 5.0, 19)
DAMPINGS = np.linspace(0.5, 1.0, 11)
STEPS = 50
SHIFT_PROMPTS = 4000
FEW = 2500


def task_of(size: int) -> LinearTask:
    """Paper 1's task at n = d = size: U(-1/2, 1/2) inputs, no noise."""
    return LinearTask(
        dim=size, num_context=size, noise=FixedNoise(value=0.0), inputs=UniformInputs()
    )


def run_name(size: int, seed: int) -> str:
    return f"one_layer_n{size}_seed{seed}"


def names() -> tuple[str, ...]:
    """Every part, in the order in which they are made."""
    runs = [run_name(size, seed) for size in SIZES for seed in seeds_of(size)]
    return (*runs, "one_layer_shifts")


def seeds_of(size: int) -> tuple[int, ...]:
    """Seeds of the runs of a size."""
    return STARTS.get(size, (0,))


def settings_of(name: str) -> dict[str, Any]:
    """What a part depends on; a stored part of other settings is made again."""
    if name == "one_layer_shifts":
        return {"runs": [settings_of(run_name(MAIN, seed)) for seed in SEEDS], "version": 2}
    task, config = run_of(name)
    chosen = {key: getattr(config, key) for key in ("steps", "batch", "seed", "snapshots")}
    return {"task": task.to_dict(), "training": chosen, "version": 1}


def run_of(name: str) -> tuple[LinearTask, RunConfig]:
    """The task of a run, and how its layer is trained."""
    size, seed = (int(text) for text in name.removeprefix("one_layer_n").split("_seed"))
    return task_of(size), SIZES[size].replace(seed=seed)


def build_part(name: str) -> Part:
    """Train, or measure what was trained."""
    if name == "one_layer_shifts":
        return Part(name=name, arrays=_shifts(), settings=settings_of(name))
    return Part(name=name, arrays=_run(*run_of(name)), settings=settings_of(name))


def answers(weights: AttentionWeights, prompts: Prompts) -> np.ndarray:
    """Implicit weights of the layer applied once, [batch, d]."""
    return np.asarray(roll_out(weights, prompts.moments, damping=1.0, steps=1)[-1])


def trained(part: Part) -> AttentionWeights:
    """The layer at the end of a run."""
    return AttentionWeights(**{name: part[name] for name in FACTORS})


def acting(weights: AttentionWeights) -> tuple[np.ndarray, np.ndarray]:
    """What decides the answer: W_K^T W_Q for a query (x, 0), and the row of P W_V that writes y.

    Scaled so that the mean of the first d diagonal entries of W_K^T W_Q is 1 (the paper's beta).
    """
    dim = len(weights.P) - 1
    beta = float(np.diagonal(weights.W_KQ)[:dim].mean())
    return weights.W_KQ[:, :dim] / beta, weights.PW_V[-1] * beta


def mixed(weights: AttentionWeights, task: LinearTask, share: float) -> AttentionWeights:
    """The trained layer and the construction, averaged; share 0 is trained, 1 constructed.

    Of W_K^T W_Q / beta and P W_V beta with beta as in `acting`, for only their product's scale is
    determined. They stand in W_Q and W_V.
    """
    dim = task.dim
    beta = float(np.diagonal(weights.W_KQ)[:dim].mean())
    ideal = constructed(task)
    P = (1 - share) * weights.PW_V * beta + share * ideal.PW_V
    Q = (1 - share) * weights.W_KQ / beta + share * ideal.W_KQ
    return AttentionWeights(W_K=np.eye(dim + 1), W_Q=Q, W_V=P, P=np.eye(dim + 1))


def constructed(task: LinearTask) -> AttentionWeights:
    """One step of gradient descent of the best size."""
    layer = descent_weights(
        np.zeros((1, task.dim)), eta=one_layer_step(task), num_context=task.num_context
    )
    # As in the paper's code, P acts on y alone: the same layer.
    P = np.zeros_like(layer.P)
    P[-1, -1] = layer.P[-1, -1]
    return AttentionWeights(W_K=layer.W_K, W_Q=layer.W_Q, W_V=layer.W_V, P=P)


def _losses(weights: np.ndarray, prompts: Prompts, query: Any) -> np.ndarray:
    return overflowed(np.asarray(distance_loss(weights[None], prompts.w, query))[0])


@in_float64
def _run(task: LinearTask, config: RunConfig) -> dict[str, np.ndarray]:
    begun = time.monotonic()
    snapshots = list(run(FactorTrainee(task=task), config))
    seconds = time.monotonic() - begun
    prompts = draw_prompts(task, EVALUATION_SEED, EVALUATION)
    queries = draw_queries(task.inputs, QUERY_SEED, (EVALUATION, task.dim))
    descent = answers(constructed(task), prompts)
    variance = task.query_variances
    gd = _losses(descent, prompts, variance)
    rows: dict[str, list[Any]] = {}
    layers = [_layer(snapshot.parameters) for snapshot in snapshots]
    for snapshot, layer in zip(snapshots, layers, strict=True):
        weights = answers(layer, prompts)
        excess, error = mean_and_error(_losses(weights, prompts, variance) - gd)
        like = likeness(weights, descent, queries)
        values = {
            "steps": snapshot.step,
            "train_loss": snapshot.train_loss,
            "excess": excess,
            "excess_stderr": error,
            "cosine": like.cosine,
            "cosine_stderr": like.cosine_stderr,
            "prediction_gap": like.prediction_gap,
            "prediction_stderr": like.prediction_stderr,
            "sensitivity_gap": like.sensitivity_gap,
            "sensitivity_stderr": like.sensitivity_stderr,
        }
        if task.dim == MAIN:
            movie = {"PW_V": layer.PW_V, "W_KQ": layer.W_KQ}
            values |= {key: np.float32(matrix) for key, matrix in movie.items()}
        for key, value in values.items():
            rows.setdefault(key, []).append(value)
    arrays = {key: np.asarray(values) for key, values in rows.items()}
    # The exact mean of gradient descent and a paired difference: less noise than a plain mean.
    arrays["loss"] = one_layer_loss(task) + arrays["excess"]
    arrays |= {name: getattr(layers[-1], name) for name in FACTORS}
    return arrays | {"gd_sampled": np.asarray(mean_and_error(gd)), "seconds": np.asarray(seconds)}


def _layer(parameters: Mapping[str, np.ndarray]) -> AttentionWeights:
    """The one layer of a `FactorTrainee`, in float64."""
    return AttentionWeights(**{name: np.asarray(parameters[name][0], float) for name in FACTORS})


def _shifts() -> dict[str, np.ndarray]:
    """Everything that is measured on the finished layers of the main size, by seed."""
    task = task_of(MAIN)
    layers = [trained(load_part(run_name(MAIN, seed))) for seed in SEEDS]
    models = {"trained": layers, "gd": [constructed(task)]}
    models["mixed"] = [mixed(layer, task, 0.5) for layer in layers]
    arrays: dict[str, np.ndarray] = {}
    for shift, scales, prompts in (
        (input_shift, INPUT_SCALES, EVALUATION),
        (target_shift, TARGET_SCALES, SHIFT_PROMPTS),
        (law_shift, LAW_SCALES, SHIFT_PROMPTS),
    ):
        # One seed for all strengths: smooth curves.
        found = [shift(task, float(scale), EVALUATION_SEED, prompts) for scale in scales]
        for name, rows in models.items():
            each = [
                [
                    mean_and_error(_losses(answers(model, s.prompts), s.prompts, s.query))
                    for s in found
                ]
                for model in rows
            ]
            arrays[f"{shift.__name__}:{name}"] = np.asarray(each)
    prompts = draw_prompts(task, EVALUATION_SEED, EVALUATION)
    arrays |= _mixes(layers, task, prompts)
    return arrays | _rollouts(layers, task, prompts)


def _mixes(
    layers: list[AttentionWeights], task: LinearTask, prompts: Prompts
) -> dict[str, np.ndarray]:
    """Excess over gradient descent of every mix, [seeds, MIXES, (mean, stderr)]."""
    gd = _losses(answers(constructed(task), prompts), prompts, task.query_variances)
    excess = [
        [
            mean_and_error(
                _losses(answers(mixed(layer, task, share), prompts), prompts, task.query_variances)
                - gd
            )
            for share in MIXES
        ]
        for layer in layers
    ]
    return {"mixes": np.asarray(excess)}


def without_y_column(weights: AttentionWeights) -> AttentionWeights:
    """The same answers, as a query's y is 0: training never sees what W_K^T W_Q does with it.

    Applied again and again the column acts, with the random values of the start.
    """
    W_Q = weights.W_Q.copy()
    W_Q[:, -1] = 0
    return AttentionWeights(W_K=weights.W_K, W_Q=W_Q, W_V=weights.W_V, P=weights.P)


def _rollouts(
    layers: list[AttentionWeights], task: LinearTask, prompts: Prompts
) -> dict[str, np.ndarray]:
    """By damping and step: mean, stderr, median, 10 and 90 % quantile of the loss over prompts.

    "trained" without the y column, "whole" with it, on fewer prompts; and the prompts' largest
    eigenvalues, ascending.
    """
    few = jax.tree.map(lambda values: values[:FEW] if np.ndim(values) else values, prompts)
    acting_parts = [without_y_column(layer) for layer in layers]
    arrays: dict[str, np.ndarray] = {}
    for name, rows, drawn in (
        ("trained", acting_parts, prompts),
        ("gd", [constructed(task)], prompts),
        ("whole", layers, few),
    ):
        told = [
            _told(roll_out(layer, drawn.moments, damping=float(damping), steps=STEPS), drawn, task)
            for layer in rows
            for damping in DAMPINGS
        ]
        shape = (len(rows), len(DAMPINGS), 5, STEPS + 1)
        arrays[f"rollout:{name}"] = np.reshape(told, shape)
    values = np.linalg.eigvalsh(np.asarray(prompts.moments.Sigma))
    return arrays | {"largest_eigenvalues": np.sort(values[:, -1]).astype(np.float32)}


def _told(path: Any, prompts: Prompts, task: LinearTask) -> np.ndarray:
    losses = overflowed(np.asarray(distance_loss(path, prompts.w, task.query_variances)))
    low, median, high = np.quantile(np.minimum(losses, 1e300), [0.1, 0.5, 0.9], axis=-1)
    return np.stack([*mean_and_error(losses), median, low, high])
