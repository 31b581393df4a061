"""The adjusted evaluation loss of any predictor: exactly over queries where it is linear in them.

Adjusted loss = expected loss minus that of ridge regression with the prompt's true sigma_tau^2.
Given (X, y), w is Gaussian with that ridge solution as its mean, and E x_t x_t^T = C, diagonal: so
the adjusted loss of a prompt is 1/2 g^T C g with g = w_implicit - ridge(sigma_tau^2), which is
1/2 ||g||^2 for x_t ~ N(0, I). Half mean squared error, never below 0, with no query sampled and no
oracle noise (paper 2, section 5 measures it by sampling).

Paper 1 measures the plain loss, without noise: `against=TrueWeights()` in the place of the oracle.
The two agree where n >= d; for n < d the plain one counts what no learner can know.

Of a predictor without implicit weights the loss is sampled at QUERIES queries of each prompt, as
half the squared gap of its answer to that of `against` at the same query: paired, so that nothing
is left of what no learner can know, and of the same mean as the exact one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import EllipsisType
from typing import TypeVar

import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Float

from icl_core.algorithms import Method, Predictor
from icl_core.algorithms.ridge import OracleRR
from icl_core.analysis.statistics import mean_and_error, overflowed
from icl_core.arrays import Array, WeightPath, namespace, numpy_or_xla
from icl_core.tasks.base import Draw, Task
from icl_core.tasks.linear import LinearTask, Prompts, at_levels, draw_prompts, prompts_of
from icl_core.tasks.noise import FixedNoise
from icl_core.validation import integer

K = TypeVar("K")
ORACLE = OracleRR()

CHUNK = 4096
"""Prompts per evaluated block: memory stays flat and one shape serves every number of prompts."""
QUERIES = 16
"""Of every prompt, where losses are sampled."""
PAIRS = 4_000_000
"""Of tokens that may attend to one another, in a block of prompts that are drawn by tokens."""

STATISTICS = ("mean", "stderr", "median", "low", "high")
"""The arrays of a summary."""


@dataclass(frozen=True, kw_only=True)
class LossSummary:
    """Adjusted loss (half MSE) after step 0..K, over `count` prompts; each array is [..., K+1].

    Deep models are heavy-tailed, so the median and the 10 % and 90 % quantiles stand beside the
    mean and its standard error.
    """

    mean: np.ndarray
    stderr: np.ndarray
    median: np.ndarray
    low: np.ndarray
    high: np.ndarray
    count: int

    def at(self, index: int | slice | tuple[int | slice | EllipsisType, ...]) -> "LossSummary":
        """Every array at a numpy index: (..., slice(k + 1)) is steps 0..k."""
        arrays = {name: getattr(self, name)[index] for name in STATISTICS}
        return LossSummary(count=self.count, **arrays)

    @property
    def final(self) -> float:
        """Mean after the last step."""
        return float(self.mean[..., -1])


def summarize(losses: Float[np.ndarray, "*rest prompts"]) -> LossSummary:
    """Statistics over the last axis.

    A prompt whose loss overflowed to NaN counts as infinite, so that the median still stands; a
    method that is undefined everywhere stays NaN.
    """
    count = losses.shape[-1]
    undefined = np.isnan(losses).all(-1, keepdims=True)
    losses = np.where(undefined, losses, overflowed(losses))
    mean, stderr = mean_and_error(losses)
    # Quantiles are interpolated, and between infinities there is no number.
    largest = np.finfo(losses.dtype).max
    low, median, high = np.quantile(np.minimum(losses, largest), [0.1, 0.5, 0.9], axis=-1)
    return LossSummary(mean=mean, stderr=stderr, median=median, low=low, high=high, count=count)


@numpy_or_xla
def distance_loss(
    path: WeightPath, target: Float[Array, "batch dim"], query: ArrayLike = 1.0
) -> Float[Array, "steps batch"]:
    """1/2 sum_j E x_j^2 (w - target)_j^2, the expected half squared gap of two predictions.

    `query` is E x_j^2 of the query's coordinates, one for all or [d]; second moments [batch, d, d]
    of queries whose law differs from prompt to prompt give 1/2 g^T E[x x^T] g.
    """
    xp = namespace(path, target, query)
    gap, moment = path - target[None], xp.asarray(query)
    if moment.ndim == 3:
        return 0.5 * xp.vecdot(gap, xp.matvec(moment[None], gap))
    return 0.5 * xp.sum(xp.broadcast_to(moment, gap.shape) * gap**2, axis=-1)


def adjusted_losses(
    method: Method, prompts: Prompts, query: ArrayLike = 1.0
) -> Float[Array, "steps batch"]:
    """Adjusted loss of each prompt after each step (half MSE); `query` as in `distance_loss`."""
    target = OracleRR().weight_path(prompts)[-1]
    return distance_loss(method.weight_path(prompts), target, query)


def prompt_losses(
    methods: Mapping[K, Predictor],
    task: Task,
    *,
    prompts: int,
    seed: int,
    against: Predictor | None = ORACLE,
) -> dict[K, np.ndarray]:
    """Adjusted loss [steps, prompts] of every method on the same prompts, in float64.

    Exact where both the method and `against` have implicit weights and the task has moments, else
    sampled. With `against=None`, the truth, or `TrueWeights()`: the plain loss. The oracle is one
    of linear tasks alone.
    """
    count = integer("The number of prompts", prompts, "prompts")
    linear = isinstance(task, LinearTask) and isinstance(against, Method)
    exact = {name: m for name, m in methods.items() if linear and isinstance(m, Method)}
    sampled = {name: method for name, method in methods.items() if name not in exact}
    size = min(count, CHUNK, max(1, PAIRS // task.num_context**2) if sampled else CHUNK)
    blocks: dict[K, list[np.ndarray]] = {name: [] for name in methods}
    for index in range(-(-count // size)):
        drawn = task.draw((seed, index), size, QUERIES) if sampled else None
        found = _sampled_losses(sampled, drawn, against) if drawn else {}
        if isinstance(task, LinearTask) and isinstance(against, Method):
            chunk = prompts_of(drawn.context) if drawn else draw_prompts(task, (seed, index), size)
            found |= _exact_losses(exact, task, chunk, against)
        for name, losses in found.items():
            blocks[name].append(losses)
    return {name: np.concatenate(parts, axis=1)[:, :count] for name, parts in blocks.items()}


def _exact_losses(
    methods: Mapping[K, Method], task: LinearTask, prompts: Prompts, against: Method
) -> dict[K, np.ndarray]:
    target, query = against.weight_path(prompts)[-1], task.query_variances
    return {
        name: np.asarray(distance_loss(method.weight_path(prompts), target, query))
        for name, method in methods.items()
    }


def _sampled_losses(
    methods: Mapping[K, Predictor], drawn: Draw, against: Predictor | None
) -> dict[K, np.ndarray]:
    context, queries = drawn.context, drawn.queries
    with np.errstate(all="ignore"):  # what overflows counts as infinite
        target = drawn.truth if against is None else against.answers(context, queries)[-1]
        return {
            name: sampled_loss(method.answers(context, queries), target)
            for name, method in methods.items()
        }


def sampled_loss(
    answers: Float[Array, "*steps batch queries"], target: Float[Array, "batch queries"]
) -> Float[np.ndarray, "*steps batch"]:
    """1/2 mean over a prompt's queries of (answer - target)^2."""
    return 0.5 * ((np.asarray(answers) - np.asarray(target)) ** 2).mean(-1)


