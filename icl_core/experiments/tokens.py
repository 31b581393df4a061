"""Paper 1's models on fresh prompts, token by token, as they were trained."""

from collections.abc import Callable
from pathlib import Path

import jax
import numpy as np

from icl_core.arrays import in_float64
from icl_core.experiments.measured import disagreements, measured
from icl_core.models.blocks import BlockModel, BlockTransformer
from icl_core.models.factored import FactoredTransformer
from icl_core.models.predictor import Model
from icl_core.tasks.base import Context, Draw
from icl_core.tasks.kinds import AnyTask, linear
from icl_core.zoo.library import Entry, load_model

SEED, CHUNK, QUERIES = 77, 2000, 4


def measure_again(
    entry: Entry, folder: Path, prompts: int, *, heavy: bool = False
) -> tuple[np.ndarray, list[str]]:
    """Losses (half MSE against the true weights) on fresh prompts, and in what they differ from the
    manifest's figures; `heavy`: a few prompts decide the mean."""
    losses = token_losses(load_model(entry, folder).model, entry.task, prompts=prompts)
    return losses, disagreements(losses, measured(entry.metrics), heavy=heavy)


@in_float64
def token_losses(model: Model, task: AnyTask, *, prompts: int) -> np.ndarray:
    """Of every prompt the mean over its queries, [prompts].

    Queries of a linear model are d orthogonal ones, which average exactly to the loss over x_t of
    the task's variances; of any other model they are drawn from the law of the context.
    """
    known, draw = model, task.draw
    if isinstance(model, FactoredTransformer):
        tied = len(model.P) < model.num_layers
        shape = BlockModel(num_layers=model.num_layers, num_heads=model.P.shape[1], tied=tied)
        known, draw = BlockTransformer(parameters=model.tensors(), shape=shape), _corners(task)
    ask = jax.jit(lambda drawn: known.answers(drawn.context, drawn.queries)[-1] - drawn.truth)
    rng, size, blocks = np.random.default_rng(SEED), min(prompts, CHUNK), []
    for _ in range(-(-prompts // size)):
        gap = np.asarray(ask(draw(rng, size, QUERIES)))
        with np.errstate(all="ignore"):
            blocks.append(0.5 * np.mean(gap**2, axis=-1))
    return np.concatenate(blocks)[:prompts]


def _corners(task: AnyTask) -> Callable[[np.random.Generator, int, int], Draw]:
    """Draws contexts without noise, each with the same orthogonal queries."""
    known = linear(task)
    corners = np.diag(np.sqrt(known.dim * known.query_variances))

    def draw(rng: np.random.Generator, count: int, queries: int) -> Draw:
        X = known.inputs.draw(rng, (count, known.num_context, known.dim))
        w = rng.standard_normal((count, known.dim))
        context = Context(X=X, y=np.matvec(X, w))
        asked = np.broadcast_to(corners, (count, *corners.shape))
        return Draw(context=context, queries=asked, truth=np.matvec(asked, w))

    return draw
