"""Sine waves learned by an MLP below linear attention (paper 1, section 3.3, figure 4).

A transformer with one, two or three layers of attention, and beside the first its control, whose
attention is one frozen step of gradient descent on the features. The control of a seed is trained
before its transformer, for as many updates.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from icl_core.experiments.shared import training_settings
from icl_core.models.features import FeatureModel
from icl_core.tasks.base import Context
from icl_core.tasks.sine import LAWS, SineTask
from icl_core.training import RunConfig
from icl_core.training.answers import RECIPES, AnswerTrainee

NAME = "sine"
KERNEL = f"{NAME}_kernel"
"""The best step with a Gaussian kernel, for both laws."""
EVALUATION, QUERIES, EVALUATION_SEED = 1024, 16, 5_000_009
"""Prompts and queries that losses over training are measured on; at the end there are more."""
FINAL, FINAL_SEED = 10_000, 5_000_010
ALIKE, ALIKE_SEED = 64, 5_000_011
"""Prompts on which a transformer is likened to its control."""
SNAPSHOTS = 17
SHOWN_SEED = 4
"""Of the prompt whose answers are kept over training."""
POINTS = np.linspace(-5, 5, 100)
"""The queries of that prompt."""
LENGTHS = np.geomspace(0.2, 5, 33)
"""Lengths of the Gaussian kernel that are tried."""


@dataclass(frozen=True, kw_only=True)
class Variant:
    """What is trained, on which law, from how many seeds; the variant that is its control."""

    law: str
    model: FeatureModel
    queries: int
    run: RunConfig
    seeds: int
    control: str = ""

    @property
    def trainee(self) -> AnswerTrainee:
        return AnswerTrainee(task=SineTask(law=self.law), model=self.model, queries=self.queries)


def _variant(recipe: str, law: str, seeds: int, *, layers: int = 1, control: str = "") -> Variant:
    known = RECIPES[recipe]
    assert isinstance(known.model, FeatureModel)
    return Variant(
        law=law,
        model=known.model.replace(num_layers=layers),
        queries=known.queries,
        run=known.run.replace(snapshots=SNAPSHOTS),
        seeds=seeds,
        control=control,
    )


SEEDS = {"coded": 5, "printed": 2}
DEEPER = (2, 3)
DEEPER_SEEDS = 2
VARIANTS: Mapping[str, Variant] = {
    **{f"{law}_control": _variant("control_quick", law, SEEDS[law]) for law in LAWS},
    **{law: _variant("sine_quick", law, SEEDS[law], control=f"{law}_control") for law in LAWS},
    **{f"coded_L{L}": _variant("sine_quick", "coded", DEEPER_SEEDS, layers=L) for L in DEEPER},
}


def variant_of(law: str, layers: int) -> str:
    """The name of a transformer."""
    return law if layers == 1 else f"{law}_L{layers}"


def shown_prompt(law: str) -> Context:
    """The one prompt whose answers are kept over training."""
    return SineTask(law=law).draw(SHOWN_SEED, 1).context


def model_name(variant: str, seed: int) -> str:
    """A variant trained from one seed."""
    return f"{NAME}_{variant}_seed{seed}"


def kernel_settings() -> dict[str, Any]:
    """All that the steps with a Gaussian kernel depend on."""
    return {
        "laws": list(LAWS),
        "lengths": LENGTHS.tolist(),
        "prompts": FINAL,
        "seed": FINAL_SEED,
        "version": 1,
    }


def model_settings(variant: str, seed: int) -> dict[str, Any]:
    """All that a model and what is measured of it depend on."""
    known = VARIANTS[variant]
    training = training_settings(known.trainee, known.run.replace(seed=seed))
    beside = {"control": model_settings(known.control, seed)} if known.control else {}
    measured = {"prompts": [EVALUATION, FINAL, ALIKE], "queries": QUERIES, "shown": SHOWN_SEED}
    return training | beside | measured | {"version": 1}
