"""What a layer of softmax heads does, told as what is linear in the scores and what is not.

Of one head with scores z_i and values v_i = (P W_V e_i)_y, what it writes to the query's answer is
    sum_i v_i s_i = vbar + mean_i(v_i (z_i - zbar)) + rest:
the offset, which is the same for every query, what a linear head would write, and the terms of
second and higher order in the scores (paper 1, A.9).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from icl_core.algorithms.descent import GradientDescent
from icl_core.constructions.softmax import centred, centred_step, softmax_descent
from icl_core.errors import InputError
from icl_core.models.blocks import BlockTransformer
from icl_core.models.predictor import Queries
from icl_core.tasks.base import Context, Draw
from icl_core.tasks.linear import LinearTask
from icl_core.validation import number


@dataclass(frozen=True, kw_only=True, eq=False)
class Linearisation:
    """A layer of softmax heads on a batch of prompts, head by head.

    scores [heads, batch, queries, n], as the exponential gets them; shares, their softmax; values
    [heads, batch, n], what every token would add to the answer (minus the y entry of the query).
    """

    scores: np.ndarray
    shares: np.ndarray
    values: np.ndarray

    @property
    def first_order(self) -> Float[np.ndarray, "heads batch queries n"]:
        """Shares to first order in the scores: (1 + z - zbar) / n."""
        centred = self.scores - self.scores.mean(-1, keepdims=True)
        return (1 + centred) / self.scores.shape[-1]

    @property
    def offset(self) -> Float[np.ndarray, "heads batch queries"]:
        """What a head answers whatever the query: the mean of its values."""
        return np.broadcast_to(self.values.mean(-1)[:, :, None], self.scores.shape[:3])

    @property
    def linear(self) -> Float[np.ndarray, "heads batch queries"]:
        """What a head answers to first order in the scores, without the offset."""
        return self._weighed(self.first_order) - self.offset

    @property
    def rest(self) -> Float[np.ndarray, "heads batch queries"]:
        """What is left: terms of second and higher order."""
        return self._weighed(self.shares - self.first_order)

    @property
    def answers(self) -> Float[np.ndarray, "heads batch queries"]:
        """What every head adds to the answer; the model's answer is their sum."""
        return self._weighed(self.shares)

    def _weighed(self, shares: np.ndarray) -> np.ndarray:
        return np.einsum("hbqn,hbn->hbq", shares, self.values)


def linearisation(model: BlockTransformer, context: Context, queries: Queries) -> Linearisation:
    """The parts of one layer of softmax heads without LayerNorm or MLP; numpy, in the calling
    thread."""
    parameters = _heads(model)
    X, y, asked = (np.asarray(values) for values in (context.X, context.y, queries))
    tokens = np.concatenate([X, y[..., None]], axis=-1)
    W_KQ = parameters["W_K"].mT @ parameters["W_Q"] / tokens.shape[-1] ** 0.5
    reads = np.einsum("bni,hij->hbnj", tokens, W_KQ[..., :-1])
    scores = np.einsum("hbnj,bqj->hbqn", reads, asked)
    sizes = np.exp(scores - scores.max(-1, keepdims=True))
    writes = (parameters["P"] @ parameters["W_V"])[:, -1]
    return Linearisation(
        scores=scores,
        shares=sizes / sizes.sum(-1, keepdims=True),
        values=-np.einsum("bni,hi->hbn", tokens, writes),
    )


def weighed_scores(model: BlockTransformer) -> Float[np.ndarray, "heads dim+1 dim+1"]:
    """eta_h W_K^T W_Q of every head, eta_h the last diagonal entry of P W_V (paper 1, figure 12).

    Of heads that cancel one another's offsets the sum is what they do together.
    """
    parameters = _heads(model)
    strength = (parameters["P"] @ parameters["W_V"])[:, -1, -1]
    return strength[:, None, None] * (parameters["W_K"].mT @ parameters["W_Q"])


def at_temperature(model: BlockTransformer, temperature: float) -> BlockTransformer:
    """The model with all scores divided by a temperature; at 1 it is the model itself."""
    by = number("The temperature", temperature, (1e-6, 1e6))
    cooler = model.parameters["W_K"] / by
    return replace(model, parameters={**model.parameters, "W_K": cooler})


def distances_by_scale(
    task: LinearTask, drawn: Draw, scales: Iterable[float], heads: int, *, centre: bool = True
) -> Float[np.ndarray, "scales"]:
    """The largest distance of the answers of constructed heads from those of the best step on
    inputs minus their mean, taken on such inputs or (`centre` False) on inputs as they are."""
    step = GradientDescent(etas=(centred_step(task),))
    seen = centred(drawn.context) if centre else drawn.context
    wanted = np.asarray(step.answers(seen, drawn.queries)[-1])
    built = (
        softmax_descent(dim=task.dim, eta=step.etas[0], scale=scale, heads=heads)
        for scale in scales
    )
    answers = (np.asarray(b.answers(drawn.context, drawn.queries)[-1]) for b in built)
    return np.array([np.abs(found - wanted).max() for found in answers])


def _heads(model: BlockTransformer) -> dict[str, np.ndarray]:
    shape = model.shape
    if (
        shape.num_layers > 1
        or shape.attention != "softmax"
        or shape.norm != "none"
        or shape.widening
    ):
        raise InputError("The model is no single layer of softmax heads alone: choose one that is.")
    return {name: np.asarray(values[0]) for name, values in model.parameters.items()}
