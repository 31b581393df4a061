"""Every kind of model that a checkpoint can hold; a new kind is a class and its row in `KINDS`."""

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, Self

import numpy as np

from icl_core.models.blocks import BlockTransformer
from icl_core.models.factored import FactoredTransformer
from icl_core.models.linear import LinearTransformer
from icl_core.tasks.linear import LinearTask


class Model(Protocol):
    """A trained model: a pytree of its parameters that says what it is."""

    kind: ClassVar[str]
    """Its name in files."""

    def config(self) -> dict[str, Any]:
        """What it is but for its parameters, as plain JSON-able values."""
        ...

    def tensors(self) -> dict[str, np.ndarray]:
        """Its parameters by name."""
        ...

    @classmethod
    def shapes(cls, config: Mapping[str, Any], task: LinearTask) -> dict[str, tuple[int, ...]]:
        """Name and shape of every tensor of such a model; InputError for no such config."""
        ...

    @classmethod
    def build(cls, config: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> Self:
        """The model of a checked config and tensors of its `shapes`, in float32 or float64."""
        ...


KINDS: Mapping[str, type[Model]] = {
    model.kind: model for model in (LinearTransformer, FactoredTransformer, BlockTransformer)
}
