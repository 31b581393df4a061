"""What a model with an MLP has learned: its features, their kernel, and what it answers like."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from icl_core.algorithms.kernel import KernelDescent, kernel_descent
from icl_core.analysis.likeness import TINY
from icl_core.analysis.statistics import mean_and_error
from icl_core.models.features import FeatureTransformer, attention, embedded
from icl_core.models.predictor import Answers, Predictor, Queries
from icl_core.tasks.base import Context, Draw, Task


def features(
    model: FeatureTransformer, points: Float[np.ndarray, "points dim"]
) -> Float[np.ndarray, "points features"]:
    """m(x): what the MLP makes of (x, 0), without the last entry, that of the target."""
    return np.asarray(embedded(model.parameters, points[None]))[:-1, :, 0].T


def kernel(
    model: FeatureTransformer,
    points: Float[np.ndarray, "points dim"],
    others: Float[np.ndarray, "others dim"],
    num_context: int,
) -> Float[np.ndarray, "points others"]:
    """What the first layer adds to the answer at x' for a target of 1 in the last entry of an
    example with features m(x): -sum_h (P_h W_V_h)_yy m(x)^T W_K_h^T W_Q_h m(x').

    With frozen attention eta / n m(x)^T m(x'). Symmetric if W_K^T W_Q is.
    """
    first = attention(model.shape, model.parameters, num_context)[0]
    weights = {name: np.asarray(values) for name, values in first.items()}
    strength = -(weights["P"] @ weights["W_V"])[:, -1, -1]
    W_KQ = (weights["W_K"].mT @ weights["W_Q"])[:, :-1, :-1]
    inner = np.einsum("h,hij->ij", strength, W_KQ)
    return features(model, points) @ inner @ features(model, others).T


def contributions(
    model: FeatureTransformer, context: Context, queries: Queries
) -> Float[np.ndarray, "batch n queries"]:
    """What the first layer adds to the answer of every query for each example of the context; the
    sum over the examples is the difference of the answers after and before the layer."""
    first = attention(model.shape, model.parameters, context.X.shape[1])[0]
    weights = {name: np.asarray(values) for name, values in first.items()}
    E = np.asarray(embedded(model.parameters, context.X, context.y))
    asked = np.asarray(embedded(model.parameters, queries))
    W_KQ, writes = weights["W_K"].mT @ weights["W_Q"], (weights["P"] @ weights["W_V"])[:, -1]
    scores = np.einsum("inb,hij,jqb->hbnq", E, W_KQ, asked, optimize=True)
    return -np.einsum("hbnq,hi,inb->bnq", scores, writes, E, optimize=True)


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How alike the answers of two predictors are (paper 1, figure 4): means over prompts and
    queries, with standard errors over prompts.

    prediction_gap: |difference of the answers|; slope_gap: norm of the difference of their slopes
    in the query; cosine: of the slopes, of which for d = 1 only the sign is left.
    """

    prediction_gap: float
    slope_gap: float
    cosine: float
    prediction_stderr: float
    slope_stderr: float
    cosine_stderr: float


def agreement(first: Predictor, second: Predictor, drawn: Draw) -> Agreement:
    """Of the last answers of both."""
    pair = first, second
    a, b = (np.asarray(p.answers(drawn.context, drawn.queries)[-1]) for p in pair)
    slope_a, slope_b = (slopes(p, drawn.context, drawn.queries) for p in pair)
    norms = (np.linalg.norm(s, axis=-1) + TINY for s in (slope_a, slope_b))
    measures = {
        "prediction": np.abs(a - b),
        "slope": np.linalg.norm(slope_a - slope_b, axis=-1),
        "cosine": (slope_a * slope_b).sum(-1) / np.prod(list(norms), axis=0),
    }
    known = {name: mean_and_error(values.mean(-1)) for name, values in measures.items()}
    return Agreement(
        prediction_gap=float(known["prediction"][0]),
        slope_gap=float(known["slope"][0]),
        cosine=float(known["cosine"][0]),
        **{f"{name}_stderr": float(error) for name, (_, error) in known.items()},
    )


def slopes(
    predictor: Predictor, context: Context, queries: Queries, width: float = 1e-3
) -> Float[np.ndarray, "batch queries dim"]:
    """d answer / d x of the last answers, by central differences: plain numpy, for any predictor.

    In float64 the error is some width^2 times the third derivative, below 1e-6 of the slope for
    inputs of the order of 1.
    """
    context = replace(
        context,
        X=np.asarray(context.X, np.float64),
        y=np.asarray(context.y, np.float64),
    )
    asked = np.asarray(queries, np.float64)

    def moved(by: float) -> np.ndarray:
        shifts = by * np.eye(asked.shape[-1])
        return np.stack([predictor.answers(context, asked + s)[-1] for s in shifts], axis=-1)

    return (moved(width) - moved(-width)) / (2 * width)


def best_kernel_step(
    task: Task, lengths: Iterable[float], *, prompts: int = 4096, queries: int = 16, seed: int = 1
) -> KernelDescent:
    """One step with a Gaussian kernel that has the least loss on sampled prompts: for every length
    the best step size is known, for answers are proportional to it."""
    drawn = task.draw(seed, prompts, queries)

    def fitted(length: float) -> tuple[float, float]:
        f = _unit_step(drawn, length)
        eta = float((f * drawn.truth).sum() / (f * f).sum())
        return 0.5 * float(((eta * f - drawn.truth) ** 2).mean()), eta

    length = min(lengths, key=lambda known: fitted(known)[0])
    return KernelDescent(etas=(fitted(length)[1],), length=length)


def _unit_step(drawn: Draw, length: float) -> Answers:
    context = drawn.context
    return kernel_descent(context.X, context.y, drawn.queries, np.ones(1), length)[-1]
