"""Layers in depth, measured: losses by layer, likeness to GD and GD++, mixtures, wider inputs.

Without clipping everything is exact over the query, by moments; with tokens clipped to +-CLIP after
every layer, of methods too, it is the mean over QUERIES queries a prompt.
"""

import time
from functools import lru_cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from icl_core.analysis.likeness import alignment, draw_queries
from icl_core.analysis.loss import distance_loss
from icl_core.arrays import in_float64
from icl_core.models.blocks import BlockModel, Parameters, answers
from icl_core.models.linear import LinearTransformer
from icl_core.tasks.linear import LinearTask, Prompts, draw_prompts
from icl_core.tasks.shifts import input_shift, wider_inputs
from icl_core.training.blocks import (
    Batch,
    BlockSnapshot,
    BlockTraining,
    draw_batch,
    train_blocks,
)
from icl_core.training.stack import (
    FACTORS,
    StackSnapshot,
    StackTraining,
    products,
    train_stack,
)
from icl_core.zoo.paper1.depth import (
    BASELINES,
    CLIP,
    KINDS,
    METHODS,
    Kind,
    baseline,
    baseline_settings,
    build_baselines,
    run_name,
    run_names,
    shifts_name,
)
from icl_core.zoo.paper1.one_layer import (
    EVALUATION,
    EVALUATION_SEED,
    MAIN,
    QUERY_SEED,
    mean_and_error,
    task_of,
)
from icl_core.zoo.paper1.store import Part, load_part

FRAME_PROMPTS, CLIPPED_PROMPTS, QUERIES = 4096, 4096, 4
MIXES = np.linspace(0, 1, 21)
SCALES = np.linspace(0.5, 2.0, 13)
PAPER_BATCH, TIMED = 2048, 50
FEW = 1024
"""Prompts whose sensitivities are measured through clipped tokens, over training."""
Blocks = tuple[BlockModel, Parameters]


def names() -> tuple[str, ...]:
    """Every part, in the order in which they are made."""
    return (BASELINES, *run_names(), *map(shifts_name, KINDS))


def settings_of(name: str) -> dict[str, Any]:
    """What a part depends on; a stored part of other settings is made again."""
    if name == BASELINES:
        return baseline_settings()
    if name in run_names():
        kind, seed = run_names()[name]
        return {
            "task": task_of(MAIN).to_dict(),
            "training": KINDS[kind].training.replace(seed=seed).to_dict(),
            "movie": seed in KINDS[kind].movie,
            "beside": baseline_settings(),
            "version": 1,
        }
    kind = name.removeprefix("depth_").removesuffix("_shifts")
    runs = [settings_of(run_name(kind, seed)) for seed in KINDS[kind].seeds]
    return {"runs": runs, "scales": SCALES.tolist(), "mixes": MIXES.tolist(), "version": 1}


def stack_model(weights: dict[str, np.ndarray], layers: int) -> LinearTransformer:
    """The linear transformer of factors [blocks, d+1, d+1]."""
    known: Any = products(weights, layers)  # type: ignore[arg-type]
    return LinearTransformer(P=np.asarray(known["P"]), Q=np.asarray(known["Q"]))  # type: ignore[arg-type]


def trained(part: Part, layers: int) -> LinearTransformer:
    """The layers at the end of a run."""
    return stack_model({name: part[name] for name in FACTORS}, layers)


def scaled(model: LinearTransformer) -> LinearTransformer:
    """The same model, in every layer the mean of the first d diagonal entries of W_K^T W_Q 1."""
    Q = np.asarray(model.Q)
    beta = np.diagonal(Q, axis1=-2, axis2=-1)[..., :-1].mean(-1)[..., None, None]
    return LinearTransformer(P=np.asarray(model.P) * beta, Q=Q / beta)  # type: ignore[arg-type]


def mixed(model: LinearTransformer, ideal: LinearTransformer, share: float) -> LinearTransformer:
    """Between trained (share 0) and constructed (1), layer by layer, both `scaled`."""
    mine = scaled(model)
    P, Q = (
        (1 - share) * np.asarray(getattr(mine, key)) + share * np.asarray(getattr(ideal, key))
        for key in ("P", "Q")
    )
    return LinearTransformer(P=P, Q=Q)  # type: ignore[arg-type]


def exact(path: Any, prompts: Prompts, query: Any) -> np.ndarray:
    """Losses by layer and prompt; overflow is infinite."""
    losses = np.asarray(distance_loss(path, prompts.w, query))
    return np.where(np.isnan(losses), np.inf, losses)


def as_blocks(model: LinearTransformer, clip: float) -> Blocks:
    """The model for `models.blocks`, whose tokens can be clipped."""
    one = np.broadcast_to(np.eye(model.dim + 1, dtype=np.float32), model.P.shape)
    weights = {"W_K": one, "W_Q": model.Q, "W_V": one, "P": model.P}
    arrays: Any = {name: np.asarray(values, np.float32) for name, values in weights.items()}
    return BlockModel(num_layers=model.num_layers, clip=clip), arrays


