"""Models that a description of their shape and parameters by name make up."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from flax import struct

from icl_core.arrays import Array
from icl_core.models.predictor import Model
from icl_core.tasks.base import Task


@struct.dataclass
class Shaped(Model):
    """A model of that shape with its parameters."""

    parameters: Mapping[str, Array]
    shape: Any = struct.field(pytree_node=False)

    described_by: ClassVar[type[Any]]
    """The config of a shape, whose `shapes(*sizes(task))` are those of the parameters, each with
    its fan-in."""

    @classmethod
    def sizes(cls, task: Task) -> tuple[int, ...]:
        """What the shapes of parameters depend on beside the model's own."""
        return (task.dim,)

    def config(self) -> dict[str, Any]:
        return self.shape.to_dict()

    def tensors(self) -> dict[str, np.ndarray]:
        return {name: np.asarray(values) for name, values in self.parameters.items()}

    @classmethod
    def shapes(cls, config: Mapping[str, Any], task: Task) -> dict[str, tuple[int, ...]]:
        shapes = cls.described_by.from_dict(config).shapes(*cls.sizes(task))
        return {name: shape for name, (shape, _) in shapes.items()}

    @classmethod
    def build(cls, config: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> Self:
        return cls(parameters=tensors, shape=cls.described_by.from_dict(config))
