"""Paper 1's models on fresh prompts, token by token, by the factors that they were trained as."""

from pathlib import Path

import jax
import numpy as np

from icl_core.arrays import in_float64
from icl_core.experiments.measured import disagreements, measured
from icl_core.models.blocks import BlockModel, BlockTransformer, answers
from icl_core.models.factored import FactoredTransformer
from icl_core.tasks.linear import LinearTask
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
def token_losses(
    model: FactoredTransformer | BlockTransformer, task: LinearTask, *, prompts: int
) -> np.ndarray:
    """Of every prompt the mean over its queries, [prompts].

    Queries of a linear model are d orthogonal ones, which average exactly to the loss over x_t of
    the task's variances; of any other model they are drawn from the law of the context.
    """
    if isinstance(model, FactoredTransformer):
        corners = np.diag(np.sqrt(task.dim * task.query_variances))
        tied = len(model.P) < model.num_layers
        shape = BlockModel(num_layers=model.num_layers, num_heads=model.P.shape[1], tied=tied)
        parameters = model.tensors()
    else:
        corners, shape, parameters = None, model.shape, model.parameters
    ask = jax.jit(lambda X, y, queries: answers(shape, parameters, X, y, queries)[-1])
    rng, size, blocks = np.random.default_rng(SEED), min(prompts, CHUNK), []
    for _ in range(-(-prompts // size)):
        X = task.inputs.draw(rng, (size, task.num_context, task.dim))
        w = rng.standard_normal((size, task.dim))
        queries = (
            task.inputs.draw(rng, (size, QUERIES, task.dim))
            if corners is None
            else np.broadcast_to(corners, (size, task.dim, task.dim))
        )
        gap = np.asarray(ask(X, np.matvec(X, w), queries)) - np.matvec(queries, w)
        with np.errstate(all="ignore"):
            blocks.append(0.5 * np.mean(gap**2, axis=-1))
    return np.concatenate(blocks)[:prompts]
