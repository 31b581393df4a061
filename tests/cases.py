"""Tables that tests run over. A new method is a new row of `METHODS` and inherits every test there.

Rows hold functions, not arrays, so that collecting the tests computes nothing.
"""

import csv
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from icl_core.algorithms import Method
from icl_core.algorithms.accelerated import Chebyshev, ConjugateGradient, HeavyBall, Newton
from icl_core.algorithms.descent import GDPlusPlus, GradientDescent
from icl_core.algorithms.iterative import IterativeAdaRR
from icl_core.algorithms.ridge import AdaRR, BayesRR, ConstRR, OracleRR, TunedRR
from icl_core.constructions import gdpp_model, gradient_descent_model
from icl_core.models.blocks import BlockModel
from icl_core.models.kinds import KINDS, Model
from icl_core.models.linear import LinearTransformer, diagonal_model
from icl_core.plots.figure import Figure, tidy_rows
from icl_core.tasks.base import Task
from icl_core.tasks.linear import LinearTask, Prompts, Tokens, prompts_of
from icl_core.tasks.noise import CategoricalNoise, FixedNoise, NoiseLaw, UniformNoise

TASK = LinearTask(dim=3, num_context=7, noise=UniformNoise(sigma_max=2))
DESCENT = GradientDescent(etas=(0.9, 0.4))
PLUS_PLUS = GDPlusPlus(etas=(0.9, 0.4), gammas=(0.02, 0.05))


BATCH = 4
COUNT = 4096
"""Prompts in Monte Carlo tests: those of `analysis.loss.CHUNK`."""


def some_tokens(dim: int = 3, num_context: int = 7, sigma: float | None = None) -> Tokens:
    """A batch of four prompts, of noise levels from 0.3 to 2 or of one.

    Drawn and added up by numpy, which shares no code with the samplers and compiles nothing.
    """
    rng = np.random.default_rng(0)
    X = rng.standard_normal((BATCH, num_context, dim))
    w = rng.standard_normal((BATCH, dim))
    levels = np.linspace(0.3, 2, BATCH) if sigma is None else np.full(BATCH, sigma)
    xi = levels[:, None] * rng.standard_normal((BATCH, num_context))
    return Tokens(X=X, y=np.einsum("bnd,bd->bn", X, w) + xi, sigma=levels, w=w)  # type: ignore[arg-type]


def some_prompts(dim: int = 3, num_context: int = 7, sigma: float | None = None) -> Prompts:
    """The moments of `some_tokens`."""
    return prompts_of(some_tokens(dim, num_context, sigma))


def full_model(dim: int = 3, *, layers: int = 2, heads: int = 1) -> LinearTransformer:
    """A FULL model with random weights, small enough not to blow up on a few tokens."""
    shape = (2, layers, heads, dim + 1, dim + 1)
    P, Q = 0.15 * np.random.default_rng(1).standard_normal(shape)
    return LinearTransformer(P=P, Q=Q)  # type: ignore[arg-type]


def diag_model(dim: int = 3, *, layers: int = 2, heads: int = 1) -> LinearTransformer:
    """A DIAG model with random weights."""
    shape = (4, layers, heads)
    p_x, p_y, q_x, q_y = 0.15 * np.random.default_rng(2).standard_normal(shape)
    return diagonal_model(p_x=p_x, p_y=p_y, q_x=q_x, q_y=q_y, dim=dim)


def assert_close(actual: object, expected: object, tolerance: float = 1e-10) -> None:
    """Equal to `tolerance`, absolutely and relatively."""
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance)  # type: ignore[arg-type]


