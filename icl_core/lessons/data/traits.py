"""What prompts are like: the spectrum of their Gram matrix, their noise, their weights, their
largest numbers; of a table's rows as of a task's draws."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from icl_core.remember import remember
from icl_core.tasks.linear import LinearTask

DRAWN = 1000
"""Prompts of training that are drawn."""
LABELS = {
    "gram": "Σᵢ xᵢ²",
    "sigma": "noise σ̂",
    "weights": "weights |ŵ|²/d",
    "x": "largest |x|",
    "y": "largest |y| / √(mean y²)",
}
"""What is compared beside the spectrum, which is a number too for d = 1. σ̂² = residual sum of
squares of least squares / (n - d), as AdaRR has it, and ŵ its weights: both only for n > d."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Traits:
    """Of every prompt: eigenvalues of Sigma, the largest first, [prompts, d]; numbers by name of
    LABELS, [prompts]."""

    eigenvalues: Float[np.ndarray, "prompts dim"]
    numbers: dict[str, Float[np.ndarray, "prompts"]]


def traits_of(X: Float[np.ndarray, "prompts n dim"], y: Float[np.ndarray, "prompts n"]) -> Traits:
    """Of contexts in a model's units."""
    n, dim = X.shape[1:]
    eigenvalues, U = np.linalg.eigh(X.mT @ X)
    eigenvalues = np.maximum(eigenvalues, 0)
    mean_square = np.mean(y**2, axis=1)
    numbers = {
        "x": np.abs(X).max(axis=(1, 2)),
        "y": np.abs(y).max(axis=1) / np.sqrt(np.where(mean_square > 0, mean_square, 1)),
    }
    if dim == 1:
        numbers["gram"] = eigenvalues[:, 0]
    if n > dim:
        a = np.vecmat(np.vecmat(y, X), U)
        some = eigenvalues > 1e-12 * eigenvalues[:, -1:]
        w = np.where(some, a / np.where(some, eigenvalues, 1), 0)
        residual = np.maximum(n * mean_square - np.vecdot(w, a), 0)
        numbers["sigma"] = np.sqrt(residual / (n - dim))
        numbers["weights"] = np.mean(w**2, axis=1)
    return Traits(
        eigenvalues=eigenvalues[:, ::-1],
        numbers={name: numbers[name] for name in LABELS if name in numbers},
    )


@remember(16)
def training_traits(task: LinearTask) -> Traits:
    """Of prompts that a task draws."""
    drawn = task.draw(0, DRAWN)
    return traits_of(np.asarray(drawn.context.X), np.asarray(drawn.context.y))
