"""Rows of the papers' tables and of the derived floors that the engine must hit.

table1.csv (beside the zoo) is Table 1 of paper 2: adjusted loss (half MSE) at n = 20, d = 10
over 100,000 prompts; its cells carry about 1 % sampling error. floors.csv was derived for this
project: one layer exact, the others from 100,000 prompts by the same exact loss as ours.

Tolerance everywhere: 5 standard errors of both sides together, plus the rounding of the cell. Ours
are from 16,384 prompts.
"""

from functools import cache

import numpy as np
import pytest

from icl_core.algorithms import Method
from icl_core.algorithms.descent import GradientDescent
from icl_core.algorithms.ridge import AdaRR, BayesRR, ConstRR
from icl_core.analysis.floors import one_layer_loss, one_layer_step
from icl_core.analysis.loss import LossSummary, evaluate
from icl_core.analysis.tuning import tune_ridge
from icl_core.tasks.linear import draw_prompts
from tests.cases import COLUMNS, COUNT, PAPER_TASKS, published

PUBLISHED_COUNT = 100_000
PUBLISHED_ERROR = 0.01

each_column = pytest.mark.parametrize("column", COLUMNS)


@cache
def measured(column: str) -> dict[str, LossSummary]:
    """Every method on one column's task."""
    task = PAPER_TASKS[column]
    methods: dict[str, Method] = {
        "ConstRR": ConstRR.of(task),
        "AdaRR": AdaRR(),
        "TunedRR": tune_ridge(task, prompts=COUNT),
        "Bayes": BayesRR(noise=task.noise),
        "one step": GradientDescent(etas=(one_layer_step(task),)),
    }
    return evaluate(methods, task, prompts=4 * COUNT)


def assert_within(
    ours: float, our_error: float, cell: tuple[float, float], cell_error: float
) -> None:
    value, rounding = cell
    assert abs(ours - value) <= 5 * np.hypot(our_error, cell_error) + rounding + 1e-12


@each_column
@pytest.mark.parametrize(
    ("row", "method"),
    [("ConstRR", "ConstRR"), ("AdaRR", "AdaRR"), ("TunedRR", "TunedRR"), ("GD++", "one step")],
)
def test_table_1(row: str, method: str, column: str) -> None:
    """The baselines; and GD++ with one layer, which is one step of the best size."""
    ours, cell = measured(column)[method], published("table1.csv", row)[column]
    assert_within(ours.final, float(ours.stderr[-1]), cell, PUBLISHED_ERROR * cell[0])


@each_column
@pytest.mark.parametrize(
    ("row", "method"),
    [
        ("Bayes", "Bayes"),
        ("GD++_any_depth_exact", "ConstRR"),
        ("one_layer_exact_all_models", "one step"),
    ],
)
def test_floors(row: str, method: str, column: str) -> None:
    ours, cell = measured(column)[method], published("floors.csv", row)[column]
    error = float(ours.stderr[-1])
    assert_within(ours.final, error, cell, error * (ours.count / PUBLISHED_COUNT) ** 0.5)


@each_column
def test_one_layer_loss_less_the_oracle_loss_is_the_floor(column: str) -> None:
    """Unadjusted, exact; the oracle's half loss is 1/2 sigma^2 tr (Sigma + sigma^2 I)^-1, the half
    trace of the posterior covariance of w, averaged over 4,096 prompts."""
    task = PAPER_TASKS[column]
    drawn = draw_prompts(task, 0, COUNT)
    eigenvalues = np.linalg.eigvalsh(drawn.moments.Sigma)
    variance = np.asarray(drawn.sigma)[:, None] ** 2
    oracle = 0.5 * (variance / (eigenvalues + variance)).sum(-1)
    cell = published("floors.csv", "one_layer_exact_all_models")[column]
    assert_within(one_layer_loss(task) - oracle.mean(), oracle.std() / COUNT**0.5, cell, 0.0)
