"""The linear transformer as paper 1 trains it: by W_K, W_Q, W_V, P of every head."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from flax import struct
from jaxtyping import Float

from icl_core.arrays import Array, WeightPath, namespace
from icl_core.models.linear import LinearTransformer
from icl_core.models.predictor import Method, Model
from icl_core.tasks.base import Task
from icl_core.tasks.linear import Prompts
from icl_core.validation import choice, integer

Factor = Float[Array, "blocks heads tokens tokens"]
NAMES = ("W_K", "W_Q", "W_V", "P")


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

    @property
    def linear(self) -> LinearTransformer:
        """The same model by its products P W_V and W_K^T W_Q, in the factors' own precision."""
        xp, times = namespace(self), self.num_layers // len(self.P)
        products = self.P @ self.W_V, self.W_K.mT @ self.W_Q
        P, Q = (xp.repeat(values, times, axis=0) for values in products)
        return LinearTransformer(P=P, Q=Q)

    def weight_path(self, prompts: Prompts) -> WeightPath:
        """w after layer 0..L, [L+1, batch, d]."""
        return self.linear.weight_path(prompts)

    def config(self) -> dict[str, Any]:
        blocks, heads = self.P.shape[:2]
        tied = blocks < self.num_layers
        return {"num_layers": self.num_layers, "num_heads": heads, "tied": tied}

    def tensors(self) -> dict[str, np.ndarray]:
        return {name: np.asarray(getattr(self, name)) for name in NAMES}

    @classmethod
    def shapes(cls, config: Mapping[str, Any], task: Task) -> dict[str, tuple[int, ...]]:
        layers = integer("num_layers", config.get("num_layers"), "num_layers")
        heads = integer("num_heads", config.get("num_heads"), "num_heads")
        tied = choice("Whether layers are tied", config.get("tied"), (False, True))
        shape = (1 if tied else layers, heads, task.dim + 1, task.dim + 1)
        return dict.fromkeys(NAMES, shape)

    @classmethod
    def build(cls, config: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> Self:
        factors: Any = {name: tensors[name] for name in NAMES}
        return cls(num_layers=int(config["num_layers"]), **factors)
