"""Trained layers beside as many steps of gradient descent and of GD++ (paper 1, section 4.2).

Two layers tied, five untied, ten tied, all trained without clipping on moments
(`training.factors`); twelve untied blocks with four heads and MLPs, trained on tokens clipped to
+-10 (`training.tokens`). GD and GD++ of as many steps are tuned on the exact loss, without clipping
(`analysis.recursion`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from icl_core.analysis.recursion import residuals, sample_spectra, tune_steps, tune_untied
from icl_core.analysis.statistics import mean_and_error
from icl_core.constructions.matrices import descent_weights
from icl_core.models.blocks import BlockModel
from icl_core.models.linear import LinearTransformer
from icl_core.training import RunConfig
from icl_core.training.factors import FactorTrainee
from icl_core.training.tokens import BlockTrainee
from icl_core.zoo.paper1.one_layer import MAIN, task_of
from icl_core.zoo.paper1.store import Part

WIDER, WIDER_SHARE = 1.3, 0.05
"""Untied GD++ is tuned on spectra of which some are WIDER times as large: without them it diverges
on the one prompt in thousands whose largest eigenvalue is beyond all that it was tuned on."""
EXACT, TUNED_ON = 100_000, 10_000
"""Spectra for exact losses, and for tuning."""
CLIP = 10.0
"""Largest entry of a token after every layer, where tokens are clipped."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One experiment: how its layers are trained, from which seeds, and what it is called."""

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
        """Whether tokens were clipped in training."""
        return isinstance(self.trainee, BlockTrainee)


KINDS: Mapping[str, Kind] = {
    "tied2": Kind(
        words="two tied layers",
        trainee=FactorTrainee(task=task_of(MAIN), layers=2),
        run=RunConfig(steps=5000, cooling=0.5),
        seeds=(0, 1, 2, 3, 4),
        movie=(0, 1, 2, 3, 4),
    ),
    "untied5": Kind(
        words="five untied layers",
        trainee=FactorTrainee(task=task_of(MAIN), layers=5, blocks=5, wider=1.25),
        run=RunConfig(steps=12_000, batch=256, learning_rate=3e-3, cooling=0.5),
        seeds=(0, 1, 2),
        movie=(0,),
    ),
    "tied10": Kind(
        words="ten tied layers",
        trainee=FactorTrainee(task=task_of(MAIN), layers=10, wider=1.14),
        run=RunConfig(steps=16_000, batch=128, learning_rate=5e-3, cooling=0.5),
        seeds=(0, 1, 2),
        movie=(0, 1, 2),
    ),
    "blocks12": Kind(
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
and some prompts are wider (see `training.factors`)."""
BASELINES = "depth_baselines"
METHODS = ("gd", "gdpp")


def run_name(kind: str, seed: int) -> str:
    return f"depth_{kind}_seed{seed}"


def shifts_name(kind: str) -> str:
    return f"depth_{kind}_shifts"


def run_names() -> dict[str, tuple[str, int]]:
    """Kind and seed of every run, by the name of its part."""
    return {run_name(key, seed): (key, seed) for key, kind in KINDS.items() for seed in kind.seeds}


def baseline_settings() -> dict[str, Any]:
    depths = {key: [kind.layers, kind.tied] for key, kind in KINDS.items()}
    return {
        "task": task_of(MAIN).to_dict(),
        "depths": depths,
        "wider": [WIDER, WIDER_SHARE],
        "spectra": [EXACT, TUNED_ON],
        "version": 2,
    }


def tuned(layers: int, *, tied: bool, preconditioned: bool) -> tuple[np.ndarray, np.ndarray]:
    """eta / n and gamma by step: of GD, whose steps share one eta, or of GD++, tied or not."""
    task = task_of(MAIN)
    values = sample_spectra(task, prompts=TUNED_ON)
    if preconditioned and not tied:
        few = round(WIDER_SHARE * TUNED_ON)
        return tune_untied(task, layers, np.concatenate([values, WIDER * values[:few]]))
    found = tune_steps(task, layers, preconditioned=preconditioned, eigenvalues=values)
    return np.array(found.etas) / task.num_context, np.array(found.gammas)


def build_baselines() -> dict[str, np.ndarray]:
    """GD and GD++ for every kind: their numbers, and exact losses by step on fresh spectra.

    Losses are [3, K+1]: mean, standard error, median over spectra.
    """
    arrays: dict[str, np.ndarray] = {}
    task = task_of(MAIN)
    values = sample_spectra(task, prompts=EXACT, seed=6)
    for key, (layers, tied) in baseline_settings()["depths"].items():
        for name in METHODS:
            steps, gammas = tuned(layers, tied=tied, preconditioned=name == "gdpp")
            losses = 0.5 * task.inputs.variance * np.sum(residuals(values, steps, gammas) ** 2, -1)
            arrays |= {
                f"{key}:{name}:steps": steps,
                f"{key}:{name}:gammas": gammas,
                f"{key}:{name}:loss": np.stack([*mean_and_error(losses), np.median(losses, -1)]),
            }
    return arrays


def baseline(part: Part, kind: str, name: str) -> LinearTransformer:
    """The construction of the tuned GD ("gd") or GD++ ("gdpp") of a kind."""
    numbers = (part[f"{kind}:{name}:{field}"] for field in ("steps", "gammas"))
    layers = [
        descent_weights(np.zeros((1, MAIN)), eta=float(step), num_context=1, gamma=float(gamma))
        for step, gamma in zip(*numbers, strict=True)
    ]
    P, Q = (np.stack([getattr(layer, key) for layer in layers]) for key in ("PW_V", "W_KQ"))
    return LinearTransformer(P=P[:, None], Q=Q[:, None])
