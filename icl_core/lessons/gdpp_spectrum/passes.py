"""What the layers of a trained model do to the spectra of prompts of its own task."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import jax
import numpy as np

from icl_core.algorithms.ridge import OracleRR
from icl_core.analysis.hessian import (
    Followed,
    common_direction,
    diag_step,
    eigenvalue_path,
    followed,
    gap,
    hessian_path,
    nearest_gamma,
)
from icl_core.analysis.loss import distance_loss
from icl_core.analysis.spectrum import condition_numbers, transform
from icl_core.arrays import eigh
from icl_core.lessons.gdpp_spectrum.config import DRAWN, MANY
from icl_core.lessons.gdpp_spectrum.trained import Trained
from icl_core.lessons.shared.coordinates import omega_values
from icl_core.models.linear import gram_path, implicit_weights, information_flow
from icl_core.tasks.linear import LinearTask, Moments, draw_prompts

PROMPTS_TRIED = 256
"""Over which condition numbers and losses are summed up; DRAWN of them are shown one by one."""
SEED = 13
JUMP = 5.0
"""Of the condition number, by which a direction is said to stand out."""
KEPT = 16
"""Models, at one snapshot each, whose results are remembered."""


@lru_cache(maxsize=KEPT)
def sample_of(task: LinearTask) -> tuple[Moments, np.ndarray]:
    """Prompts of the task and, for each, ridge regression with its own sigma^2, [prompts, d]."""
    prompts = draw_prompts(task, SEED, PROMPTS_TRIED)
    return prompts.moments, np.asarray(OracleRR().weight_path(prompts)[-1])


def _rows(draw: int) -> slice:
    """Which prompts are shown: one, or all that are."""
    return slice(DRAWN) if draw == MANY else slice(draw - 1, draw)


def _moments(trained: Trained, rows: slice) -> Moments:
    return jax.tree.map(lambda part: part[rows], sample_of(trained.task)[0])


@dataclass(frozen=True, kw_only=True, eq=False)
class Survey:
    """Prompts after layer 0..L: eigenvalues that are not 0, [L+1, prompts, rank], ascending;
    adjusted losses (half MSE) [L+1, prompts]."""

    eigenvalues: np.ndarray
    losses: np.ndarray

    @property
    def conditions(self) -> np.ndarray:
        """[L+1, prompts]; NaN where the model has diverged."""
        return conditions_of(self.eigenvalues)


def conditions_of(eigenvalues: np.ndarray) -> np.ndarray:
    """Condition numbers along the last axis; NaN where eigenvalues are not finite."""
    known = np.isfinite(eigenvalues).all(-1)
    return np.where(known, condition_numbers(np.nan_to_num(eigenvalues)), np.nan)


@lru_cache(maxsize=KEPT)
def survey_of(trained: Trained, frame: int) -> Survey:
    """All prompts at one snapshot."""
    moments, target = sample_of(trained.task)
    model = trained.model(frame)
    values = np.asarray(eigenvalue_path(hessian_path(model, moments)))
    path = implicit_weights(model, moments)
    losses = distance_loss(path, target, trained.task.query_variances)
    return Survey(eigenvalues=values[..., -trained.rank :], losses=np.asarray(losses))


@lru_cache(maxsize=KEPT)
def followed_of(trained: Trained, frame: int, draw: int) -> Followed:
    """Eigenvalues that are not 0 of the prompts shown, followed by their eigenvectors."""
    found = followed(hessian_path(trained.model(frame), _moments(trained, _rows(draw))))
    return Followed(eigenvalues=found.eigenvalues[..., -trained.rank :], kept=found.kept)


@lru_cache(maxsize=KEPT)
def gammas_of(trained: Trained, frame: int) -> np.ndarray:
    """gamma of every layer, [L]: -omega_xx, for FULL what comes nearest over all prompts shown."""
    model = trained.model(frame)
    if trained.kin.parametrization != "full":
        return -omega_values(model)[:, 0]
    values = followed_of(trained, frame, MANY).eigenvalues
    return np.array([nearest_gamma(x.ravel(), y.ravel()) for x, y in pairwise(values)])


@dataclass(frozen=True, kw_only=True, eq=False)
class Step:
    """One layer: eigenvalues before and after it, [points]; GD++ of its own gamma beside it.

    gap is that of `analysis.hessian.gap`. kept: mean squared overlap of eigenvectors. mixed: of
    the change of Sigma (Frobenius norms), the share that omega_xy makes in a DIAG model; else NaN.
    """

    before: np.ndarray
    after: np.ndarray
    gamma: float
    gap: float
    kept: float
    mixed: float


@lru_cache(maxsize=KEPT)
def steps_of(trained: Trained, frame: int, draw: int) -> tuple[Step, ...]:
    """Every layer, on one prompt or all that are shown."""
    found, gammas = followed_of(trained, frame, draw), gammas_of(trained, frame)
    mixed, steps = _mixed(trained, frame, draw), []
    for layer, gamma in enumerate(gammas.tolist()):
        before, after = (found.eigenvalues[place].ravel() for place in (layer, layer + 1))
        steps.append(
            Step(
                before=before,
                after=after,
                gamma=gamma,
                gap=gap(before, after, gamma),
                kept=float(np.mean(found.kept[layer])),
                mixed=mixed[layer],
            )
        )
    return tuple(steps)


def _mixed(trained: Trained, frame: int, draw: int) -> list[float]:
    if trained.kin.parametrization == "full":
        return [np.nan] * trained.num_layers
    model = trained.model(frame)
    grams = gram_path(model, _moments(trained, _rows(draw)))
    shares = []
    for layer, (xx, xy, _, _) in enumerate(omega_values(model)):
        added = diag_step(xx, xy, grams[layer])[1]
        moved = np.linalg.norm((grams[layer + 1] - grams[layer])[..., :-1, :-1])
        shares.append(float(np.linalg.norm(added) / moved) if moved else np.nan)
    return shares


def pure_conditions(trained: Trained, frame: int) -> np.ndarray:
    """Condition numbers [L+1, prompts] if every layer were GD++ of its own gamma and no more."""
    values = [survey_of(trained, frame).eigenvalues[0]]
    for gamma in gammas_of(trained, frame):
        values.append(transform(values[-1], gamma))
    return conditions_of(np.stack(values))


@dataclass(frozen=True, kw_only=True, eq=False)
class Standout:
    """A layer after which one direction stands out: how far it is the same for all prompts, and
    its mean squared overlap with u of x^l = M x + u y (Lemma 4.3), into which y is mixed."""

    layer: int
    common: float
    with_u: float


@lru_cache(maxsize=KEPT)
def standout_of(trained: Trained, frame: int) -> Standout | None:
    """The first layer, of those that are read, to multiply the median condition number by JUMP."""
    medians = np.median(survey_of(trained, frame).conditions, axis=-1)[:-1]
    jumps = np.flatnonzero(medians[1:] > JUMP * medians[:-1])
    if not jumps.size:
        return None
    layer, moments = int(jumps[0]) + 1, sample_of(trained.task)[0]
    flow = information_flow(trained.model(frame), moments)
    u = np.asarray(flow.u)[layer]
    hessians = hessian_path(trained.model(frame), moments)[layer]
    leading = np.asarray(eigh(hessians)[1])[..., -1]
    size = np.maximum(np.linalg.norm(u, axis=-1), 1e-300)
    return Standout(
        layer=layer,
        common=common_direction(hessians),
        with_u=float(np.nanmean((np.vecdot(leading, u) / size) ** 2)),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Rounding:
    """What is drawn of a snapshot: eigenvalues over the largest of their layer, [L+1, rank];
    condition numbers [L+1]; the loss after the last layer.

    Of all prompts shown, medians, and of the loss the mean.
    """

    heights: np.ndarray
    conditions: np.ndarray
    loss: float


@lru_cache(maxsize=KEPT)
def rounding_of(trained: Trained, draw: int) -> tuple[Rounding, ...]:
    """Every snapshot of the training."""
    rows = _rows(draw)
    moments, target = _moments(trained, rows), sample_of(trained.task)[1][rows]
    one, found = draw != MANY, []
    for frame in range(trained.last + 1):
        model = trained.model(frame)
        hessians = hessian_path(model, moments)
        every = np.asarray(followed(hessians).eigenvalues if one else eigenvalue_path(hessians))
        values = every[..., -trained.rank :]
        ordered = np.sort(every, axis=-1)[..., -trained.rank :]
        largest = np.maximum(ordered[..., -1:], 1e-300)
        losses = distance_loss(
            implicit_weights(model, moments)[-1:], target, trained.task.query_variances
        )
        found.append(
            Rounding(
                heights=np.median(values / largest, axis=1),
                conditions=np.median(conditions_of(ordered), axis=1),
                loss=float(losses.mean()),
            )
        )
    return tuple(found)
