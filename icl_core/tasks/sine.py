"""Sine waves in context: y = a sin(x + phi) with one amplitude and phase for a prompt.

Paper 1, section 3.3: x ~ U(-5, 5), ten examples. Its text has a ~ U(0.1, 5) and phi ~ U(0, pi),
independent ("printed"). Its code draws a from U(0.1, 0.5), and both with the same random key, so
that a = 0.1 + 0.4 u, phi = pi u with one u ~ U(0, 1) ("coded"); the paper's figures and losses are
those of the code.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from icl_core.tasks.base import Context, Draw, Seed
from icl_core.validation import Config, choice, integer, number

Waves = tuple[np.ndarray, np.ndarray]


def _coded(rng: np.random.Generator, count: int) -> Waves:
    u = rng.random(count)
    return 0.1 + 0.4 * u, np.pi * u


def _printed(rng: np.random.Generator, count: int) -> Waves:
    return rng.uniform(0.1, 5, count), rng.uniform(0, np.pi, count)


LAWS: Mapping[str, Callable[[np.random.Generator, int], Waves]] = {
    "coded": _coded,
    "printed": _printed,
}
"""Amplitudes and phases of so many prompts."""


@dataclass(frozen=True, kw_only=True)
class SineTask(Config):
    """The law of amplitude and phase, examples n, and the width of U(-width/2, width/2)."""

    law: str = "coded"
    num_context: int = 10
    width: float = 10.0

    def __post_init__(self) -> None:
        self._set(
            law=choice("The law of amplitude and phase", self.law, LAWS),
            num_context=integer("The context length n", self.num_context, (1, 1000)),
            width=number("The width of the inputs", self.width, "input_scale"),
        )

    @property
    def dim(self) -> int:
        return 1

    def draw(
        self,
        seed: Seed | np.random.Generator,
        count: int,
        queries: int = 1,
        dtype: type[np.float32 | np.float64] = np.float64,
    ) -> Draw:
        """`count` prompts with their queries, of the law of the context, and the true answers."""
        rng = np.random.default_rng(seed)
        a, phi = LAWS[self.law](rng, count)
        x = rng.uniform(-self.width / 2, self.width / 2, (count, self.num_context + queries))
        y = wave(a, phi, x).astype(dtype)
        x, n = x[..., None].astype(dtype), self.num_context
        return Draw(context=Context(X=x[:, :n], y=y[:, :n]), queries=x[:, n:], truth=y[:, n:])


def wave(a: np.ndarray, phi: np.ndarray, x: np.ndarray) -> np.ndarray:
    """a sin(x + phi) at the points x [prompts, points] of every prompt."""
    return a[:, None] * np.sin(x + phi[:, None])
