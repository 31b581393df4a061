"""GD and GD++ of as many steps as there are layers, tuned on exact losses, without clipping."""

import numpy as np

from icl_core.analysis.estimate import MedianEstimate
from icl_core.analysis.recursion import residuals, sample_spectra, tune_steps, tune_untied
from icl_core.experiments.several_layers import settings
from icl_core.experiments.several_layers.results import Algorithms, Descent
from icl_core.experiments.shared import MAIN, task_of


def tuned(layers: int, *, tied: bool, preconditioned: bool) -> tuple[np.ndarray, np.ndarray]:
    """eta / n and gamma by step: of GD, whose steps share one eta, or of GD++, tied or not."""
    task = task_of(MAIN)
    values = sample_spectra(task, prompts=settings.TUNED_ON)
    if preconditioned and not tied:
        few = round(settings.WIDER_SHARE * settings.TUNED_ON)
        return tune_untied(task, layers, np.concatenate([values, settings.WIDER * values[:few]]))
    found = tune_steps(task, layers, preconditioned=preconditioned, eigenvalues=values)
    return np.array(found.etas) / task.num_context, np.array(found.gammas)


def tune_algorithms(architecture: str) -> Algorithms:
    """The rivals of an architecture, with their exact losses on fresh spectra."""
    known, task = settings.ARCHITECTURES[architecture], task_of(MAIN)
    values = sample_spectra(task, prompts=settings.EXACT, seed=6)

    def descent(preconditioned: bool) -> Descent:
        steps, gammas = tuned(known.layers, tied=known.tied, preconditioned=preconditioned)
        left = residuals(values, steps, gammas)
        losses = 0.5 * task.inputs.variance * np.sum(left**2, -1)
        return Descent(steps=steps, gammas=gammas, loss=MedianEstimate.of(losses))

    return Algorithms(gd=descent(False), gdpp=descent(True))
