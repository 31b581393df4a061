"""What is trained and measured of one layer of attention (paper 1, sections 3 and 4.1)."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from icl_core.experiments.shared import MAIN, task_of, training_settings
from icl_core.training import RunConfig
from icl_core.training.factors import FactorTrainee

NAME = "one_layer"
SEEDS = (0, 1, 2, 3, 4)
SIZES: Mapping[int, RunConfig] = {
    2: RunConfig(steps=8000, batch=512, cooling=0.5),
    5: RunConfig(steps=4000, batch=512, cooling=0.5),
    10: RunConfig(steps=3000, batch=2048, cooling=0.5),
    20: RunConfig(steps=2000, batch=256, cooling=0.5),
    40: RunConfig(steps=1200, batch=256, cooling=0.5),
}
"""n = d, and how its layer is trained; the paper's size is 10."""
STARTS: Mapping[int, tuple[int, ...]] = {2: (0, 1, 2, 3), 10: SEEDS}
"""Seeds of the sizes that are run more than once. At n = d = 2 some starts end in another
stationary point, where the layer also reads the inputs' own second moments."""
MIXES = np.linspace(0, 1, 21)
INPUT_SCALES = np.linspace(0.5, 2.0, 31)
TARGET_SCALES = np.linspace(0.5, 5.0, 19)
LAW_SCALES = np.linspace(0.5, 5.0, 19)
DAMPINGS = np.linspace(0.5, 1.0, 11)
STEPS = 50
"""Applications of a rolled out layer."""
SHIFTS = f"{NAME}_shifts"


def seeds_of(size: int) -> tuple[int, ...]:
    """Seeds of the trainings of a size."""
    return STARTS.get(size, (0,))


def model_name(size: int, seed: int) -> str:
    """The layer trained at n = d = size from one seed."""
    return f"{NAME}_n{size}_seed{seed}"


def models() -> dict[str, tuple[int, int]]:
    """Size and seed of every trained layer, by name."""
    return {model_name(size, seed): (size, seed) for size in SIZES for seed in seeds_of(size)}


def training_of(size: int, seed: int) -> tuple[FactorTrainee, RunConfig]:
    """What is trained, and how."""
    return FactorTrainee(task=task_of(size)), SIZES[size].replace(seed=seed)


def settings_of(name: str) -> dict[str, Any]:
    """All that a model or a result depends on; what was made with other settings is made again."""
    if name == SHIFTS:
        return {"runs": [settings_of(model_name(MAIN, seed)) for seed in SEEDS], "version": 2}
    return training_settings(*training_of(*models()[name])) | {"version": 1}
