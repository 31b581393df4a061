"""Errors on held-out rows, and how far a table's prompts lie from those of training."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

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
from icl_core.lessons.shared.shipped import find_family
from icl_core.models.linear import Parametrization
from icl_core.models.predictor import Predictor
from icl_core.remember import remember
from icl_core.tasks.base import Context
from icl_core.tasks.linear import LinearTask
from icl_core.zoo.library import from_shipped, load_entry

LARGEST = 1e300
"""Errors count as no larger, so that quantiles between them are numbers."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Predicted:
    """Predictions [splits, m] of held-out rows by method, the model first, and what was true."""

    by_method: Mapping[str, Float[np.ndarray, "splits m"]]
    truth: Float[np.ndarray, "splits m"]


class Middle(NamedTuple):
    """The median over splits, and the 10 % and 90 % quantiles."""

    median: float
    low: float
    high: float


def interval(values: Float[np.ndarray, "splits"]) -> tuple[float, float]:
    """95 % interval of the median, whatever the law of the values (order statistics, scipy)."""
    ends = quantile_test(np.minimum(values, LARGEST), p=0.5).confidence_interval()
    return float(ends.low), float(ends.high)


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
        errors = np.minimum(list(self.rmse.values()), LARGEST)
        found = np.quantile(errors, (0.5, 0.1, 0.9), axis=1).T.tolist()
        return {name: Middle(*each) for name, each in zip(self.rmse, found, strict=True)}

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
class Sample:
    """What prompts are made of, for models of a task: all but the scale and the number of rows."""

    data: str
    target: int
    features: tuple[int, ...]
    fit: Fit
    seed: int
    task: LinearTask

    def splits(self) -> Splits:
        """The random rows of every prompt."""
        return _splits(len(find(self.data).values), self.seed)

    def prepared(self, scale: Scale, rows: int) -> Prepared:
        """Prompts with contexts of so many rows."""
        values = find(self.data).values
        return prepare(
            values[:, [column - 1 for column in self.features]],
            values[:, self.target - 1],
            self.splits(),
            rows,
            scale=scale,
            fit=self.fit,
            dim=self.task.dim,
            target_variance=self.task.target_variance,
        )

    def predicted(self, methods: Mapping[str, Predictor], scale: Scale, rows: int) -> Predicted:
        """What methods answer to the held-out rows, in the data's units."""
        prepared = self.prepared(scale, rows)
        context = Context(X=prepared.X, y=prepared.y)
        with np.errstate(all="ignore"):
            answers = {
                name: prepared.in_units(np.asarray(method.answers(context, prepared.queries)[-1]))
                for name, method in methods.items()
            }
        held_out = self.splits().held_out
        return Predicted(
            by_method=answers | {"mean": np.broadcast_to(prepared.centre, held_out.shape)},
            truth=find(self.data).values[held_out, self.target - 1],
        )


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is predicted from what, by which model."""

    sample: Sample
    task: str
    parametrization: Parametrization
    layers: int

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
        sample = Sample(
            data=config.data,
            target=config.target,
            features=config.features,
            fit=config.fit,
            seed=config.seed,
            task=family.task,
        )
        return cls(
            sample=sample,
            task=config.task,
            parametrization=config.parametrization,
            layers=config.layers,
        )


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
    table, sample = find(config.data), question.sample
    rows = contexts(table, sample.task)
    if not 2 <= config.rows <= rows[-1]:
        raise InputError(
            f"The number of context rows is {config.rows}: expected 2 to {rows[-1]}, for other "
            "rows are held out."
        )
    prepared = sample.prepared(config.scale, config.rows)
    methods = _model(question) | _beside(sample.task)
    return Found(
        table=table,
        task=sample.task,
        by_rows={n: scores(question, config.scale, n) for n in sorted({*rows, config.rows})},
        by_scale={scale: scores(question, scale, config.rows) for scale in SCALES},
        predicted=sample.predicted(methods, config.scale, config.rows),
        data=traits_of(prepared.X, prepared.y),
        training=training_traits(sample.task),
    )


def contexts(table: Table, task: LinearTask) -> tuple[int, ...]:
    """Numbers of context rows that a table allows, that of training among them."""
    longest = longest_context(len(table.values))
    return tuple(sorted(n for n in {*CONTEXTS, task.num_context, longest} if n <= longest))


@remember(32)
def _splits(rows: int, seed: int) -> Splits:
    return Splits.of(rows, seed)


@from_shipped(64)
def _model(question: Question) -> dict[str, Predictor]:
    """The model, by the name of its kind."""
    family = find_family(question.task)
    entry = family.entries[question.parametrization][question.layers]
    checkpoint = load_entry(entry, family.folder)
    return {question.parametrization: checkpoint.model}


def _beside(task: LinearTask) -> dict[str, Predictor]:
    """What a model of a task stands beside."""
    return {"bayes_rr": BayesRR(noise=task.noise), "ridge_cv": LeaveOneOutRidge(), "ols": OLS}


@remember(512)
def _scores_beside(sample: Sample, scale: Scale, rows: int) -> Scores:
    return Scores.of(sample.predicted(_beside(sample.task), scale, rows))


@from_shipped(512)
def scores(question: Question, scale: Scale, rows: int) -> Scores:
    """Errors of a model's predictions from contexts of so many rows, and of what it stands beside,
    which other models share."""
    own = Scores.of(question.sample.predicted(_model(question), scale, rows))
    beside = _scores_beside(question.sample, scale, rows)
    return Scores(rmse={**own.rmse, **beside.rmse}, deviation=own.deviation)
