"""The shipped trainings, the constructions, and what they answer on fresh prompts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from icl_core.algorithms.descent import GradientDescent
from icl_core.analysis.copying import attention_maps, swapped_contents, swapped_places
from icl_core.analysis.estimate import Estimate
from icl_core.analysis.floors import one_layer_step
from icl_core.analysis.loss import sampled_loss
from icl_core.constructions.copying import LOOKS, copying_descent
from icl_core.experiments.copying.results import Course, Descents, load_course, load_descents
from icl_core.experiments.copying.settings import OPTIMISED, model_name
from icl_core.experiments.shared import MAIN, nothing, task_of
from icl_core.lessons.copying.config import PROMPTS, Copying
from icl_core.models.copying import CopyingModel, CopyingTransformer, answers, contents
from icl_core.models.factored import factors_of
from icl_core.plots.curves import Curve
from icl_core.tasks.base import Context, Draw
from icl_core.zoo.library import PRETRAINED
from icl_core.zoo.movies import Movie, load_movie

QUERIES, SEED = 16, 5_000_011
LOOKED_AT = 50
"""Prompts over which attention is averaged."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Trainings:
    """Both optimisers' courses and weights over training, by seed, and what gradient descent has.

    drawn: fresh prompts on which models are asked here.
    """

    courses: Mapping[str, Course]
    movies: Mapping[str, tuple[Movie, ...]]
    descents: Descents
    drawn: Draw

    @cached_property
    def constructions(self) -> Mapping[str, CopyingTransformer]:
        """Of the best step size, by what tokens look at."""
        (eta,) = self.step.etas
        return {
            looks: copying_descent(dim=MAIN, num_context=MAIN, eta=eta, looks=looks)
            for looks in LOOKS
        }

    def prompts(self, start: int, stop: int) -> "Trainings":
        """The same on some of the prompts alone."""
        drawn, some = self.drawn, slice(start, stop)
        context = Context(X=drawn.context.X[some], y=drawn.context.y[some])
        few = Draw(context=context, queries=drawn.queries[some], truth=drawn.truth[some])
        return replace(self, drawn=few)

    @property
    def step(self) -> GradientDescent:
        """The best step of gradient descent."""
        return GradientDescent(etas=(one_layer_step(task_of(MAIN)),))

    @cached_property
    def of_descent(self) -> np.ndarray:
        """What that step answers, [prompts, queries]."""
        return np.asarray(self.step.answers(self.drawn.context, self.drawn.queries)[-1])

    def trained(self, optimiser: str, seed: int, frame: int = -1) -> CopyingTransformer:
        """A training at a snapshot of its movie, by the products of its weights."""
        movie = self.movies[optimiser][seed]
        P, Q = (values[frame].astype(float) for values in (movie.P, movie.Q))
        return CopyingTransformer(parameters=factors_of(P, Q), shape=CopyingModel())

    def model(self, config: Copying, model: str = "") -> CopyingTransformer:
        """What the choices ask for, a training at its end."""
        model = model or config.model
        if model != "trained":
            return self.constructions[model]
        return self.trained(config.optimiser, config.seed)

    def answers(self, model: CopyingTransformer, config: Copying | None = None) -> np.ndarray:
        """Of a model at every query [prompts, queries], after the swap of the choices, if any."""
        tokens, places = contents(self.drawn.context), None
        if config and config.edit != "places":
            tokens = swapped_contents(tokens, config.first, config.second)
        if config and config.edit != "contents":
            places = swapped_places(tokens.shape[1], config.first, config.second)
        return np.asarray(
            answers(model.shape, model.parameters, tokens, self.drawn.queries, places)[-1]
        )

    def loss(self, answers: np.ndarray) -> Estimate:
        """Of answers to the first prompts [prompts, queries], paired with one step of gradient
        descent, whose loss is known exactly."""
        count = len(answers)
        truth = np.asarray(self.drawn.truth)[:count]
        excess = sampled_loss(answers, truth) - sampled_loss(self.of_descent[:count], truth)
        found = Estimate.of(excess)
        return Estimate(mean=found.mean + self.descents.one, stderr=found.stderr)


def loss_of_swap(found: Trainings, config: Copying, count: int) -> Estimate:
    """On the first `count` prompts, after the swap of the choices; a token with itself is none."""
    first, second = sorted((config.first, config.second))
    swap = Copying(model=config.model, first=first, second=second, edit=config.edit)
    if config.model == "trained":
        swap = swap.replace(optimiser=config.optimiser, seed=config.seed)
    return _loss_of_swap(found, swap, count)


@lru_cache(maxsize=4096)
def _loss_of_swap(found: Trainings, swap: Copying, count: int) -> Estimate:
    return found.loss(found.prompts(0, count).answers(found.model(swap), swap))


def attention(model: CopyingTransformer, drawn: Draw) -> np.ndarray:
    """Shares of attention in layer 1, mean over prompts: a row for every token of the context, and
    the last for a query, [tokens + 1, tokens]."""
    context = Context(X=drawn.context.X[:LOOKED_AT], y=drawn.context.y[:LOOKED_AT])
    return attention_maps(model, context, drawn.queries[:LOOKED_AT, :1])[0].mean(0)


def levels(found: Trainings, ends: tuple[float, float]) -> list[Curve]:
    """Losses of the answer 0, of one and of two steps of gradient descent."""
    known = (
        ("zero", "answering 0", nothing()),
        ("gd", "one step of GD", found.descents.one),
        ("gd2", "two steps of GD", found.descents.two.mean),
    )
    return [
        Curve(
            method="oracle_rr" if uid == "zero" else "gd",
            uid=uid,
            label=label,
            x=np.array(ends),
            y=np.full(2, float(value)),
            width=1.0 if uid == "gd2" else 1.75,
        )
        for uid, label, value in known
    ]


def read(folder: Path = PRETRAINED) -> Trainings:
    """All results of the experiment."""
    return Trainings(
        courses={name: load_course(name, folder) for name in OPTIMISED},
        movies={
            name: tuple(load_movie(model_name(name, seed), folder) for seed in range(known.seeds))
            for name, known in OPTIMISED.items()
        },
        descents=load_descents(folder),
        drawn=task_of(MAIN).draw(SEED, PROMPTS, QUERIES),
    )


def measure(config: Copying) -> Trainings:
    """What the views show, from the shipped files; the same for all choices."""
    return read()
