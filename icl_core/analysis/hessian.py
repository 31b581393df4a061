"""What the layers of a linear transformer do to the eigenvalues of the Hessian.

The Hessian of the in-context loss 1/2 sum_i (y_i - <w, x_i>)^2 is Sigma = sum_i x_i x_i^T, the x
block of the Gram matrix G of the context. With [[A, b], [c^T, g]] = sum_k P_k G Q_k and M = I + A a
layer takes x_i to M x_i + b y_i, and so Sigma to

    M Sigma M^T + (M alpha) b^T + b (M alpha)^T + lam b b^T.

In a DIAG model A = omega_xx Sigma and b = omega_xy alpha. Where omega_xy is 0, as in GD++,
eigenvectors stay and every eigenvalue goes to lambda (1 + omega_xx lambda)^2, exactly: the map of
`analysis.spectrum.transform` with gamma = -omega_xx. Where it is not, a matrix of rank two, at
most, is added (`diag_step`). What FULL does is held against the gamma that comes nearest
(`nearest_gamma`).

Eigenvalues and gammas are those of raw coordinates: Sigma is not divided by n, nor gamma by
anything.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.optimize import linear_sum_assignment

from icl_core.analysis.spectrum import transform
from icl_core.arrays import Array, eigh, namespace, without_rounding
from icl_core.models.linear import LinearTransformer, gram_path
from icl_core.tasks.linear import Moments

Hessians = Float[Array, "steps batch dim dim"]


def hessian_path(model: LinearTransformer, moments: Moments) -> Hessians:
    """Sigma of every prompt after layer 0..L, [L+1, batch, d, d]: what the next layer descends on;
    nothing reads the last."""
    return gram_path(model, moments)[..., :-1, :-1]


def eigenvalue_path(hessians: Hessians) -> Float[Array, "steps batch dim"]:
    """Eigenvalues of every Hessian, ascending; NaN where entries are not finite."""
    xp = namespace(hessians)
    known = xp.isfinite(hessians).all((-2, -1))[..., None]
    values = xp.linalg.eigvalsh(xp.where(known[..., None], hessians, 0))
    return xp.where(known, without_rounding(values), xp.nan)


@dataclass(frozen=True, kw_only=True, eq=False)
class Followed:
    """Eigenvalues [L+1, batch, d] over the layers, each a column: ascending at the input, then that
    of the eigenvector most like the one before. kept [L, batch]: the mean squared overlap of
    eigenvectors before and after a layer, 1 where none has turned.
    """

    eigenvalues: np.ndarray
    kept: np.ndarray


def followed(hessians: Hessians) -> Followed:
    """Follow eigenvectors from layer to layer: of all ways to pair those of two neighbouring layers
    that of the largest sum of squared overlaps."""
    values, vectors = map(np.asarray, eigh(hessians))
    values = np.where(np.isfinite(values), without_rounding(values), np.nan)
    place = np.broadcast_to(np.arange(values.shape[-1]), values.shape).copy()
    kept = np.full((len(values) - 1, values.shape[1]), np.nan)
    overlaps = np.square(vectors[:-1].mT @ vectors[1:])
    for layer, prompt in np.argwhere(np.isfinite(overlaps).all((-2, -1))):
        own = overlaps[layer, prompt]
        rows, columns = linear_sum_assignment(own, maximize=True)
        kept[layer, prompt] = own[rows, columns].mean()
        place[layer + 1, prompt] = columns[place[layer, prompt]]
    return Followed(eigenvalues=np.take_along_axis(values, place, axis=-1), kept=kept)


def diag_step(
    omega_xx: float, omega_xy: float, gram: Float[Array, "*batch tokens tokens"]
) -> tuple[Float[Array, "*batch dim dim"], Float[Array, "*batch dim dim"]]:
    """Sigma after a DIAG layer as a sum of two: what omega_xx makes of it, Sigma (I + omega_xx
    Sigma)^2, and what omega_xy adds.

    With M = I + omega_xx Sigma that is omega_xy (M alpha alpha^T + alpha alpha^T M)
    + omega_xy^2 lam alpha alpha^T: of rank two at most, with one eigenvalue above 0 and one below.
    Where alpha is an eigenvector of Sigma, it is of rank one and moves that eigenvalue alone.
    """
    xp = namespace(gram)
    Sigma, alpha, lam = gram[..., :-1, :-1], gram[..., :-1, -1], gram[..., -1, -1]
    M = xp.eye(Sigma.shape[-1], dtype=Sigma.dtype) + omega_xx * Sigma
    half = xp.matvec(M, alpha) + 0.5 * omega_xy * lam[..., None] * alpha
    mixed = omega_xy * half[..., :, None] * alpha[..., None, :]
    return M @ Sigma @ M, mixed + mixed.mT


def nearest_gamma(before: Float[np.ndarray, "count"], after: Float[np.ndarray, "count"]) -> float:
    """The gamma whose lambda (1 - gamma lambda)^2 is nearest to what a layer made of eigenvalues.

    The least mean square, which is a quartic in gamma. 0 where none is finite, all are 0, or their
    squares overflow.
    """
    known = np.isfinite(before) & np.isfinite(after)
    size = np.max(before[known], initial=0.0)
    if size <= 0:
        return 0.0
    x, y = before[known] / size, after[known] / size
    parts = np.stack([y - x, 2 * x**2, -(x**3)])
    with np.errstate(over="ignore"):
        products = parts @ parts.T
    if not np.isfinite(products).all():
        return 0.0
    # sum (r_0 + r_1 gamma + r_2 gamma^2)^2: coefficients lie on the antidiagonals.
    quartic = np.array([np.trace(products[::-1], offset=k) for k in range(2, -3, -1)])
    roots = np.roots(np.polyder(quartic))
    real = roots[np.abs(roots.imag) < 1e-9 * (1 + np.abs(roots))].real
    return float(real[np.argmin(np.polyval(quartic, real))] / size)


def gap(
    before: Float[np.ndarray, "count"], after: Float[np.ndarray, "count"], gamma: float
) -> float:
    """How much of what a layer does to eigenvalues GD++ with this gamma leaves unexplained:
    the root mean square of after - lambda (1 - gamma lambda)^2 over that of after - lambda.

    0 for GD++ itself, 1 where GD++ is no better than not moving; NaN where nothing moves.
    """
    known = np.isfinite(before) & np.isfinite(after)
    before, after = before[known], after[known]
    with np.errstate(over="ignore", invalid="ignore"):
        moved = np.sum((after - before) ** 2)
        left = np.sum((after - transform(before, gamma)) ** 2)
        return float(np.sqrt(left / moved)) if moved else np.nan


def common_direction(hessians: Float[Array, "batch dim dim"]) -> float:
    """How much the prompts' leading eigenvectors v are one: the largest eigenvalue of the mean of
    v v^T.

    1 where all prompts have the same, about 1/d where they have any; NaN where nothing is finite.
    """
    leading = np.asarray(eigh(hessians)[1])[..., -1]
    leading = leading[np.isfinite(leading).all(-1)]
    if not len(leading):
        return np.nan
    return float(np.linalg.eigvalsh(leading.T @ leading / len(leading))[-1])
