"""Errors on held-out rows, and how far a table's prompts lie from those of training."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from icl_core.algorithms.intercept import OLS, LeaveOneOutRidge
from icl_core.algorithms.ridge import BayesRR
from icl_core.data.prepare import Fit, Prepared, Scale, Splits, longest_context, prepare
from icl_core.data.table import Table, find
from icl_core.errors import InputError
from icl_core.lessons.data.config import CONTEXTS, SCALES, Data
from icl_core.lessons.data.scores import Predicted, Scores
from icl_core.lessons.data.traits import Traits, training_traits, traits_of
from icl_core.lessons.shared.beside import beside_of
from icl_core.lessons.shared.losses import BESIDE
from icl_core.lessons.shared.shipped import find_family
from icl_core.models.predictor import Predictor
from icl_core.remember import remember
from icl_core.tasks.base import Context
from icl_core.tasks.linear import LinearTask
from icl_core.zoo.library import from_shipped


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

    @remember(8)
    def prepared(self, scale: Scale, rows: int) -> Prepared:
        """Prompts with contexts of so many rows; several methods are asked about the same."""
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
    """What is predicted from what, by which model: its name, as `find_named` takes it. The
    sample's task is that of its training, in whose units it is asked."""

    sample: Sample
    model: str

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
        own = family.name if family.own else depths[config.layers].name
        return cls(sample=sample, model=own)

    def of_another(self, name: str) -> "Question":
        """The same, asked of a model set beside, in the units of that one's training."""
        task = beside_of(name, self.sample.task.dim).task
        return Question(sample=replace(self.sample, task=task), model=name)

    @property
    def method(self) -> Predictor:
        """The model."""
        return beside_of(self.model, self.sample.task.dim).method


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """Predictions of the chosen state and their scores, what its prompts are like beside those of
    training, and, once they are asked for, the scores with other scales and numbers of rows.

    questions: by method, that of the chosen model first, then that of one set beside, which is
    called `beside`.
    """

    table: Table
    task: LinearTask
    questions: Mapping[str, Question]
    beside: str
    scale: Scale
    rows: int
    predicted: Predicted
    scores: Scores
    data: Traits
    training: Traits

    @property
    def held_out(self) -> int:
        """Rows that every split holds out."""
        return self.predicted.truth.shape[1]

    @cached_property
    def by_rows(self) -> Mapping[int, Scores]:
        """At the chosen scale, by number of context rows."""
        sizes = sorted({*contexts(self.table, self.task), self.rows})
        return {n: self._scores(self.scale, n) for n in sizes}

    @cached_property
    def by_scale(self) -> Mapping[Scale, Scores]:
        """At the chosen number of context rows, by scale."""
        return {scale: self._scores(scale, self.rows) for scale in SCALES}

    @cached_property
    def model_by_scale(self) -> Mapping[Scale, Scores]:
        """Likewise, of the chosen model and the mean alone."""
        chosen = next(iter(self.questions.items()))
        others = {scale: scores_of_model(*chosen, scale, self.rows) for scale in SCALES}
        return others | {self.scale: self.scores}

    def _scores(self, scale: Scale, rows: int) -> Scores:
        if (scale, rows) == (self.scale, self.rows):
            return self.scores
        return scores(self.questions, scale, rows)


def measure(config: Data) -> Found:
    """All that the views show.

    Raises:
        InputError: The data are not known here, or a column or model that is named does not exist.
    """
    question = Question.of(config)
    table, sample = find(config.data), question.sample
    longest = longest_context(len(table.values))
    if not 2 <= config.rows <= longest:
        raise InputError(
            f"The number of context rows is {config.rows}: expected 2 to {longest}, for other "
            "rows are held out."
        )
    questions, beside = {config.parametrization: question}, ""
    if config.beside:
        questions[BESIDE] = question.of_another(config.beside)
        beside = beside_of(config.beside, sample.task.dim).label
    prepared = sample.prepared(config.scale, config.rows)
    each = [
        asked.sample.predicted({name: asked.method}, config.scale, config.rows)
        for name, asked in questions.items()
    ]
    each.append(sample.predicted(_baselines(sample.task), config.scale, config.rows))
    together = {name: p for found in each for name, p in found.by_method.items()}
    predicted = Predicted(by_method=together, truth=each[0].truth)
    return Found(
        table=table,
        task=sample.task,
        questions=questions,
        beside=beside,
        scale=config.scale,
        rows=config.rows,
        predicted=predicted,
        scores=Scores.of(predicted),
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


def _baselines(task: LinearTask) -> dict[str, Predictor]:
    """What a model of a task is compared with."""
    return {"bayes_rr": BayesRR(noise=task.noise), "ridge_cv": LeaveOneOutRidge(), "ols": OLS}


@remember(512)
def _scores_of_baselines(sample: Sample, scale: Scale, rows: int) -> Scores:
    return Scores.of(sample.predicted(_baselines(sample.task), scale, rows))


@from_shipped(512)
def scores_of_model(name: str, question: Question, scale: Scale, rows: int) -> Scores:
    """Errors of a model's predictions, under that name, from contexts of so many rows, and of the
    mean."""
    return Scores.of(question.sample.predicted({name: question.method}, scale, rows))


def scores(questions: Mapping[str, Question], scale: Scale, rows: int) -> Scores:
    """Errors of models' predictions, by the names of their questions, and of the baselines of the
    first one's task, which other models share."""
    kept = _scores_of_baselines(next(iter(questions.values())).sample, scale, rows)
    own = {
        name: scores_of_model(name, question, scale, rows).rmse[name]
        for name, question in questions.items()
    }
    return Scores(rmse={**own, **kept.rmse}, deviation=kept.deviation)
