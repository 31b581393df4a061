"""The linear transformer as paper 1 trains it: by W_K, W_Q, W_V, P of every head."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from flax import struct
from jaxtyping import Float

from icl_core.arrays import Array, WeightPath
from icl_core.models.linear import LinearTransformer
from icl_core.models.predictor import Method, Model
from icl_core.tasks.base import Task
from icl_core.tasks.linear import Prompts
from icl_core.validation import choice, integer

Factor = Float[Array, "blocks heads tokens tokens"]
FACTORS: tuple[str, ...] = ("W_K", "W_Q", "W_V", "P")
"""The weights of a layer of attention."""


def layer_products(factors: Mapping[str, Array], num_layers: int) -> tuple[Array, Array]:
    """P W_V and W_K^T W_Q of every layer, [L, ..., d+1, d+1], of factors that begin with the layers
    or, where these are tied, with one block."""
    W_K, W_Q, W_V, P = (factors[name] for name in FACTORS)
    times = num_layers // len(P)
    return (P @ W_V).repeat(times, axis=0), (W_K.mT @ W_Q).repeat(times, axis=0)


def factors_of(
    P: Float[np.ndarray, "*lead size size"], Q: Float[np.ndarray, "*lead size size"]
) -> dict[str, np.ndarray]:
    """Factors whose products are P = P W_V and Q = W_K^T W_Q, which alone count: the others are
    identities."""
    one = np.broadcast_to(np.eye(P.shape[-1]), P.shape)
    return {"W_K": one, "W_Q": Q, "W_V": P, "P": one}


@struct.dataclass
class FactoredTransformer(Method, Model):
    """L layers of linear attention, each adding sum_k P_k V_k G K_k^T Q_k e to every token e.

    W_K, W_Q, W_V, P are [L, H, d+1, d+1], or [1, H, d+1, d+1] for tied layers, which have one set
    of weights; vectors are columns.
    """

    W_K: Factor
    W_Q: Factor
    W_V: Factor
    P: Factor
    num_layers: int = struct.field(pytree_node=False)

    kind: ClassVar[str] = "factors"

    @classmethod
    def of_one_head(cls, factors: Mapping[str, Array], num_layers: int) -> Self:
        """The model of factors [blocks, d+1, d+1]; of tied layers there is one block."""
        return cls(num_layers=num_layers, **{name: factors[name][:, None] for name in FACTORS})

    @property
    def linear(self) -> LinearTransformer:
        """The same model by its products P W_V and W_K^T W_Q, in the factors' own precision."""
        P, Q = layer_products({name: getattr(self, name) for name in FACTORS}, self.num_layers)
        return LinearTransformer(P=P, Q=Q)

    def weight_path(self, prompts: Prompts) -> WeightPath:
        """w after layer 0..L, [L+1, batch, d]."""
        return self.linear.weight_path(prompts)

    def config(self) -> dict[str, Any]:
        blocks, heads = self.P.shape[:2]
        tied = blocks < self.num_layers
        return {"num_layers": self.num_layers, "num_heads": heads, "tied": tied}

    def tensors(self) -> dict[str, np.ndarray]:
        return {name: np.asarray(getattr(self, name)) for name in FACTORS}

    @classmethod
    def shapes(cls, config: Mapping[str, Any], task: Task) -> dict[str, tuple[int, ...]]:
        layers = integer("num_layers", config.get("num_layers"), "num_layers")
        heads = integer("num_heads", config.get("num_heads"), "num_heads")
        tied = choice("Whether layers are tied", config.get("tied"), (False, True))
        shape = (1 if tied else layers, heads, task.dim + 1, task.dim + 1)
        return dict.fromkeys(FACTORS, shape)

    @classmethod
    def build(cls, config: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> Self:
        factors: Any = {name: tensors[name] for name in FACTORS}
        return cls(num_layers=int(config["num_layers"]), **factors)
