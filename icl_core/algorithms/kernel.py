"""Gradient descent in a space of functions: a step on features, by the kernel of the features."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from icl_core.arrays import Array, namespace, numpy_or_xla
from icl_core.models.predictor import Answers, Predictor, Queries
from icl_core.tasks.base import Context
from icl_core.validation import Config, integer, number


@dataclass(frozen=True, kw_only=True)
class KernelDescent(Config, Predictor):
    """f <- f + eta_k / n sum_i (y_i - f(x_i)) k(x_i, .) from f = 0, with
    k(x, x') = exp(-|x - x'|^2 / (2 length^2)).

    With k(x, x') = <x, x'> it would be `GradientDescent`, with m(x)^T m(x') the step of a frozen
    `FeatureModel`.
    """

    etas: tuple[float, ...]
    length: float = 1.0

    def __post_init__(self) -> None:
        integer("The number of steps", len(self.etas), (1, 1000))
        self._set(
            etas=tuple(number("The step size eta", eta, "eta") for eta in self.etas),
            length=number("The length of the kernel", self.length, (1e-3, 1e3)),
        )

    def answers(self, context: Context, queries: Queries) -> Answers:
        """f at the queries after step 0..K, [K+1, batch, queries]."""
        etas = np.asarray(self.etas, context.y.dtype)
        return kernel_descent(context.X, context.y, queries, etas, self.length)


@numpy_or_xla
def kernel_descent(
    X: Float[Array, "batch n dim"],
    y: Float[Array, "batch n"],
    queries: Queries,
    etas: Float[Array, "steps"],
    length: float,
) -> Answers:
    """f at the queries after 0, 1, ..., K steps."""
    xp, n = namespace(X, y, queries), X.shape[1]
    among, to = (gaussian_kernel(points, X, length) for points in (X, queries))
    residual, f = y, xp.zeros(queries.shape[:2], y.dtype)
    path = [f]
    for eta in etas / n:
        f = f + eta * xp.matvec(to, residual)
        residual = residual - eta * xp.matvec(among, residual)
        path.append(f)
    return xp.stack(path)


def gaussian_kernel(
    a: Float[Array, "batch points dim"], b: Float[Array, "batch others dim"], length: float
) -> Float[Array, "batch points others"]:
    """exp(-|a - b|^2 / (2 length^2)) of all pairs."""
    gaps = a[:, :, None] - b[:, None]
    return namespace(a, b).exp(-(gaps**2).sum(-1) / (2 * length * length))
