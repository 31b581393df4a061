"""Errors on held-out rows, and how far a table's prompts lie from those of training."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float
from scipy.stats import quantile_test

from icl_core.algorithms.intercept import OLS, LeaveOneOutRidge
from icl_core.algorithms.ridge import BayesRR
from icl_core.data.prepare import Fit, Prepared, Scale, Splits, longest_context, prepare
from icl_core.data.table import Table, find
from icl_core.errors import InputError
from icl_core.lessons.data.config import CONTEXTS, SCALES, Data
from icl_core.lessons.data.traits import Traits, training_traits, traits_of
from icl_core.lessons.shared.shipped import Family, find_family
from icl_core.models.linear import Parametrization
from icl_core.models.predictor import Predictor
from icl_core.remember import remember
from icl_core.tasks.base import Context
from icl_core.tasks.linear import LinearTask
from icl_core.zoo.library import PRETRAINED, from_shipped, load_entry

LARGEST = 1e300
"""Errors count as no larger, so that quantiles between them are numbers."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Predicted:
    """Predictions [splits, m] of held-out rows by method, the model first, and what was true."""

    by_method: Mapping[str, Float[np.ndarray, "splits m"]]
    truth: Float[np.ndarray, "splits m"]


@dataclass(frozen=True, kw_only=True)
class Middle:
    """The median over splits with its 95 % interval, and the 10 % and 90 % quantiles."""

    median: float
    interval: tuple[float, float]
    low: float
    high: float

    @classmethod
    def of(cls, values: Float[np.ndarray, "splits"]) -> "Middle":
        """The interval holds whatever the law of the splits (order statistics, scipy)."""
        values = np.minimum(values, LARGEST)
        ends = quantile_test(values, p=0.5).confidence_interval()
        low, median, high = np.quantile(values, (0.1, 0.5, 0.9))
        return cls(
            median=float(median),
            interval=(float(ends.low), float(ends.high)),
            low=float(low),
            high=float(high),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Scores:
    """Root mean square errors of each split, by method, in the data's units, infinite where a
    prediction has left the numbers; the standard deviation of its held-out targets."""

    rmse: Mapping[str, Float[np.ndarray, "splits"]]
    deviation: Float[np.ndarray, "splits"]

    @classmethod
    def of(cls, predicted: Predicted) -> "Scores":
        errors = {name: p - predicted.truth for name, p in predicted.by_method.items()}
        return cls(
            rmse={name: _root_mean_square(error) for name, error in errors.items()},
            deviation=predicted.truth.std(axis=1),
        )

    @cached_property
    def middle(self) -> Mapping[str, Middle]:
        """What is typical of each method."""
        return {name: Middle.of(values) for name, values in self.rmse.items()}

    def r2(self, method: str) -> float:
        """1 - mean square error / variance of the held-out targets, the median over splits whose
        targets vary; minus infinity where none do."""
        vary = self.deviation > 0
        with np.errstate(all="ignore"):
            shares = (self.rmse[method][vary] / self.deviation[vary]) ** 2
        return float(1 - np.median(shares)) if vary.any() else -np.inf


def _root_mean_square(errors: Float[np.ndarray, "splits m"]) -> Float[np.ndarray, "splits"]:
    """Over rows, by their largest, so that no square overflows."""
    with np.errstate(all="ignore"):
        largest = np.abs(errors).max(axis=1)
        scaled = errors / np.where(largest > 0, largest, 1)[:, None]
        found = largest * np.sqrt(np.mean(scaled**2, axis=1))
    return np.where(np.isnan(found), np.inf, found)


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is predicted from what, by which model: all but the scale and the number of rows."""

    data: str
    target: int
    features: tuple[int, ...]
    task: str
    parametrization: Parametrization
    layers: int
    fit: Fit
    seed: int

    @classmethod
    def of(cls, config: Data) -> "Question":
        """The question of a reader's choices, whose names and numbers exist."""
        table, family = find(config.data), find_family(config.task)
        columns = len(table.names)
        if highest := [c for c in (config.target, *config.features) if c > columns]:
            raise InputError(
                f"The data have no column {highest[0]}: expected 1 to {columns}; choose again."
            )
        if config.target in config.features:
            raise InputError(
                f"Column {config.target} is target and feature at once: leave it out of the "
                "features, for it would predict itself."
            )
        if family.task.dim > len(config.features):
            raise InputError(
                f"The model has d = {family.task.dim} inputs and there are "
                f"{len(config.features)} features: choose another model, or train one."
            )
        depths = family.entries.get(config.parametrization, {})
        if config.layers not in depths:
            raise InputError(
                f"There is no {config.parametrization} model of {config.layers} layers for "
                f"{family.name}: expected one of {', '.join(map(str, depths)) or 'no'} layers."
            )
        values = {name: getattr(config, name) for name in cls.__dataclass_fields__}
        return cls(**values)

    @property
    def table(self) -> Table:
        return find(self.data)

    @property
    def family(self) -> Family:
        return find_family(self.task)


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """Scores at the chosen scale by number of context rows, at the chosen number by scale; what
    the prompts are like beside those of training."""

    table: Table
    task: LinearTask
    by_rows: Mapping[int, Scores]
    by_scale: Mapping[Scale, Scores]
    predicted: Predicted
    data: Traits
    training: Traits

    @property
    def held_out(self) -> int:
        """Rows that every split holds out."""
        return self.predicted.truth.shape[1]


def measure(config: Data) -> Found:
    """All that the views show.

    Raises:
        InputError: The data are not known here, or a column or model that is named does not exist.
    """
    question = Question.of(config)
    table, task = question.table, question.family.task
    rows = contexts(table, task)
    if not 2 <= config.rows <= rows[-1]:
        raise InputError(
            f"The number of context rows is {config.rows}: expected 2 to {rows[-1]}, for other "
            "rows are held out."
        )
    prepared = _prepared(question, config.scale, config.rows)
    return Found(
        table=table,
        task=task,
        by_rows={n: scores(question, config.scale, n) for n in sorted({*rows, config.rows})},
        by_scale={scale: scores(question, scale, config.rows) for scale in SCALES},
        predicted=predicted(question, config.scale, config.rows),
        data=traits_of(prepared.X, prepared.y),
        training=training_traits(task),
    )


def contexts(table: Table, task: LinearTask) -> tuple[int, ...]:
    """Numbers of context rows that a table allows, that of training among them."""
    longest = longest_context(len(table.values))
    return tuple(sorted(n for n in {*CONTEXTS, task.num_context, longest} if n <= longest))


@remember(32)
def _splits(rows: int, seed: int) -> Splits:
    return Splits.of(rows, seed)


def _prepared(question: Question, scale: Scale, rows: int) -> Prepared:
    table, task = question.table, question.family.task
    return prepare(
        table.values[:, [column - 1 for column in question.features]],
        table.values[:, question.target - 1],
        _splits(len(table.values), question.seed),
        rows,
        scale=scale,
        fit=question.fit,
        dim=task.dim,
        target_variance=task.target_variance,
    )


@from_shipped(512)
def scores(question: Question, scale: Scale, rows: int) -> Scores:
    """Errors of predictions from contexts of so many rows."""
    return Scores.of(predicted(question, scale, rows))


def predicted(question: Question, scale: Scale, rows: int) -> Predicted:
    """One forward pass of the model over each context, and what stands beside it."""
    prepared, family = _prepared(question, scale, rows), question.family
    entry = family.entries[question.parametrization][question.layers]
    methods: dict[str, Predictor] = {
        question.parametrization: load_entry(entry, getattr(family, "folder", PRETRAINED)).model,
        "bayes_rr": BayesRR(noise=family.task.noise),
        "ridge_cv": LeaveOneOutRidge(),
        "ols": OLS,
    }
    context = Context(X=prepared.X, y=prepared.y)
    with np.errstate(all="ignore"):
        answers = {
            name: prepared.in_units(np.asarray(method.answers(context, prepared.queries)[-1]))
            for name, method in methods.items()
        }
    held_out = _splits(len(question.table.values), question.seed).held_out
    return Predicted(
        by_method=answers | {"mean": np.broadcast_to(prepared.centre, held_out.shape)},
        truth=question.table.values[held_out, question.target - 1],
    )
