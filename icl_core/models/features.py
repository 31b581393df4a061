"""An MLP below linear attention: gradient descent on features (paper 1, Proposition 2, figure 4).

Every token (x, y), and every query (x, 0), none of which is ever attended to, becomes
    e = W_E (x, y),   e <- e + W_2 gelu(W_1 e + b_1) + b_2,
whose last entry is a target and all others are features m; then come L layers of linear attention,
and the answer is minus the last entry of a query. A step of gradient descent on the features, from
weights 0, adds eta / n sum_i y_i m(x_i)^T m(x) to the answer: smoothing with the kernel m^T m.

In the control of paper 1's code attention is frozen at that step, so that only embedding and MLP
are learned ("frozen").
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from flax import struct
from jaxtyping import Float

from icl_core.arrays import Array, namespace, numpy_or_xla
from icl_core.models.blocks import linear_attention, mlp, token_rows
from icl_core.models.factored import FACTORS
from icl_core.models.predictor import Answers, Queries
from icl_core.models.products import left
from icl_core.models.shaped import Shaped
from icl_core.tasks.base import Context
from icl_core.validation import Config, choice, integer, number

MLP = ("W_1", "b_1", "W_2", "b_2")

Parameters = Mapping[str, Array]
"""W_E [width, d+1]; W_1 [wide, width], b_1 [wide], W_2 [width, wide], b_2 [width]; and, unless
attention is frozen, W_K, W_Q, W_V, P [layers, heads, width, width]. Vectors are columns."""


@dataclass(frozen=True, kw_only=True)
class FeatureModel(Config):
    """The shape of a model: entries of an embedded token, hidden units of the MLP for each of them,
    layers and heads of attention; and whether these are frozen at a step of size eta / n."""

    width: int = 40
    widening: int = 4
    num_layers: int = 1
    num_heads: int = 1
    frozen: bool = False
    eta: float = 0.1

    def __post_init__(self) -> None:
        self._set(
            width=integer("The width of a token", self.width, (2, 256)),
            widening=integer("The widening of the MLP", self.widening, (1, 16)),
            num_layers=integer("The number of layers", self.num_layers, "num_layers"),
            num_heads=integer("The number of heads", self.num_heads, "num_heads"),
            frozen=choice("Whether attention is frozen", self.frozen, (False, True)),
            eta=number("The step size eta", self.eta, (0.0, 1000.0)),
        )

    def shapes(self, dim: int) -> dict[str, tuple[tuple[int, ...], int]]:
        """Of every parameter: its shape, and how many numbers a unit of it sums (its fan-in), 0 for
        biases.

        With frozen attention the paper's code begins with other variances: W_1 as if it summed 2
        numbers, W_2 as if it summed 40.
        """
        width, wide = self.width, self.widening * self.width
        sums = (dim + 1, width) if self.frozen else (width, wide)
        shapes: dict[str, tuple[tuple[int, ...], int]]
        shapes = {"W_E": ((width, dim + 1), dim + 1)}
        shapes |= {"W_1": ((wide, width), sums[0]), "b_1": ((wide,), 0)}
        shapes |= {"W_2": ((width, wide), sums[1]), "b_2": ((width,), 0)}
        if not self.frozen:
            matrix = (self.num_layers, self.num_heads, width, width)
            shapes |= dict.fromkeys(FACTORS, (matrix, width))
            shapes["P"] = (matrix, width * self.num_heads)
        return shapes


@struct.dataclass
class FeatureTransformer(Shaped):
    """A model of that shape with its parameters."""

    shape: FeatureModel = struct.field(pytree_node=False)

    kind: ClassVar[str] = "features"
    described_by = FeatureModel

    def answers(self, context: Context, queries: Queries) -> Answers:
        """Predictions before attention and after layer 1..L, [L+1, batch, queries]."""
        return answers(self.shape, self.parameters, context.X, context.y, queries)


def embedded(
    parameters: Parameters,
    X: Float[Array, "batch points dim"],
    y: Float[Array, "batch points"] | None = None,
) -> Float[Array, "width points batch"]:
    """Tokens (x, y) after embedding and MLP; y = 0, as a query has it, unless given."""
    targets = namespace(X).zeros(X.shape[:2], X.dtype) if y is None else y
    e = left(parameters["W_E"], token_rows(X, targets))
    return e + mlp({name: parameters[name] for name in MLP}, e)


def attention(
    model: FeatureModel, parameters: Parameters, num_context: int
) -> list[dict[str, Array]]:
    """W_K, W_Q, W_V, P [heads, width, width] of every layer, learned or frozen."""
    if not model.frozen:
        return [
            {name: parameters[name][layer] for name in FACTORS} for layer in range(model.num_layers)
        ]
    like = parameters["W_E"]
    xp, last = namespace(like), np.arange(model.width) == model.width - 1
    features, target = (xp.asarray(np.diag(part)[None], like.dtype) for part in (~last, last))
    step = model.eta / num_context
    return [
        {"W_K": features, "W_Q": features, "W_V": -target, "P": step * target}
    ] * model.num_layers


@numpy_or_xla(static=("model",))
def answers(
    model: FeatureModel,
    parameters: Parameters,
    X: Float[Array, "batch n dim"],
    y: Float[Array, "batch n"],
    queries: Queries,
) -> Answers:
    """Predictions at the queries before attention and after 1, ..., L layers."""
    state = embedded(parameters, X, y), embedded(parameters, queries)
    rows = [state[1][-1]]
    for weights in attention(model, parameters, X.shape[1]):
        changes = linear_attention(weights, *state)
        state = tuple(e + change for e, change in zip(state, changes, strict=True))
        rows.append(state[1][-1])
    return -namespace(rows).stack(rows).swapaxes(1, 2)
