"""Re-measures every shipped model from tokens, not moments, on a fresh draw.

Together with the hashes this shows that the files, the manifest's figures and both routes through a
linear transformer agree. What two draws of one model must share, whatever the tails of its loss:
the share of prompts below the manifest's median and above its 99.9 % quantile (binomial), and the
trimmed mean (whose variance is finite: that of the winsorised losses). The plain means must agree
too, except where a few prompts decide them (`table.heavy_tailed`).
"""

import fnmatch
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import nan
from pathlib import Path

import jax
import numpy as np
from jaxtyping import Float

from icl_core.algorithms.ridge import ridge, spectrum
from icl_core.arrays import Array, in_float64, key_of
from icl_core.checkpoints import MAX_BYTES, sha256
from icl_core.errors import InputError
from icl_core.experiments.mixed_noise.shifts import load_shifts
from icl_core.experiments.mixed_noise.table import Measured, heavy_tailed, measured
from icl_core.files import read_bytes
from icl_core.models.linear import LinearTransformer, forward_tokens
from icl_core.tasks.linear import LinearTask, Tokens, moments_of, sample_tokens
from icl_core.tasks.noise import sample_sigma
from icl_core.validation import integer, number
from icl_core.zoo.library import PRETRAINED, Entry, load_entry, read_manifest

PROMPTS = 20_000
SEED = 77
CHUNK = 2000
SHIFT_SHARE = 5
"""Of the prompts, one in SHIFT_SHARE is spent on each other context length."""
TOLERANCE = 5.0
"""Allowed gap between the two measurements, in their combined standard errors."""
TRIMMED, QUANTILE = 0.01, 0.999
ROUNDING = 1e-20
"""Losses below this are float64 rounding, which the two routes do not share."""


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
    model: LinearTransformer, task: LinearTask, *, prompts: int = PROMPTS, seed: int = SEED
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


def chosen(only: str = "*", folder: Path = PRETRAINED) -> tuple[Entry, ...]:
    """The models whose names match the pattern."""
    entries = [e for e in read_manifest(folder) if fnmatch.fnmatch(e.name, only)]
    if not entries:
        raise InputError(
            f"No shipped model matches {only[:60]!r}: see the names with "
            "`python -m icl_core zoo list`."
        )
    return tuple(entries)


def verify(
    folder: Path = PRETRAINED, *, prompts: int = PROMPTS, only: str = "*"
) -> Iterator[Verdict]:
    """One verdict per model of the manifest that matches the pattern."""
    for entry in chosen(only, folder):
        yield _verdict(entry, folder, prompts)


def _verdict(entry: Entry, folder: Path, prompts: int) -> Verdict:
    mean = stderr = float("nan")
    problems = []
    try:
        for key in ("mean", "stderr"):
            number(f"{entry.name}: the manifest's {key}", entry.metrics.get(key), (0, np.inf))
        check_hashes(entry, folder)
        losses = token_losses(load_entry(entry, folder).model, entry.task, prompts=prompts)
        mean, stderr = float(losses.mean()), float(losses.std(ddof=1) / np.sqrt(losses.size))
        heavy = heavy_tailed(entry.task, entry.num_layers)
        problems += disagreements(losses, measured(entry.metrics), heavy=heavy)
        problems += _shifted(entry, folder, prompts)
    except InputError as error:
        problems.append(str(error))
    return Verdict(
        name=entry.name,
        ok=not problems,
        problem="; ".join(problems),
        manifest=measured(entry.metrics).mean,
        measured=mean,
        stderr=stderr,
    )


def _shifted(entry: Entry, folder: Path, prompts: int) -> list[str]:
    """Disagreements on prompts of other lengths, where the mean may be anything."""
    model, problems = load_entry(entry, folder).model, []
    for shift in load_shifts(entry.name, folder):
        task = replace(entry.task, num_context=shift.num_context)
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


def check_hashes(entry: Entry, folder: Path) -> None:
    """Of the table and the movie, where the manifest names one."""
    for kind in ("table", "movie"):
        expected = getattr(entry, f"{kind}_sha256", "")
        path = folder / f"{kind}s" / entry.file
        if expected and sha256(read_bytes(path, limit=MAX_BYTES)) != expected:
            raise InputError(
                f"The {kind} of {entry.name} has another SHA-256 than the manifest says: "
                "restore both from the repository or run `make zoo`."
            )


def disagreements(losses: np.ndarray, said: Measured, *, heavy: bool) -> list[str]:
    """In what fresh losses [prompts] differ from the manifest by more than TOLERANCE errors."""
    count, problems = losses.size, []
    share = 1 / count + (1 / said.prompts if said.prompts else 0.0)
    for name, level, limit in (("median", 0.5, said.median), ("99.9 %", QUANTILE, said.q999)):
        if np.isfinite(limit) and limit > ROUNDING:
            below = float(np.mean(losses <= limit))
            # One prompt more or less is no evidence, however small the binomial error.
            error = np.sqrt(level * (1 - level) * share) + 1 / count
            if abs(below - level) > TOLERANCE * error:
                problems.append(f"{below:.2%} of the tokens' losses are below the {name} quantile")
    mean, error = _trimmed(losses)
    error *= np.sqrt(count * share)
    if np.isfinite(said.trimmed) and abs(mean - said.trimmed) > TOLERANCE * error + ROUNDING:
        problems.append("the tokens' trimmed mean differs from the manifest's")
    stderr = np.hypot(losses.std(ddof=1) / np.sqrt(count), said.stderr)
    if not heavy and abs(losses.mean() - said.mean) > TOLERANCE * stderr + ROUNDING:
        problems.append("the tokens' loss differs from the manifest's")
    return problems


def _trimmed(losses: np.ndarray) -> tuple[float, float]:
    """Mean of the lowest 99 %, and its standard error by the winsorised losses."""
    ordered = np.sort(losses)
    kept = max(int(losses.size * (1 - TRIMMED)), 1)
    spread = np.minimum(ordered, ordered[kept - 1]).std()
    return float(ordered[:kept].mean()), float(spread / ((1 - TRIMMED) * np.sqrt(losses.size)))
