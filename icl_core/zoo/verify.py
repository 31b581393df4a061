"""Re-measures every shipped model from tokens, not moments, on a fresh draw.

Together with the hash this shows that the file, the manifest's figures and both routes through a
linear transformer agree.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from icl_core.algorithms.ridge import ridge, spectrum
from icl_core.arrays import in_float64, key_of
from icl_core.errors import InputError
from icl_core.models.linear import LinearTransformer, forward_tokens
from icl_core.tasks.linear import LinearTask, Tokens, moments_of, sample_tokens
from icl_core.tasks.noise import sample_sigma
from icl_core.validation import integer, number
from icl_core.zoo.library import PRETRAINED, Entry, load_entry, read_manifest

PROMPTS = 20_000
SEED = 77
CHUNK = 2000
TOLERANCE = 5.0
"""Allowed gap between the two measurements, in their combined standard errors."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One model: what the manifest says and what tokens say (mean adjusted loss, half MSE)."""

    name: str
    ok: bool
    problem: str
    manifest: float
    measured: float
    stderr: float


@jax.jit
def _token_losses(
    model: LinearTransformer, tokens: Tokens, queries: Float[Array, "batch k dim"]
) -> Float[Array, "batch"]:
    """Mean over k queries of the half squared gap to the oracle's prediction, token by token."""

    def one(X: Array, y: Array, xs: Array) -> Array:
        return jax.vmap(lambda x: forward_tokens(model, X, y, x)[1][-1])(xs)

    predictions = jax.vmap(one)(tokens.X, tokens.y, queries)
    oracle = ridge(spectrum(moments_of(tokens.X, tokens.y)), tokens.sigma**2)
    gap = predictions - jnp.einsum("bkd,bd->bk", queries, oracle)
    # d orthogonal queries of length sqrt(d) average exactly to the loss over x_t ~ N(0, I).
    return 0.5 * jnp.mean(gap**2, axis=-1)


@in_float64
def token_losses(
    model: LinearTransformer, task: LinearTask, *, prompts: int = PROMPTS, seed: int = SEED
) -> np.ndarray:
    """Adjusted loss of each of `prompts` fresh prompts, by the token-wise forward pass."""
    count = integer("The number of prompts", prompts, "prompts")
    size = min(count, CHUNK)
    blocks = []
    for index in range(-(-count // size)):
        sigma_key, token_key = jax.random.split(jax.random.fold_in(key_of(seed), index))
        sigma = sample_sigma(task.noise, sigma_key, (size,))
        tokens = sample_tokens(token_key, sigma, dim=task.dim, num_context=task.num_context)
        queries = jnp.broadcast_to(
            jnp.sqrt(task.dim) * jnp.eye(task.dim), (size, task.dim, task.dim)
        )
        blocks.append(np.asarray(_token_losses(model, tokens, queries)))
    return np.concatenate(blocks)[:count]


def verify(folder: Path = PRETRAINED, *, prompts: int = PROMPTS) -> Iterator[Verdict]:
    """One verdict per model of the manifest."""
    for entry in read_manifest(folder):
        yield _verdict(entry, folder, prompts)


def _verdict(entry: Entry, folder: Path, prompts: int) -> Verdict:
    said = said_error = float("nan")
    try:
        said, said_error = (
            number(f"{entry.name}: the manifest's {key}", entry.metrics.get(key), (0, np.inf))
            for key in ("mean", "stderr")
        )
        losses = token_losses(load_entry(entry, folder).model, entry.task, prompts=prompts)
    except InputError as error:
        return Verdict(
            name=entry.name,
            ok=False,
            problem=str(error),
            manifest=said,
            measured=float("nan"),
            stderr=float("nan"),
        )
    mean, stderr = float(losses.mean()), float(losses.std(ddof=1) / np.sqrt(losses.size))
    agrees = abs(mean - said) <= TOLERANCE * float(np.hypot(stderr, said_error))
    return Verdict(
        name=entry.name,
        ok=agrees,
        problem="" if agrees else "the tokens' loss differs from the manifest's",
        manifest=said,
        measured=mean,
        stderr=stderr,
    )
