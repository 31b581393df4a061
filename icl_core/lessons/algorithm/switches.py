"""What each of the four numbers omega of a layer is worth: scaled, switched off, one or all."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from icl_core.analysis.loss import LossSummary, distance_loss, summarize
from icl_core.lessons.algorithm.config import OMEGAS
from icl_core.lessons.algorithm.measure import Opened, draw_sample
from icl_core.lessons.shared.beside import beside_of
from icl_core.models.diagonal import losses_of
from icl_core.tasks.linear import LinearTask

FACTORS = np.round(np.linspace(0, 2, 21), 1)
"""Where the slider of a factor stops; every stop is computed, none interpolated."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Switched:
    """Adjusted losses (half MSE) with one omega scaled by each of FACTORS.

    law: arrays [factors, L+1], over the task's noise; profile: [factors, levels], after the last
    layer. rise, rise_error [factors]: how much the loss after the last layer is above that of the
    model as trained on the same prompts, and its standard error.
    """

    law: LossSummary
    profile: LossSummary
    rise: np.ndarray
    rise_error: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Worth:
    """Loss after the last layer with one omega off: arrays [4, 1 + L], in all layers, then in each.

    loss and its standard error; rise above the loss as trained, prompt by prompt, with its standard
    error. base, base_error: as trained. nothing: of predicting 0.
    """

    loss: np.ndarray
    error: np.ndarray
    rise: np.ndarray
    rise_error: np.ndarray
    base: float
    base_error: float
    nothing: float


def scaled(omegas: np.ndarray, factors: tuple[float, ...], layer: int) -> np.ndarray:
    """omegas [L, 4] times the four factors, in one layer or (0) in all."""
    changed = omegas.copy()
    rows = slice(None) if layer == 0 else slice(layer - 1, layer)
    changed[rows] *= np.asarray(factors)
    return changed


@lru_cache(maxsize=64)
def as_trained(opened: Opened) -> np.ndarray:
    """Losses [L+1, prompts] of the model as trained."""
    return _losses(opened, opened.omegas[None])[0]


@lru_cache(maxsize=64)
def switched(opened: Opened, omega: str, factors: tuple[float, ...], layer: int) -> Switched:
    """One omega at each of FACTORS, the others at their own factors."""
    index = OMEGAS.index(omega)
    models = np.stack(
        [
            scaled(opened.omegas, (*factors[:index], factor, *factors[index + 1 :]), layer)
            for factor in FACTORS
        ]
    )
    losses = _losses(opened, models)
    law, levels = opened.sample.parts(losses)
    base, _ = opened.sample.parts(as_trained(opened))
    rise, error = paired(law[:, -1], base[-1])
    return Switched(
        law=summarize(law), profile=summarize(levels[:, -1]), rise=rise, rise_error=error
    )


@lru_cache(maxsize=64)
def worth(opened: Opened) -> Worth:
    """Every omega off, in all layers and in each alone."""
    off = [tuple(float(i != j) for j in range(4)) for i in range(4)]
    columns = range(opened.num_layers + 1)
    models = [scaled(opened.omegas, factors, layer) for factors in off for layer in columns]
    losses = _law_losses(opened, np.stack([opened.omegas, *models]))
    base, law, shape = losses[0], losses[1:, -1], (4, len(columns))
    last, own = summarize(law), summarize(base)
    rise, error = paired(law, base[-1])
    return Worth(
        loss=last.mean.reshape(shape),
        error=last.stderr.reshape(shape),
        rise=rise.reshape(shape),
        rise_error=error.reshape(shape),
        base=float(own.mean[-1]),
        base_error=float(own.stderr[-1]),
        nothing=float(own.mean[0]),
    )


def _losses(opened: Opened, models: np.ndarray) -> np.ndarray:
    sample = opened.sample
    return losses_of(models, sample.prompts.moments, sample.target)


@lru_cache(maxsize=64)
def losses_beside(name: str, task: LinearTask) -> np.ndarray:
    """Losses [steps, prompts] of a second model (`beside_of`) on the prompts of a task's sample."""
    sample, method = draw_sample(task), beside_of(name, task.dim).method
    path = method.weight_path(sample.prompts)
    return np.asarray(distance_loss(path, sample.target, task.query_variances))


def _law_losses(opened: Opened, models: np.ndarray) -> np.ndarray:
    blocks = [losses_of(models, prompts.moments, target) for prompts, target in opened.law]
    return np.concatenate(blocks, axis=-1)


def paired(losses: np.ndarray, base: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard error over the last axis of the difference on the same prompts."""
    with np.errstate(over="ignore", invalid="ignore"):
        rise = losses - base
        return rise.mean(-1), rise.std(-1, ddof=1) / np.sqrt(rise.shape[-1])
