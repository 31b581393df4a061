"""Ridge regression and its choices of strength s (paper 2, section 5), and the Bayes optimum.

All are w(s) = (Sigma + s I)^-1 alpha and differ in s alone, except BayesRR, which mixes them. Each
has one step: its weight path is [2, batch, d], w = 0 and the solution.
"""

import math
from dataclasses import dataclass
from typing import Any

import jax
from flax import struct
from jaxtyping import Float

from icl_core.arrays import (
    Array,
    Scalar,
    WeightPath,
    eigh,
    namespace,
    numpy_or_xla,
    without_rounding,
)
from icl_core.models.predictor import Method
from icl_core.tasks.linear import LinearTask, Moments, Prompts
from icl_core.tasks.noise import NUM_NODES, NoiseLaw, noise_from_dict, noise_to_dict
from icl_core.validation import Config, mapping, number, required

AT_ONCE = 1_000_000
"""Numbers (prompts x nodes x dimensions) that `BayesRR` holds at a time: memory stays flat."""


@struct.dataclass
class Spectrum:
    """Sigma = U diag(eigenvalues) U^T and alpha in that basis, a = U^T alpha; lam as it is.

    alpha lies in the range of Sigma: where an eigenvalue is 0, so is a.
    """

    eigenvalues: Float[Array, "batch dim"]
    U: Float[Array, "batch dim dim"]
    a: Float[Array, "batch dim"]
    lam: Float[Array, "batch"]


@numpy_or_xla
def spectrum(moments: Moments) -> Spectrum:
    """One eigendecomposition serves every ridge strength."""
    eigenvalues, U = eigh(moments.Sigma)
    eigenvalues = without_rounding(eigenvalues)
    xp = namespace(eigenvalues)
    a = xp.where(eigenvalues > 0, xp.matvec(U.mT, moments.alpha), 0)
    return Spectrum(eigenvalues=eigenvalues, U=U, a=a, lam=moments.lam)


@numpy_or_xla
def ridge(eigen: Spectrum, strength: Float[Array, "*batch"]) -> Float[Array, "batch dim"]:
    """(Sigma + s I)^-1 alpha with one s or one per prompt; s = 0 is the least-norm OLS."""
    xp = namespace(eigen.a, strength)
    total = eigen.eigenvalues + xp.broadcast_to(strength, eigen.lam.shape)[:, None]
    # Where the total is 0, so is a.
    return xp.matvec(eigen.U, eigen.a / xp.where(total == 0, 1, total))


@numpy_or_xla
def ols_variance(eigen: Spectrum, num_context: Scalar) -> Float[Array, "batch"]:
    """AdaRR's noise estimate: residual sum of squares of OLS / (n - d); NaN where n <= d."""
    xp = namespace(eigen.a, num_context)
    safe = xp.where(eigen.eigenvalues > 0, eigen.eigenvalues, 1)
    fitted = xp.sum(eigen.a**2 / safe, axis=-1)
    dof = num_context - eigen.a.shape[-1]
    return xp.where(dof > 0, xp.maximum(eigen.lam - fitted, 0) / xp.maximum(dof, 1), xp.nan)


def _inverse(eigen: Spectrum, variance: Float[Array, "nodes"]) -> Float[Array, "batch nodes dim"]:
    """1 / (eigenvalue + variance)."""
    return 1 / (eigen.eigenvalues[:, None, :] + variance[None, :, None])


def log_likelihood(
    eigen: Spectrum,
    inverse: Float[Array, "batch nodes dim"],
    variance: Float[Array, "nodes"],
    num_context: Scalar,
) -> Float[Array, "batch nodes"]:
    """log p(y | X, sigma^2) up to a constant: y ~ N(0, X X^T + sigma^2 I_n).

    `inverse` is 1 / (eigenvalue + variance). For n < d the zero eigenvalues of Sigma take part as
    (n - d) log s < 0, which cancels them.
    """
    xp = namespace(inverse)
    log_det = (num_context - eigen.a.shape[-1]) * xp.log(variance)[None]
    log_det = log_det - xp.sum(xp.log(inverse), axis=-1)
    explained = xp.matvec(inverse, eigen.a**2)
    return -0.5 * (log_det + (eigen.lam[:, None] - explained) / variance[None])


def _posterior(
    eigen: Spectrum, inverse: Array, variance: Array, prior: Array, num_context: Scalar
) -> Float[Array, "batch nodes"]:
    xp = namespace(inverse)
    log_prior = xp.where(prior > 0, xp.log(xp.where(prior > 0, prior, 1)), -xp.inf)
    logits = log_likelihood(eigen, inverse, variance, num_context) + log_prior[None]
    likely = xp.exp(logits - logits.max(-1, keepdims=True))
    return likely / likely.sum(-1, keepdims=True)


@numpy_or_xla
def bayes_ridge(
    eigen: Spectrum, nodes: Float[Array, "nodes"], prior: Float[Array, "nodes"], num_context: Scalar
) -> Float[Array, "batch dim"]:
    """Posterior mean of w: sum_k p(sigma_k | X, y) ridge(sigma_k^2), prior given at the nodes.

    No predictor has a smaller expected loss, as far as the nodes resolve the posterior over sigma
    (`nodes_needed`). Noise levels below 1e-6 count as 1e-6.
    """
    xp = namespace(eigen.a, nodes)
    variance = xp.maximum(nodes, 1e-6) ** 2
    inverse = _inverse(eigen, variance)
    posterior = _posterior(eigen, inverse, variance, prior, num_context)
    return xp.matvec(eigen.U, eigen.a * xp.vecmat(posterior, inverse))


