"""The linear transformers on fresh prompts, from tokens and not from moments."""

from dataclasses import replace
from math import nan
from pathlib import Path

import jax
import numpy as np
from jaxtyping import Float

from icl_core.algorithms.ridge import ridge, spectrum
from icl_core.arrays import Array, in_float64, key_of
from icl_core.experiments.measured import Measured, disagreements, measured
from icl_core.experiments.mixed_noise.shifts import load_shifts
from icl_core.experiments.mixed_noise.table import heavy_tailed
from icl_core.models.linear import LinearTransformer, forward_tokens
from icl_core.tasks.linear import LinearTask, Tokens, moments_of, sample_tokens
from icl_core.tasks.noise import sample_sigma
from icl_core.validation import integer
from icl_core.zoo.library import Entry, load_entry

SEED = 77
CHUNK = 2000
SHIFT_SHARE = 5
"""Of the prompts, one in SHIFT_SHARE is spent on each other context length."""


@jax.jit
def _predictions(
    model: LinearTransformer, tokens: Tokens, queries: Float[Array, "batch k dim"]
) -> Float[Array, "batch k"]:
    """Predictions of the last layer at k queries of every prompt, token by token."""

    def one(X: Array, y: Array, xs: Array) -> Array:
        return jax.vmap(lambda x: forward_tokens(model, X, y, x)[1][-1])(xs)

    return jax.vmap(one)(tokens.X, tokens.y, queries)


def _token_losses(
    model: LinearTransformer, tokens: Tokens, queries: Float[np.ndarray, "batch k dim"]
) -> Float[np.ndarray, "batch"]:
    """Mean over k queries of the half squared gap to the oracle's prediction."""
    X, y, sigma = (np.asarray(part) for part in (tokens.X, tokens.y, tokens.sigma))
    oracle = ridge(spectrum(moments_of(X, y)), sigma**2)
    gap = np.asarray(_predictions(model, tokens, queries)) - np.matvec(queries, oracle)
    with np.errstate(all="ignore"):
        return 0.5 * np.mean(gap**2, axis=-1)


@in_float64
def token_losses(
    model: LinearTransformer, task: LinearTask, *, prompts: int, seed: int = SEED
) -> np.ndarray:
    """Adjusted loss of each of `prompts` fresh prompts, by the token-wise forward pass."""
    count = integer("The number of prompts", prompts, "prompts")
    size = min(count, CHUNK)
    blocks = []
    for index in range(-(-count // size)):
        sigma_key, token_key = jax.random.split(jax.random.fold_in(key_of(seed), index))
        sigma = sample_sigma(task.noise, sigma_key, (size,))
        tokens = sample_tokens(
            token_key, sigma, dim=task.dim, num_context=task.num_context, inputs=task.inputs
        )
        # d orthogonal queries, which average exactly to the loss over x_t of the task's variances.
        corners = np.diag(np.sqrt(task.dim * task.query_variances))
        queries = np.broadcast_to(corners, (size, task.dim, task.dim))
        blocks.append(_token_losses(model, tokens, queries))
    return np.concatenate(blocks)[:count]


def measure_again(entry: Entry, folder: Path, prompts: int) -> tuple[np.ndarray, list[str]]:
    """Adjusted losses on fresh prompts, and in what they differ from the manifest's figures, there
    and on prompts of other lengths."""
    losses = token_losses(load_entry(entry, folder).model, entry.linear_task, prompts=prompts)
    heavy = heavy_tailed(entry.linear_task, entry.num_layers)
    problems = disagreements(losses, measured(entry.metrics), heavy=heavy)
    return losses, problems + _shifted(entry, folder, prompts)


def _shifted(entry: Entry, folder: Path, prompts: int) -> list[str]:
    """Disagreements on prompts of other lengths, where the mean may be anything."""
    model, problems = load_entry(entry, folder).model, []
    for shift in load_shifts(entry.name, folder):
        task = replace(entry.linear_task, num_context=shift.num_context)
        losses = token_losses(model, task, prompts=max(prompts // SHIFT_SHARE, 1))
        said = Measured(
            mean=shift.mean,
            stderr=shift.stderr,
            median=shift.median,
            trimmed=nan,
            q999=shift.q999,
            prompts=shift.prompts,
        )
        found = disagreements(losses, said, heavy=True)
        problems += [f"on {shift.num_context} examples {problem}" for problem in found]
    return problems
