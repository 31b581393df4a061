"""One layer otherwise: LayerNorm, plateaus, fixed prompts, softmax (paper 1, A.9, A.11, A.12).

One layer, or two, trained by the paper's recipe with smaller batches (`training.tokens`), each
variant from several seeds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from icl_core.experiments import shared
from icl_core.experiments.shared import MAIN, task_of, training_settings
from icl_core.models.blocks import BlockModel
from icl_core.training import RunConfig
from icl_core.training.tokens import BlockTrainee

NAME = "variations"
EVALUATION, EVALUATION_SEED, QUERIES = 2000, 5_000_007, 2
SCALES = np.array([0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0])
"""Inputs times alpha."""
EVERY = 4
"""Every so many snapshots weights, likeness and shifted losses are kept too."""
SNAPSHOTS = 97
ALGORITHMS = f"{NAME}_algorithms"
"""What the trainings are measured against: gradient descent and GD++."""


@dataclass(frozen=True, kw_only=True)
class Variant(shared.Variant[BlockTrainee]):
    """descent: the algorithm of `descents` that it is likened to."""

    descent: str


def _variant(
    seeds: int,
    *,
    steps: int,
    batch: int = 512,
    queries: int = 1,
    tasks: int = 0,
    model: dict[str, Any] | None = None,
    descent: str = "gd1",
    **recipe: Any,
) -> Variant:
    shape = BlockModel(**(model or {}))
    trainee = BlockTrainee(task=task_of(MAIN), model=shape, queries=queries, tasks=tasks)
    run = RunConfig(steps=steps, batch=batch, snapshots=SNAPSHOTS, **recipe)
    return Variant(trainee=trainee, run=run, seeds=seeds, descent=descent)


FIXED = {128: 3000, 512: 3000, 2048: 1500, 8192: 1200}
"""Updates by the number of fixed prompts, which are one batch."""
HEADS = (1, 2, 4)
SOFTMAX: Mapping[str, Mapping[str, Any]] = {
    "adam": {"steps": 10_000},
    "muon": {
        "steps": 4000,
        "optimiser": "muon",
        "learning_rate": 0.01,
        "cooling": 1.0,
        "clip": 10.0,
    },
}
"""How layers of softmax heads are trained: as in the paper, and by Muon."""


def softmax_name(heads: int, optimiser: str) -> str:
    """The variant of so many softmax heads."""
    return f"softmax{heads}_{optimiser}"


BETWEEN = {"num_layers": 2, "norm": "between"}
VARIANTS: Mapping[str, Variant] = {
    "norm1": _variant(3, steps=6000, model={"norm": "every"}),
    "norm2": _variant(3, steps=6000, model=BETWEEN, descent="gdpp2"),
    "heads1": _variant(10, steps=6000, batch=256),
    "heads2": _variant(10, steps=6000, batch=256, model={"num_heads": 2}),
    **{
        f"fixed{tasks}": _variant(3, steps=steps, batch=tasks, tasks=tasks)
        for tasks, steps in FIXED.items()
    },
    "grok": _variant(3, steps=6000, batch=64, tasks=8192, model={"widening": 4}),
    **{
        softmax_name(heads, optimiser): _variant(
            5,
            batch=256,
            queries=16,
            model={"num_heads": heads, "attention": "softmax"},
            **recipe,
        )
        for optimiser, recipe in SOFTMAX.items()
        for heads in HEADS
    },
}
"""Batches of 256 and 512 fresh prompts where the paper has 2,048; for softmax heads 16 queries a
prompt where it asks one, and 10,000 updates of one head too, where it has 5,000."""


def model_name(variant: str, seed: int) -> str:
    """A variant trained from one seed."""
    return f"{NAME}_{variant}_seed{seed}"


def algorithms_settings() -> dict[str, Any]:
    """All that the algorithms' losses depend on."""
    return {"task": task_of(MAIN).to_dict(), "prompts": EVALUATION, "version": 1}


def model_settings(variant: str, seed: int) -> dict[str, Any]:
    """All that a model and what is measured of it depend on."""
    known = VARIANTS[variant]
    training = training_settings(known.trainee, known.run.replace(seed=seed))
    return training | {"prompts": EVALUATION, "descent": known.descent, "version": 1}