def matrices(figure: Figure, words: str) -> np.ndarray:
    """The square heatmaps of a figure whose titles end like this, [panels, rows, columns]."""
    rows = [row for row in tidy_rows(figure) if row["panel"].endswith(words)]
    count = len({row["panel"] for row in rows})
    size = math.isqrt(len(rows) // count)
    return np.array([row["value"] for row in rows]).reshape(count, size, size)


@dataclass(frozen=True, kw_only=True)
class MethodCase:
    """A method as built for a task, and what is true of it."""

    name: str
    build: Callable[[LinearTask], Method]
    steps: int = 1
    needs_many_tokens: bool = False
    """Defined for n > d only."""
    rotates: bool = True
    """Rotating the inputs rotates the weights."""


METHODS = (
    MethodCase(name="gd", build=lambda task: DESCENT, steps=2),
    MethodCase(name="gdpp", build=lambda task: PLUS_PLUS, steps=2),
    MethodCase(name="heavy_ball", build=lambda task: HeavyBall(steps=2, strength=0.5), steps=2),
    MethodCase(
        name="heavy_ball_given",
        build=lambda task: HeavyBall(steps=2, eta=0.6, momentum=0.4),
        steps=2,
    ),
    MethodCase(name="chebyshev", build=lambda task: Chebyshev(steps=2, strength=0.5), steps=2),
    MethodCase(name="cg", build=lambda task: ConjugateGradient(steps=2), steps=2),
    MethodCase(name="newton", build=lambda task: Newton(steps=2, strength=0.5), steps=2),
    MethodCase(name="const_rr", build=ConstRR.of),
    MethodCase(name="oracle_rr", build=lambda task: OracleRR()),
    MethodCase(name="ada_rr", build=lambda task: AdaRR(), needs_many_tokens=True),
    MethodCase(
        name="tuned_rr",
        build=lambda task: TunedRR(scale=1.3, highest=2.0),
        needs_many_tokens=True,
    ),
    MethodCase(
        name="iterative_rr",
        build=lambda task: IterativeAdaRR(steps=3),
        steps=3,
        needs_many_tokens=True,
    ),
    MethodCase(
        name="iterative_rr_eta",
        build=lambda task: IterativeAdaRR(steps=3, eta=0.5),
        steps=3,
        needs_many_tokens=True,
    ),
    MethodCase(name="bayes_rr_fixed", build=lambda task: BayesRR(noise=FixedNoise(value=1))),
    MethodCase(name="bayes_rr_uniform", build=lambda task: BayesRR(noise=task.noise)),
    MethodCase(
        name="bayes_rr_categorical",
        build=lambda task: BayesRR(noise=CategoricalNoise(values=(0.5, 2))),
    ),
    MethodCase(
        name="gd_model",
        build=lambda task: gradient_descent_model(
            DESCENT, dim=task.dim, num_context=task.num_context
        ),
        steps=2,
    ),
    MethodCase(
        name="gdpp_model",
        build=lambda task: gdpp_model(PLUS_PLUS, dim=task.dim, num_context=task.num_context),
        steps=2,
    ),
    MethodCase(name="diag_model", build=lambda task: diag_model(task.dim), steps=2),
    MethodCase(name="diag_model_H2", build=lambda task: diag_model(task.dim, heads=2), steps=2),
    MethodCase(name="full_model", build=lambda task: full_model(task.dim), steps=2, rotates=False),
    MethodCase(
        name="full_model_H2",
        build=lambda task: full_model(task.dim, heads=2),
        steps=2,
        rotates=False,
    ),
)


def some_model(kind: str, task: Task = TASK, **config: Any) -> Model:
    """A model of a kind with random weights, small enough not to blow up on a few tokens."""
    rng = np.random.default_rng(6)
    shapes = KINDS[kind].shapes(config, task)
    return KINDS[kind].build(
        config, {name: 0.2 * rng.standard_normal(shape) for name, shape in shapes.items()}
    )


BLOCKS = {
    "blocks": BlockModel(num_layers=3, num_heads=2),
    "blocks_tied": BlockModel(num_layers=3, tied=True),
    "blocks_softmax": BlockModel(num_layers=2, num_heads=2, attention="softmax"),
    "blocks_norm": BlockModel(num_layers=2, norm="every", tied=True),
    "blocks_between": BlockModel(num_layers=3, norm="between"),
    "blocks_mlp": BlockModel(
        num_layers=2, num_heads=2, attention="softmax", norm="every", widening=4
    ),
    "blocks_clipped": BlockModel(num_layers=2, widening=2, clip=0.4),
}
MODELS: dict[str, Callable[[], Model]] = {
    "linear": lambda: full_model(layers=3, heads=2),
    "factors": lambda: some_model("factors", num_layers=3, num_heads=2, tied=False),
    "factors_tied": lambda: some_model("factors", num_layers=4, num_heads=1, tied=True),
    **{name: partial(some_model, "blocks", **shape.to_dict()) for name, shape in BLOCKS.items()},
    "copying": partial(some_model, "copying"),
    "copying_one_hot": partial(some_model, "copying", places="one-hot", num_heads=2),
    "features": partial(some_model, "features", width=6, num_layers=2, num_heads=2),
    "features_frozen": partial(some_model, "features", width=6, num_layers=3, frozen=True),
}
"""Trained models of every kind: a new kind is a new row and inherits `models/test_kinds.py`."""

SHAPES = ((3, 7), (3, 2), (1, 1))
"""(d, n): more tokens than dimensions, fewer, and one of each."""

DATA = Path(__file__).parents[1] / "icl_core" / "experiments" / "mixed_noise"


def _column_law(column: str) -> NoiseLaw:
    if column.startswith("u"):
        return UniformNoise(sigma_max=float(column[1:]))
    return CategoricalNoise(values=tuple(float(digit) for digit in column[1:]))


COLUMNS = ("u0", "u1", "u2", "u3", "u4", "u5", "u6", "u7", "c13", "c135")
PAPER_TASKS = {
    column: LinearTask(dim=10, num_context=20, noise=_column_law(column)) for column in COLUMNS
}
"""The task of each column of table1.csv and floors.csv."""


def published(file: str, row: str) -> dict[str, tuple[float, float]]:
    """{column: (value, what rounding may have taken)} of the first such row of a data file."""
    with (DATA / file).open() as lines:
        found = next(line for line in csv.DictReader(lines) if row in line.values())
    cells = {column: found[column] for column in COLUMNS}
    return {
        column: (float(text), 0.5 * 10.0 ** -len(text.partition(".")[2]) if "." in text else 0.0)
        for column, text in cells.items()
    }
