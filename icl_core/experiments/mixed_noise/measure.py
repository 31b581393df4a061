"""What ships beside a model: its losses by layer and by noise level, and those of the baselines."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from icl_core.algorithms import Method
from icl_core.algorithms.ridge import AdaRR, BayesRR, ConstRR
from icl_core.analysis.loss import noise_profile, prompt_losses, summarize
from icl_core.analysis.tuning import tune_descent, tune_gdpp, tune_ridge
from icl_core.errors import InputError
from icl_core.experiments.measured import QUANTILE, TRIMMED
from icl_core.tasks.linear import LinearTask
from icl_core.zoo.library import PRETRAINED
from icl_core.zoo.tables import Table, baseline_table_name, load_table, save_table

EVALUATION_SEED = 1
DESCENT_STEPS = 4


def profile_sigmas(task: LinearTask) -> np.ndarray:
    """The noise levels of a profile: 0 to one above the training range, in steps of 1/8 or less."""
    highest = task.noise.highest + 1
    return np.linspace(0, highest, 8 * int(np.ceil(highest)) + 1)


class Prompts(NamedTuple):
    """How many fresh prompts are drawn of the task's noise, and of each noise level."""

    law: int
    level: int


SHIPPED = Prompts(law=100_000, level=2048)


def measure(
    method: Method, task: LinearTask, prompts: Prompts | None = None
) -> tuple[Table, dict[str, float | int]]:
    """Loss over the task's noise and at fixed levels, on fresh prompts, by default as many as for
    shipped models; and of the last step mean, standard error, median, trimmed mean and 99.9 %
    quantile (half MSE)."""
    prompts = prompts or SHIPPED
    named = {"method": method}
    sigmas = profile_sigmas(task)
    losses = prompt_losses(named, task, prompts=prompts.law, seed=EVALUATION_SEED)["method"]
    profile = noise_profile(named, task, sigmas, prompts=prompts.level, seed=EVALUATION_SEED)
    summary, last = summarize(losses), np.sort(losses[-1])
    metrics = {
        "mean": float(summary.mean[-1]),
        "stderr": float(summary.stderr[-1]),
        "median": float(summary.median[-1]),
        "trimmed": float(last[: int(len(last) * (1 - TRIMMED))].mean()),
        "q999": float(np.quantile(last, QUANTILE)),
        "prompts": summary.count,
        "seed": EVALUATION_SEED,
    }
    return Table(loss=summary, sigmas=sigmas, profile=profile["method"]), metrics


def build_baselines(
    task: LinearTask, *, folder: Path = PRETRAINED, report: Callable[[str], None]
) -> None:
    """Tables of the methods that are not trained, tuned for the task where they have numbers."""
    makers: dict[str, Callable[[], Method]] = {
        "const_rr": lambda: ConstRR.of(task),
        "ada_rr": AdaRR,
        "tuned_rr": lambda: tune_ridge(task),
        "bayes_rr": lambda: BayesRR(noise=task.noise),
        "gd": lambda: tune_descent(task, DESCENT_STEPS),
        "gdpp_tuned": lambda: tune_gdpp(task, DESCENT_STEPS),
    }
    for method, make in makers.items():
        name = baseline_table_name(task, method)
        try:
            load_table(name, folder)
        except InputError:
            table, _ = measure(make(), task)
            save_table(name, table, folder)
            report(f"{name} measured.")
