"""The one contract of everything that answers queries, learned or not.

A `Predictor` answers queries from a context. A `Method` does so linearly: after every step its
answer is <w, x> with implicit weights w, so that losses are exact over the query. A `Model` can be
stored.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from jaxtyping import Float

from icl_core.arrays import Array, WeightPath, namespace
from icl_core.tasks.base import Context, Task
from icl_core.tasks.linear import Prompts, prompts_of

Queries = Float[Array, "batch queries dim"]
Answers = Float[Array, "steps batch queries"]


class Predictor(Protocol):
    """Whatever answers queries; of numpy arrays it does so in numpy."""

    def answers(self, context: Context, queries: Queries) -> Answers:
        """Predictions after step 0, 1, ... (of a model: layer), [steps + 1, batch, queries]."""
        ...


class Method(ABC):
    """A linear transformer, a gradient method or a closed form: a path of weight vectors."""

    @abstractmethod
    def weight_path(self, prompts: Prompts) -> WeightPath:
        """Implicit weights w after step 0, 1, ..., [steps + 1, batch, d], from w = 0."""

    def answers(self, context: Context, queries: Queries) -> Answers:
        """<w, x> at every query, [steps + 1, batch, queries]."""
        path = self.weight_path(prompts_of(context))
        return namespace(path, queries).matvec(queries[None], path)


class Model(Predictor, Protocol):
    """A trained model: a pytree of its parameters that says what it is (`models.kinds`)."""

    kind: ClassVar[str]
    """Its name in files."""

    def config(self) -> dict[str, Any]:
        """What it is but for its parameters, as plain JSON-able values."""
        ...

    def tensors(self) -> dict[str, np.ndarray]:
        """Its parameters by name."""
        ...

    @classmethod
    def shapes(cls, config: Mapping[str, Any], task: Task) -> dict[str, tuple[int, ...]]:
        """Name and shape of every tensor of such a model; InputError for no such config."""
        ...

    @classmethod
    def build(cls, config: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> Self:
        """The model of a checked config and tensors of its `shapes`, in float32 or float64."""
        ...
