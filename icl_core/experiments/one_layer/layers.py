"""Trained layers and the construction: their weights, averages of both, and what acts in them."""

import numpy as np

from icl_core.analysis.floors import one_layer_step
from icl_core.constructions.matrices import AttentionWeights, descent_weights
from icl_core.models.factored import NAMES, FactoredTransformer
from icl_core.tasks.linear import LinearTask


def weights_of(model: FactoredTransformer) -> AttentionWeights:
    """The one head of one layer."""
    return AttentionWeights(**{name: getattr(model, name)[0, 0] for name in NAMES})


def model_of(weights: AttentionWeights) -> FactoredTransformer:
    """The inverse of `weights_of`."""
    factors = {name: getattr(weights, name)[None, None] for name in NAMES}
    return FactoredTransformer(num_layers=1, **factors)


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


def without_y_column(weights: AttentionWeights) -> AttentionWeights:
    """The same answers, as a query's y is 0: training never sees what W_K^T W_Q does with it.

    Applied again and again the column acts, with the random values of the start.
    """
    W_Q = weights.W_Q.copy()
    W_Q[:, -1] = 0
    return AttentionWeights(W_K=weights.W_K, W_Q=W_Q, W_V=weights.W_V, P=weights.P)