def clipped_blocks(part: Part, kind: Kind) -> Blocks:
    """The blocks at the end of a run of `training.blocks`."""
    assert isinstance(kind.training, BlockTraining)
    model = kind.training.model
    return model, {name: jnp.asarray(part[name]) for name in model.shapes(MAIN)}


def asked(blocks: Blocks, drawn: Batch) -> np.ndarray:
    """Losses by layer and prompt, means over the queries of a prompt."""
    y = np.einsum("bnd,bd->bn", drawn.X, drawn.w)
    truth = np.einsum("bqd,bd->bq", drawn.queries, drawn.w)
    found = np.asarray(answers(*blocks, drawn.X, y, drawn.queries), np.float64)
    return 0.5 * np.mean((found - truth) ** 2, axis=-1)


def draw_clipped(task: LinearTask, count: int = CLIPPED_PROMPTS) -> Batch:
    return draw_batch(task, np.random.default_rng(EVALUATION_SEED), (count,), QUERIES)


def build_part(name: str) -> Part:
    """Tune, train, or measure what was trained."""
    if name == BASELINES:
        return build_baselines()
    if name in run_names():
        clipped = KINDS[run_names()[name][0]].clipped
        return _build_clipped_run(name) if clipped else _build_run(name)
    return _build_shifts(name)


@lru_cache(maxsize=2)
@in_float64
def _beside(kind: str, count: int) -> tuple[Prompts, np.ndarray, dict[str, np.ndarray]]:
    """Prompts, a query each, and the weights of GD and GD++ by step on them."""
    task, part = task_of(MAIN), load_part(BASELINES)
    prompts = draw_prompts(task, EVALUATION_SEED, count)
    paths = {m: np.asarray(baseline(part, kind, m).weight_path(prompts)) for m in METHODS}
    return prompts, draw_queries(task.inputs, QUERY_SEED, (count, task.dim)), paths


@in_float64
def _frame(kind: str, model: LinearTransformer, count: int) -> dict[str, np.ndarray]:
    """By layer: the loss, that above the tuned GD++ (paired), the measures of likeness."""
    prompts, queries, paths = _beside(kind, count)
    variance = task_of(MAIN).query_variances
    path = np.asarray(model.weight_path(prompts))
    losses = exact(path, prompts, variance)
    found = {"loss": mean_and_error(losses), "median": np.median(losses, axis=-1)}
    found["excess"] = mean_and_error(losses - exact(paths["gdpp"], prompts, variance))
    for method, other in paths.items():
        like = alignment(path, other, queries)
        found |= {
            f"cosine:{method}": (like.cosine, like.cosine_stderr),
            f"prediction_gap:{method}": (like.prediction_gap, like.prediction_stderr),
            f"sensitivity_gap:{method}": (like.sensitivity_gap, like.sensitivity_stderr),
        }
    return {key: np.asarray(values) for key, values in found.items()}


def run_of(config: StackTraining | BlockTraining) -> list[StackSnapshot | BlockSnapshot]:
    """All snapshots of a run."""
    if isinstance(config, BlockTraining):
        return list(train_blocks(task_of(MAIN), config))
    return list(train_stack(task_of(MAIN), config))


@partial(jax.jit, static_argnames="model")
def sensitivities(
    model: BlockModel, parameters: Parameters, X: Array, y: Array, queries: Array
) -> Float[Array, "layers+1 batch dim"]:
    """d answer / d query after 0..L blocks, at the first query of every prompt."""
    found, back = jax.vjp(lambda x: answers(model, parameters, X, y, x), queries[:, :1])
    one = jnp.eye(len(found))[:, :, None, None] * jnp.ones_like(found)
    return jax.vmap(lambda slope: back(slope)[0][:, 0])(one)


