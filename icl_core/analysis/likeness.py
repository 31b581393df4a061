"""How alike two methods are, prompt by prompt (paper 1, section 3).

For a linear model the sensitivity dy/dx of the answer to the query is its implicit weights w, so
the paper's three measures are functions of two sets of weights, a and b:
    prediction gap |<a - b, x>|,   cosine <a, b> / (|a| |b|),   sensitivity gap |a - b|.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from icl_core.analysis.statistics import mean_and_error, overflowed
from icl_core.tasks.inputs import InputLaw

TINY = 1e-8
"""Added to norms, as in the paper's code: an untrained model has no direction."""


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """Means over prompts and their standard errors, [...] as the leading axes of the weights."""

    prediction_gap: np.ndarray
    cosine: np.ndarray
    sensitivity_gap: np.ndarray
    prediction_stderr: np.ndarray
    cosine_stderr: np.ndarray
    sensitivity_stderr: np.ndarray


def likeness(
    a: Float[np.ndarray, "*lead prompts dim"],
    b: Float[np.ndarray, "*lead prompts dim"],
    queries: Float[np.ndarray, "prompts dim"],
) -> Likeness:
    """The three measures between weights a and b; one query a prompt for the first."""
    gap = np.asarray(a) - np.asarray(b)
    norms = (np.linalg.norm(a, axis=-1) + TINY) * (np.linalg.norm(b, axis=-1) + TINY)
    prediction = mean_and_error(overflowed(np.abs(np.einsum("...nd,nd->...n", gap, queries))))
    cosine = mean_and_error(np.einsum("...d,...d->...", a, b) / norms)
    sensitivity = mean_and_error(overflowed(np.linalg.norm(gap, axis=-1)))
    return Likeness(
        prediction_gap=prediction[0],
        cosine=cosine[0],
        sensitivity_gap=sensitivity[0],
        prediction_stderr=prediction[1],
        cosine_stderr=cosine[1],
        sensitivity_stderr=sensitivity[1],
    )


def draw_queries(inputs: InputLaw, seed: int, shape: tuple[int, int]) -> np.ndarray:
    """One query a prompt, [prompts, d], of the law of the context."""
    return inputs.draw(np.random.default_rng(seed), shape)
