"""Any model that answers queries, trained on sampled prompts of any task (paper 1, 3.3, 3.4, A.9).

A prompt may be asked several queries at once: none is ever attended to, so that they are so many
samples of the loss for little work. Paper 1 asks one, in batches of 2,048 prompts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from icl_core.errors import InputError
from icl_core.models.blocks import BlockModel, BlockTransformer
from icl_core.models.copying import CopyingModel, CopyingTransformer
from icl_core.models.features import FeatureModel, FeatureTransformer
from icl_core.tasks.base import Context, Draw
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.sine import SineTask
from icl_core.training import recipe
from icl_core.training.config import RunConfig
from icl_core.training.loop import Drawn, Loss, Parameters, Words, generator_of, words_of
from icl_core.training.recipe import BLOCK
from icl_core.validation import Config, integer

Shape = BlockModel | CopyingModel | FeatureModel
Answering = BlockTransformer | CopyingTransformer | FeatureTransformer
MODELS: Mapping[type[Shape], type[Answering]] = {
    model.described_by: model
    for model in (BlockTransformer, CopyingTransformer, FeatureTransformer)
}
"""By what describes it, a model that is made of its parameters and that description."""


def model_of(shape: Shape, parameters: Parameters) -> Answering:
    """The model of a snapshot's parameters."""
    build: Any = MODELS[type(shape)]
    return build(parameters=parameters, shape=shape)


@dataclass(frozen=True)
class AnswerLoss(Loss):
    """1/2 mean (answer - truth)^2 of a model's last answers, over prompts and queries."""

    shape: Shape

    def __call__(self, parameters: Parameters, batch: Draw, progress: Array) -> Array:
        answers = model_of(self.shape, parameters).answers(batch.context, batch.queries)
        return 0.5 * jnp.mean((jnp.asarray(answers[-1]) - batch.truth) ** 2)


@dataclass(frozen=True, kw_only=True)
class AnswerTrainee(Config):
    """A model of that shape on that task, each prompt with so many queries."""

    task: LinearTask | SineTask
    model: Shape
    queries: int = 1

    def __post_init__(self) -> None:
        if type(self.model) not in MODELS or not isinstance(self.task, LinearTask | SineTask):
            raise InputError("A run needs the description of a model and a task: give both.")
        self._set(queries=integer("The number of queries of a prompt", self.queries, (1, 64)))

    @property
    def loss(self) -> AnswerLoss:
        return AnswerLoss(self.model)

    def start(self, seed: int) -> Parameters:
        """As in the paper's code: models that copy begin with ten times the variance of others."""
        model: Any = self.model
        shapes = model.shapes(*MODELS[type(model)].sizes(self.task))
        wide = 10 if isinstance(model, CopyingModel) else 1
        return recipe.start(shapes, model.num_layers, seed, wide * recipe.INITIAL_VARIANCE)

    def stream(self, seed: int) -> Words:
        return words_of(np.random.default_rng((seed, 4)))

    def draw(self, stream: Words, step: int, size: int) -> Drawn:
        """BLOCK batches of fresh prompts."""
        rng = generator_of(stream)
        drawn = self.task.draw(rng, BLOCK * size, self.queries, np.float32)
        seen = Context(X=drawn.context.X, y=drawn.context.y)
        known = Draw(context=seen, queries=drawn.queries, truth=drawn.truth)
        batches = jax.tree.map(lambda v: v.reshape(BLOCK, size, *v.shape[1:]), known)
        return Drawn(batches, 0, BLOCK, words_of(rng))


class Recipe(NamedTuple):
    """How a model is trained: what, with how many queries, and the numbers of the run."""

    model: Shape
    queries: int
    run: RunConfig


COPYING = CopyingModel()
SINE = FeatureModel()
CONTROL = FeatureModel(frozen=True)


def softmax(heads: int) -> BlockModel:
    """One layer of softmax heads (paper 1, figures 11 and 12)."""
    return BlockModel(num_heads=heads, attention="softmax")


QUICK = RunConfig(
    steps=5000, batch=128, optimiser="muon", learning_rate=0.02, cooling=1.0, clip=100.0
)
FULL = RunConfig(steps=20_000, batch=2048, learning_rate=1e-3, clip=100.0)
RECIPES: Mapping[str, Recipe] = {
    "softmax1": Recipe(softmax(1), 1, FULL.replace(steps=5000, clip=1e-3)),
    "softmax2": Recipe(softmax(2), 1, FULL.replace(steps=10_000, clip=1e-3)),
    "softmax4": Recipe(softmax(4), 1, FULL.replace(steps=10_000, clip=1e-3)),
    "copying": Recipe(COPYING, 1, FULL.replace(steps=45_000, clip=10.0)),
    "copying_quick": Recipe(
        COPYING,
        16,
        QUICK.replace(steps=3000, batch=256, clip=10.0, optimiser="muon_shrinking"),
    ),
    "sine": Recipe(SINE, 1, FULL),
    "sine_quick": Recipe(SINE, 16, QUICK),
    "control": Recipe(CONTROL, 1, FULL.replace(learning_rate=3e-4)),
    "control_quick": Recipe(CONTROL, 16, QUICK),
}
"""Those of paper 1's code (45,000 steps of copying are those of the figure, the code says 10,000),
and quick ones by Muon: half a minute for copying, some 75 seconds of one core for a sine to a loss
of 0.0009, and for its control to 0.0013."""