@numpy_or_xla
def bayes_deviation(
    eigen: Spectrum,
    nodes: Float[Array, "nodes"],
    prior: Float[Array, "nodes"],
    num_context: Scalar,
    queries: Float[Array, "batch queries dim"],
) -> Float[Array, "batch queries"]:
    """Posterior standard deviation of <w, x> at every query: how sure `bayes_ridge` can be.

    The variance is that within noise levels, sigma_k^2 x^T (Sigma + sigma_k^2 I)^-1 x, and that of
    their ridge regressions, averaged over p(sigma_k | X, y).
    """
    xp = namespace(eigen.a, nodes)
    variance = xp.maximum(nodes, 1e-6) ** 2
    inverse = _inverse(eigen, variance)
    posterior = _posterior(eigen, inverse, variance, prior, num_context)
    turned = queries @ eigen.U
    means = turned @ (inverse * eigen.a[:, None]).mT
    center = xp.matvec(means, posterior)[..., None]
    within = variance * (turned**2 @ inverse.mT)
    return xp.sqrt(xp.matvec(within + (means - center) ** 2, posterior))


@numpy_or_xla
def noise_posterior(
    eigen: Spectrum, nodes: Float[Array, "nodes"], prior: Float[Array, "nodes"], num_context: Scalar
) -> Float[Array, "batch nodes"]:
    """p(sigma_k | X, y) over the nodes of a noise law."""
    variance = namespace(eigen.a, nodes).maximum(nodes, 1e-6) ** 2
    return _posterior(eigen, _inverse(eigen, variance), variance, prior, num_context)


def nodes_needed(num_context: float) -> int:
    """How many nodes resolve the posterior over sigma, whose width falls as 1/sqrt(n).

    Up to n = 5,000 the error of NUM_NODES is below that of 100,000 sampled prompts.
    """
    return NUM_NODES * max(1, math.ceil(math.sqrt(num_context / 5000)))


def _path(w: Float[Array, "batch dim"]) -> WeightPath:
    xp = namespace(w)
    return xp.stack([xp.zeros_like(w), w])


@dataclass(frozen=True, kw_only=True)
class ConstRR(Config, Method):
    """One strength s for all prompts; the best is s = E[sigma_tau^2] (`ConstRR.of`)."""

    strength: float = required(number, "The ridge strength", (0, 1e6))

    name = "const_rr"

    @classmethod
    def of(cls, task: LinearTask) -> "ConstRR":
        """The best for a task, and so the exact floor of GD++ at any depth."""
        return cls(strength=task.noise.second_moment)

    def weight_path(self, prompts: Prompts) -> WeightPath:
        return _path(ridge(spectrum(prompts.moments), self.strength))


@dataclass(frozen=True, kw_only=True)
class OracleRR(Config, Method):
    """s = sigma_tau^2, the true noise of the prompt: the oracle that losses are adjusted by."""

    name = "oracle_rr"

    def weight_path(self, prompts: Prompts) -> WeightPath:
        return _path(ridge(spectrum(prompts.moments), prompts.sigma**2))


@dataclass(frozen=True, kw_only=True)
class AdaRR(Config, Method):
    """s = RSS of OLS / (n - d). Undefined (NaN) for n <= d."""

    name = "ada_rr"

    def weight_path(self, prompts: Prompts) -> WeightPath:
        eigen = spectrum(prompts.moments)
        return _path(ridge(eigen, ols_variance(eigen, prompts.num_context)))


@dataclass(frozen=True, kw_only=True)
class TunedRR(Config, Method):
    """s = min(scale * AdaRR's s, highest), both tuned per problem (`analysis.tuning`)."""

    scale: float = required(number, "The scale of TunedRR", (0, 1e3))
    highest: float = required(number, "The highest strength of TunedRR", (0, 1e6))

    name = "tuned_rr"

    def weight_path(self, prompts: Prompts) -> WeightPath:
        eigen = spectrum(prompts.moments)
        strength = self.scale * ols_variance(eigen, prompts.num_context)
        return _path(ridge(eigen, namespace(strength).minimum(strength, self.highest)))


@dataclass(frozen=True, kw_only=True)
class BayesRR(Config, Method):
    """The posterior mean over sigma_tau under the task's noise law: a floor for every predictor."""

    noise: NoiseLaw

    name = "bayes_rr"

    def to_dict(self) -> dict[str, Any]:
        return {"noise": noise_to_dict(self.noise)}

    @classmethod
    def from_dict(cls, values: Any) -> "BayesRR":
        given = mapping("BayesRR", values)
        return cls(noise=noise_from_dict(given.get("noise")))

    def weight_path(self, prompts: Prompts) -> WeightPath:
        found = self.noise.nodes(nodes_needed(float(prompts.num_context)))
        nodes, prior = (part.astype(prompts.sigma.dtype) for part in found)
        eigen, n = spectrum(prompts.moments), prompts.num_context
        size = max(1, AT_ONCE // (len(nodes) * eigen.a.shape[-1]))
        blocks = [
            bayes_ridge(
                jax.tree.map(lambda part, at=at: part[at : at + size], eigen), nodes, prior, n
            )
            for at in range(0, len(eigen.a), size)
        ]
        return _path(namespace(eigen).concatenate(blocks))


def baselines(task: LinearTask) -> dict[str, Method]:
    """What models are measured beside on a task, by name: what knows the law of its noise, and
    AdaRR, which needs n > d."""
    known: dict[str, Method] = {"const_rr": ConstRR.of(task), "bayes_rr": BayesRR(noise=task.noise)}
    return known | ({"ada_rr": AdaRR()} if task.num_context > task.dim else {})
