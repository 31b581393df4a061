"""What the mean loss of a model is worth where few prompts decide it."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from icl_core.algorithms import Method
from icl_core.analysis.loss import LossSummary, adjusted_losses, prompt_losses, summarize
from icl_core.analysis.statistics import mean_and_error, overflowed
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.rare import RAREST, rare_prompts

PROMPTS, SEED = 100_000, 1
RARE_PROMPTS, RARE_SEED = 16_384, 24_680
TRIMMED = 0.01
"""Share of the prompts, those with the largest losses, that the trimmed mean leaves out."""
ENOUGH, PRECISE, HIGHER = 50, 0.1, 1.2
"""A mean is resolved by ENOUGH effective prompts, a standard error of at most this share of it, and
rare prompts that bring it at most HIGHER."""


@dataclass(frozen=True, kw_only=True)
class Tail:
    """How the mean of `count` losses (half MSE) rests on the largest of them.

    trimmed: their mean without the largest share TRIMMED; effective: how many prompts of one size
    would make a mean as uncertain, (sum l)^2 / sum l^2; rare, with its standard error: the mean by
    prompts that are rare on purpose, of a probability down to RAREST (`tasks.rare`).
    """

    count: int
    mean: float
    stderr: float
    median: float
    trimmed: float
    largest: float
    effective: float
    rare: float
    rare_stderr: float

    @property
    def resolved(self) -> bool:
        """Whether the mean over these prompts is what others will find."""
        error = np.hypot(self.stderr, self.rare_stderr if self.rare_stderr < self.mean else 0.0)
        return bool(
            self.effective >= ENOUGH
            and self.stderr <= PRECISE * self.mean
            and self.rare <= HIGHER * self.mean + 3 * error
        )


@dataclass(frozen=True, kw_only=True)
class ToldLoss(LossSummary):
    """A summary by layer, with the tail of the losses after the last one."""

    tail: Tail


def told_loss(method: Method, task: LinearTask, *, prompts: int = PROMPTS) -> ToldLoss:
    """The adjusted loss (half MSE) by layer on fresh prompts, and what decides the last mean."""
    losses = prompt_losses({"model": method}, task, prompts=prompts, seed=SEED)["model"]
    summary = summarize(losses)
    drawn, weight = rare_prompts(task, RARE_SEED, RARE_PROMPTS)
    rare = overflowed(np.asarray(adjusted_losses(method, drawn, task.query_variances))[-1])
    tail = tail_of(losses[-1], np.where(weight < RAREST, 0.0, weight * rare))
    return ToldLoss(**vars(summary), tail=tail)


def tail_of(losses: Float[np.ndarray, "prompts"], rare: Float[np.ndarray, "draws"]) -> Tail:
    """Of the losses of a task's prompts and the weighted ones of rare prompts."""
    ordered = np.sort(overflowed(losses))
    mean, stderr = mean_and_error(ordered)
    # Weight 0 times an infinite loss: left out as well.
    rare_mean, rare_stderr = mean_and_error(np.nan_to_num(rare, nan=0.0, posinf=np.inf))
    largest = ordered[-1]
    with np.errstate(all="ignore"):
        shares = ordered / largest
        effective = shares.sum() ** 2 / (shares**2).sum() if np.isfinite(largest) else 1.0
        trimmed = ordered[: len(ordered) - int(TRIMMED * len(ordered))].mean()
    return Tail(
        count=len(ordered),
        mean=float(mean),
        stderr=float(stderr),
        median=float(np.quantile(np.minimum(ordered, np.finfo(np.float64).max), 0.5)),
        trimmed=float(trimmed),
        largest=float(largest),
        effective=float(effective) if largest > 0 else float(len(ordered)),
        rare=float(rare_mean),
        rare_stderr=float(rare_stderr),
    )
