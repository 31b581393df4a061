"""Prompts unlike those of training (paper 1, section 3 and figures 2 and 9).

Three sweeps of a strength alpha: wider inputs, larger targets, and inputs of other laws. Each gives
prompts and the second moment of their queries, with which `analysis.loss.distance_loss` is exact
over the query.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from icl_core.tasks.linear import LinearTask, Moments, Prompts, Seed, draw_prompts
from icl_core.validation import number

ALPHA = (1e-3, 100.0)


@dataclass(frozen=True, kw_only=True)
class ShiftedPrompts:
    """Prompts, and E x x^T of their queries: variances [d] or second moments [prompts, d, d]."""

    prompts: Prompts
    query: np.ndarray


def wider_inputs(task: LinearTask, alpha: float) -> LinearTask:
    """Context and query inputs times alpha: for U(-1/2, 1/2) the paper's U(-alpha/2, alpha/2)."""
    return task.replace(inputs=task.inputs.scaled(number("The input scale", alpha, ALPHA)))


def input_shift(task: LinearTask, alpha: float, seed: Seed, count: int) -> ShiftedPrompts:
    """Prompts of `wider_inputs`; equal seeds give the same prompts but for the factor."""
    wider = wider_inputs(task, alpha)
    return ShiftedPrompts(prompts=draw_prompts(wider, seed, count), query=wider.query_variances)


def target_shift(task: LinearTask, alpha: float, seed: Seed, count: int) -> ShiftedPrompts:
    """True weights times alpha, w ~ N(0, alpha^2 I).

    Without noise the loss of a model whose weights are linear in the targets is alpha^2 times that
    at alpha = 1, exactly.
    """
    scale = number("The target scale", alpha, ALPHA)
    drawn = draw_prompts(task, seed, count, w_scale=scale)
    return ShiftedPrompts(prompts=drawn, query=task.query_variances)


def law_shift(task: LinearTask, alpha: float, seed: Seed, count: int) -> ShiftedPrompts:
    """Inputs from an exponential, normal or Laplace law (each with probability 1/3 a prompt).

    The whole [n, d] context is divided by its Frobenius norm and multiplied by alpha, and so is
    the query with the same norm, as in the paper's code; its text says "scaled by alpha". The laws
    have scale 1: E x x^T of a query, before, is I + 1 1^T, I or 2 I. Noise is left out.
    """
    number("The scale of the inputs", alpha, ALPHA)
    X, w, kind = _raw_inputs(task.dim, task.num_context, seed, count)
    factor = alpha / np.linalg.norm(X, axis=(1, 2))
    X = X * factor[:, None, None]
    Sigma = X.mT @ X
    target = (Sigma @ w[..., None])[..., 0]
    one = np.eye(task.dim)
    raw = np.stack([one + 1, one, 2 * one])[kind]
    prompts = Prompts(
        moments=Moments(Sigma=Sigma, alpha=target, lam=np.sum(w * target, axis=-1)),
        sigma=np.zeros(count),
        w=w,
        num_context=np.float64(task.num_context),
    )
    return ShiftedPrompts(prompts=prompts, query=raw * factor[:, None, None] ** 2)


def _raw_inputs(
    dim: int, num_context: int, seed: Seed, count: int
) -> tuple[Float[np.ndarray, "count n dim"], Float[np.ndarray, "count dim"], np.ndarray]:
    rng = np.random.default_rng(seed)
    kind = rng.integers(3, size=count)
    w = rng.standard_normal((count, dim))
    X = np.empty((count, num_context, dim))
    for index, law in enumerate((rng.standard_exponential, rng.standard_normal, rng.laplace)):
        met = kind == index
        X[met] = law(size=(int(met.sum()), num_context, dim))
    return X, w, kind