def evaluate(
    methods: Mapping[K, Predictor],
    task: Task,
    *,
    prompts: int = 100_000,
    seed: int = 1,
    against: Predictor | None = ORACLE,
) -> dict[K, LossSummary]:
    """Adjusted loss by step of every method on the same fresh prompts of a task.

    `against` is that of `prompt_losses`; so is what is exact and what is sampled.
    """
    losses = prompt_losses(methods, task, prompts=prompts, seed=seed, against=against)
    return {name: summarize(values) for name, values in losses.items()}


def noise_profile(
    methods: Mapping[str, Predictor],
    task: LinearTask,
    sigmas: np.ndarray,
    *,
    prompts: int = 4096,
    seed: int = 1,
) -> dict[str, LossSummary]:
    """Adjusted loss at each fixed noise level; arrays are [sigmas, steps] (paper 2, figure 2).

    The same random numbers serve every level, so the curves are smooth in sigma.
    """
    levels = [
        prompt_losses(
            methods, task.replace(noise=FixedNoise(value=float(sigma))), prompts=prompts, seed=seed
        )
        for sigma in sigmas
    ]
    return {name: summarize(np.stack([level[name] for level in levels])) for name in methods}


def noise_profile_at_once(
    methods: Mapping[K, Method], task: LinearTask, sigmas: np.ndarray, *, prompts: int = 256
) -> dict[K, LossSummary]:
    """`noise_profile` in one block of all levels: much faster where each has few prompts."""
    count = integer("The number of prompts", prompts, (2, CHUNK))
    block = at_levels(task, (1, 0), sigmas, count)
    losses = _exact_losses(methods, task, block, ORACLE)
    shape = (len(sigmas), count)
    return {
        name: summarize(values.reshape(len(values), *shape).swapaxes(0, 1))
        for name, values in losses.items()
    }
