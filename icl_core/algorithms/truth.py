"""The weights that made the targets: what plain losses are measured against."""

from dataclasses import dataclass

from icl_core.arrays import WeightPath, namespace
from icl_core.models.predictor import Method
from icl_core.tasks.linear import Prompts
from icl_core.validation import Config


@dataclass(frozen=True, kw_only=True)
class TrueWeights(Config, Method):
    """w itself, in one step: no learner knows it where there is noise or n < d."""

    name = "truth"

    def weight_path(self, prompts: Prompts) -> WeightPath:
        xp = namespace(prompts.w)
        return xp.stack([xp.zeros_like(prompts.w), prompts.w])