def _through(blocks: Blocks, drawn: Batch) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Answers at the first query and losses, [L+1, prompts], and sensitivities by layer."""
    y = np.einsum("bnd,bd->bn", drawn.X, drawn.w)
    first = np.asarray(answers(*blocks, drawn.X, y, drawn.queries))[..., 0]
    return (
        first,
        asked(blocks, drawn),
        np.asarray(sensitivities(*blocks, drawn.X, y, drawn.queries)),
    )


@lru_cache(maxsize=2)
def _beside_clipped(key: str, count: int) -> tuple[Batch, dict[str, tuple[np.ndarray, ...]]]:
    drawn, part = draw_clipped(task_of(MAIN), count), load_part(BASELINES)
    return drawn, {m: _through(as_blocks(baseline(part, key, m), CLIP), drawn) for m in METHODS}


def _clipped_frame(key: str, blocks: Blocks, count: int) -> dict[str, np.ndarray]:
    """As `_frame`, all tokens clipped, those of GD and GD++ too."""
    drawn, others = _beside_clipped(key, count)
    first, losses, slopes = _through(blocks, drawn)
    found: dict[str, Any] = {"loss": mean_and_error(losses), "median": np.median(losses, axis=-1)}
    found["excess"] = mean_and_error(losses - others["gdpp"][1])
    for method, (answer, _, slope) in others.items():
        like = alignment(slopes, slope, drawn.queries[:, 0])
        found |= {
            f"cosine:{method}": (like.cosine, like.cosine_stderr),
            f"prediction_gap:{method}": mean_and_error(np.abs(first - answer)),
            f"sensitivity_gap:{method}": (like.sensitivity_gap, like.sensitivity_stderr),
        }
    return {name: np.asarray(values) for name, values in found.items()}


def _build_clipped_run(name: str) -> Part:
    key, seed = run_names()[name]
    begun, used = time.monotonic(), time.process_time()
    snapshots = run_of(KINDS[key].training.replace(seed=seed))
    spent = np.array([time.monotonic() - begun, time.process_time() - used])
    model = KINDS[key].training.model
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
    return Part(name=name, arrays=arrays | {"seconds": spent}, settings=settings_of(name))


def _build_run(name: str) -> Part:
    kind, seed = run_names()[name]
    config = KINDS[kind].training.replace(seed=seed)
    begun, used = time.monotonic(), time.process_time()
    snapshots = run_of(config)
    spent = np.array([time.monotonic() - begun, time.process_time() - used])
    rows: dict[str, list[Any]] = {}
    for snapshot in snapshots:
        model = stack_model(snapshot.weights, config.layers)
        values: dict[str, Any] = {"steps": snapshot.step, "train_loss": snapshot.train_loss}
        values |= {f"frame:{key}": v for key, v in _frame(kind, model, FRAME_PROMPTS).items()}
        if seed in KINDS[kind].movie:
            values["PW_V"] = np.float32(model.P[: config.blocks, 0])
            values["W_KQ"] = np.float32(model.Q[: config.blocks, 0])
        for key, value in values.items():
            rows.setdefault(key, []).append(value)
    arrays = {key: np.asarray(values) for key, values in rows.items()}
    model = stack_model(snapshots[-1].weights, config.layers)
    arrays |= {name: np.float32(values) for name, values in snapshots[-1].weights.items()}
    arrays |= {f"end:{key}": v for key, v in _frame(kind, model, EVALUATION).items()}
    return Part(name=name, arrays=arrays | {"seconds": spent}, settings=settings_of(name))


def _build_shifts(name: str) -> Part:
    key = name.removeprefix("depth_").removesuffix("_shifts")
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
        arrays["mixes"] = np.stack([_mixes(key, model, ideal) for model in models])
        arrays["clipped_mixes"] = np.stack([_clipped_mixes(model, ideal) for model in models])
    drawn = draw_clipped(task, EVALUATION)
    for method, rows in blocks.items():
        arrays[f"clipped_scales:{method}"] = np.stack([_clipped_scales(each) for each in rows])
        ends = [mean_and_error(asked(each, drawn)) for each in rows]
        arrays[f"clipped:{method}"] = np.stack([np.stack(end) for end in ends])
    arrays["step_seconds"] = _step_seconds(kind.training)
    return Part(name=name, arrays=arrays, settings=settings_of(name))


def _told(losses: np.ndarray) -> np.ndarray:
    """Mean, its standard error and median over prompts, of the last layer."""
    return np.stack([*mean_and_error(losses[-1]), np.median(losses[-1])])


@in_float64
def _scales(model: LinearTransformer) -> np.ndarray:
    """By input scale, [scales, 3]; equal prompts but for the factor."""
    found = []
    for scale in SCALES:
        shift = input_shift(task_of(MAIN), float(scale), EVALUATION_SEED, FRAME_PROMPTS)
        path = model.weight_path(shift.prompts)
        found.append(_told(exact(path, shift.prompts, shift.query)))
    return np.stack(found)


def _clipped_scales(blocks: Blocks) -> np.ndarray:
    wider = (wider_inputs(task_of(MAIN), float(scale)) for scale in SCALES)
    return np.stack([_told(asked(blocks, draw_clipped(task))) for task in wider])


@in_float64
def _mixes(kind: str, model: LinearTransformer, ideal: LinearTransformer) -> np.ndarray:
    """Mean loss of the mixtures, its standard error, median, [mixes, 3]."""
    prompts, _, _ = _beside(kind, FRAME_PROMPTS)
    variance = task_of(MAIN).query_variances
    paths = (mixed(model, ideal, float(share)).weight_path(prompts) for share in MIXES)
    return np.stack([_told(exact(path, prompts, variance)) for path in paths])


def _clipped_mixes(model: LinearTransformer, ideal: LinearTransformer) -> np.ndarray:
    drawn = draw_clipped(task_of(MAIN))
    mixtures = (mixed(model, ideal, float(share)) for share in MIXES)
    return np.stack([_told(asked(as_blocks(m, CLIP), drawn)) for m in mixtures])


def _step_seconds(config: StackTraining | BlockTraining) -> np.ndarray:
    """CPU seconds of a step with the run's batch and with the paper's, compilation aside."""
    found = []
    for batch in (config.batch, PAPER_BATCH):
        short = config.replace(batch=batch, steps=TIMED, snapshots=2)
        for _ in range(2):
            used = time.process_time()
            _ = run_of(short)
            spent = time.process_time() - used
        found.append(spent / TIMED)
    return np.array(found)
