"""Every method is a path of weight vectors: `weight_path(prompts)` is [steps + 1, batch, d]."""

from typing import Protocol

from icl_core.arrays import WeightPath
from icl_core.tasks.linear import Prompts


class Method(Protocol):
    """A linear transformer, a gradient method or a closed form: one evaluation serves them all."""

    def weight_path(self, prompts: Prompts) -> WeightPath:
        """Implicit weights after step 0, 1, ..., from w = 0."""
        ...
