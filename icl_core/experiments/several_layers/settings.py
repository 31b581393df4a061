"""What is trained and measured of several layers (paper 1, section 4.2).

Two layers tied, five untied, ten tied, all trained without clipping on moments
(`training.factors`); twelve untied blocks with four heads and MLPs, trained on tokens clipped to
+-10 (`training.tokens`). Beside them stand as many steps of gradient descent and of GD++.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from icl_core.experiments.shared import MAIN, task_of, training_settings
from icl_core.models.blocks import BlockModel
from icl_core.training import RunConfig
from icl_core.training.factors import FactorTrainee
from icl_core.training.tokens import BlockTrainee

NAME = "several_layers"
WIDER, WIDER_SHARE = 1.3, 0.05
"""Untied GD++ is tuned on spectra of which some are WIDER times as large: without them it diverges
on the one prompt in thousands whose largest eigenvalue is beyond all that it was tuned on."""
EXACT, TUNED_ON = 100_000, 10_000
"""Spectra for exact losses, and for tuning."""
CLIP = 10.0
"""Largest entry of a token after every layer, where tokens are clipped."""
SWEEP_PROMPTS = 2048
MIXES = np.linspace(0, 1, 11)
SCALES = np.linspace(0.5, 2.0, 13)
METHODS = ("gd", "gdpp")


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """How many layers, tied or not, how they are trained and from which seeds, and what they are
    called."""

    words: str
    trainee: FactorTrainee | BlockTrainee
    run: RunConfig
    seeds: tuple[int, ...]
    movie: tuple[int, ...] = ()
    """Seeds whose weights are kept over training."""

    @property
    def layers(self) -> int:
        if isinstance(self.trainee, BlockTrainee):
            return self.trainee.model.num_layers
        return self.trainee.layers

    @property
    def tied(self) -> bool:
        return isinstance(self.trainee, FactorTrainee) and self.trainee.blocks == 1

    @property
    def clipped(self) -> bool:
        """Whether tokens are clipped, in training and after it."""
        return isinstance(self.trainee, BlockTrainee)


ARCHITECTURES: Mapping[str, Architecture] = {
    "tied2": Architecture(
        words="two tied layers",
        trainee=FactorTrainee(task=task_of(MAIN), layers=2),
        run=RunConfig(steps=5000, cooling=0.5),
        seeds=(0, 1, 2, 3, 4),
        movie=(0, 1, 2, 3, 4),
    ),
    "untied5": Architecture(
        words="five untied layers",
        trainee=FactorTrainee(task=task_of(MAIN), layers=5, blocks=5, wider=1.25),
        run=RunConfig(steps=12_000, batch=256, learning_rate=3e-3, cooling=0.5),
        seeds=(0, 1, 2),
        movie=(0,),
    ),
    "tied10": Architecture(
        words="ten tied layers",
        trainee=FactorTrainee(task=task_of(MAIN), layers=10, wider=1.14),
        run=RunConfig(steps=16_000, batch=128, learning_rate=5e-3, cooling=0.5),
        seeds=(0, 1, 2),
        movie=(0, 1, 2),
    ),
    "blocks12": Architecture(
        words="twelve untied blocks with MLPs",
        trainee=BlockTrainee(
            task=task_of(MAIN),
            model=BlockModel(num_layers=12, num_heads=4, widening=4, clip=CLIP),
            queries=4,
        ),
        run=RunConfig(steps=4000, batch=128, clip=0.1, cooling=0.5),
        seeds=(0, 1),
    ),
}
"""Deeper than two, learning rates are higher than the paper's 5e-4, gradients are clipped to less
than its 10 (with Adam that evens out rare large ones), runs are shorter than its 50,000 steps,
and some prompts are wider (see `training.stack`)."""


def model_name(architecture: str, seed: int) -> str:
    """The layers of an architecture trained from one seed."""
    return f"{NAME}_{architecture}_seed{seed}"


def algorithms_name(architecture: str) -> str:
    """Its rivals: as many steps of GD and GD++."""
    return f"{NAME}_{architecture}_algorithms"


def sweeps_name(architecture: str) -> str:
    """What is measured on its finished layers."""
    return f"{NAME}_{architecture}_sweeps"


def algorithms_settings(architecture: str) -> dict[str, Any]:
    """All that the tuned algorithms depend on."""
    known = ARCHITECTURES[architecture]
    return {
        "task": task_of(MAIN).to_dict(),
        "layers": known.layers,
        "tied": known.tied,
        "wider": [WIDER, WIDER_SHARE],
        "spectra": [EXACT, TUNED_ON],
        "version": 2,
    }


def training_of(architecture: str, seed: int) -> tuple[FactorTrainee | BlockTrainee, RunConfig]:
    """What is trained, and how, from a seed."""
    known = ARCHITECTURES[architecture]
    return known.trainee, known.run.replace(seed=seed)


def model_settings(architecture: str, seed: int) -> dict[str, Any]:
    """All that a trained model and what is measured of it depend on."""
    return training_settings(*training_of(architecture, seed)) | {
        "movie": seed in ARCHITECTURES[architecture].movie,
        "beside": algorithms_settings(architecture),
        "version": 1,
    }


def sweeps_settings(architecture: str) -> dict[str, Any]:
    """All that the sweeps depend on."""
    runs = [model_settings(architecture, seed) for seed in ARCHITECTURES[architecture].seeds]
    sweeps = {"scales": SCALES.tolist(), "mixes": MIXES.tolist(), "prompts": SWEEP_PROMPTS}
    return {"runs": runs, **sweeps, "version": 2}
