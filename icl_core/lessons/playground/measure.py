"""The shipped transformer of a prompt's task, and what it and its rivals make of the prompt."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from icl_core.algorithms.descent import GradientDescent
from icl_core.algorithms.ridge import BayesRR, bayes_deviation, ridge, spectrum
from icl_core.analysis.tuning import tune_descent
from icl_core.lessons.playground.config import TASKS, Playground
from icl_core.lessons.shared.shipped import find_model
from icl_core.models.linear import LinearTransformer
from icl_core.tasks.base import Context
from icl_core.tasks.linear import LinearTask, prompts_of
from icl_core.zoo.library import load_entry


@dataclass(frozen=True, kw_only=True, eq=False)
class Known:
    """A trained transformer, and gradient descent of as many steps, its step size tuned for the
    task."""

    task: LinearTask
    model: LinearTransformer
    descent: GradientDescent

    @property
    def nodes(self) -> tuple[np.ndarray, np.ndarray]:
        """Noise levels of the task, and their weights."""
        return self.task.noise.nodes()


@dataclass(frozen=True, kw_only=True, eq=False)
class Slopes:
    """Of the lines through the origin that are held of one prompt.

    path [L+1]: of the transformer after every layer. at: by method, after the layer that is shown;
    "oracle_rr" is ridge regression that is told the noise level. deviation: the posterior standard
    deviation of the slope. implied: the strength s of the ridge regression with the transformer's
    slope, alpha / w - Sigma; no ridge regression has it if that is negative.
    """

    path: np.ndarray
    at: Mapping[str, float]
    deviation: float
    implied: float


def measure(config: Playground) -> Known:
    """The shipped model, and the descent beside it."""
    task = TASKS[config.task]
    entry = find_model(config.task, config.model, config.layers)
    return Known(
        task=task,
        model=load_entry(entry).model,
        descent=tune_descent(task, config.layers),
    )


def slopes_of(config: Playground, known: Known) -> Slopes:
    """What everyone makes of the examples."""
    table = np.array(config.points)
    prompts = prompts_of(Context(X=table[None, :, :1], y=table[None, :, 1]))
    eigen, n, layer = spectrum(prompts.moments), prompts.num_context, config.shown
    path = np.asarray(known.model.weight_path(prompts))[:, 0, 0]
    bayes = BayesRR(noise=known.task.noise)
    deviation = bayes_deviation(eigen, *known.nodes, n, np.ones((1, 1, 1)))
    with np.errstate(all="ignore"):
        implied = prompts.moments.alpha[0, 0] / path[layer] - prompts.moments.Sigma[0, 0, 0]
    return Slopes(
        path=path,
        at={
            "model": float(path[layer]),
            "gd": float(known.descent.weight_path(prompts)[layer, 0, 0]),
            "oracle_rr": float(ridge(eigen, np.array(config.sigma**2))[0, 0]),
            "bayes_rr": float(bayes.weight_path(prompts)[-1, 0, 0]),
        },
        deviation=float(np.asarray(deviation)[0, 0]),
        implied=float(implied),
    )
