"""What statistics packages do with a table: regressions with an intercept, and a ridge whose
strength is chosen by cross-validation."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from icl_core.algorithms.ridge import ConstRR
from icl_core.models.predictor import Answers, Method, Predictor, Queries
from icl_core.tasks.base import Context
from icl_core.validation import Config

STRENGTHS = tuple(float(strength) for strength in np.logspace(-3, 3, 13))
"""Ridge strengths that `LeaveOneOutRidge` chooses from."""


@dataclass(frozen=True, kw_only=True)
class Intercept(Predictor):
    """A method on centred tokens; the means come back as an intercept.

    With `ConstRR(strength=0)` it is ordinary least squares, of least norm where n <= d.
    """

    method: Method

    def answers(self, context: Context, queries: Queries) -> Answers:
        x, y = context.X.mean(1, keepdims=True), context.y.mean(1, keepdims=True)
        return self.method.answers(Context(X=context.X - x, y=context.y - y), queries - x) + y


OLS = Intercept(method=ConstRR(strength=0.0))
"""Ordinary least squares with an intercept."""


@dataclass(frozen=True, kw_only=True)
class LeaveOneOutRidge(Config, Predictor):
    """Ridge regression with an intercept whose strength has the least leave-one-out error.

    As scikit-learn's RidgeCV, for many contexts at once: the residual of token i when it is left
    out is e_i / (1 - h_i), h_i = 1/n + sum_j z_ij^2 / (lambda_j + s) with z the tokens in the
    eigenbasis of the centred Sigma (Golub, Heath and Wahba 1979).
    """

    strengths: tuple[float, ...] = STRENGTHS

    def chosen(self, context: Context) -> Float[np.ndarray, "batch"]:
        """The strength of each context."""
        return self._fit(context)[0]

    def answers(self, context: Context, queries: Queries) -> Answers:
        """The mean of y, and the prediction, [2, batch, queries]."""
        _, w = self._fit(context)
        mean = context.y.mean(1, keepdims=True)
        answer = np.matvec(queries - context.X.mean(1, keepdims=True), w) + mean
        return np.stack([np.broadcast_to(mean, answer.shape), answer])

    def _fit(
        self, context: Context
    ) -> tuple[Float[np.ndarray, "batch"], Float[np.ndarray, "batch dim"]]:
        """Strengths and weights."""
        X = context.X - context.X.mean(1, keepdims=True)
        y = context.y - context.y.mean(1, keepdims=True)
        eigenvalues, U = np.linalg.eigh(X.mT @ X)
        strengths, Z = np.array(self.strengths), X @ U
        # One column for each strength.
        shrunk = 1 / (np.maximum(eigenvalues, 0)[..., None] + strengths)
        a = np.vecmat(y, Z)[..., None] * shrunk
        free = 1 - 1 / y.shape[1] - Z**2 @ shrunk
        left_out = (y[..., None] - Z @ a) / np.maximum(free, 1e-12)
        best = np.argmin(np.mean(left_out**2, axis=1), axis=-1)
        return strengths[best], np.matvec(U, a[np.arange(len(best)), :, best])
