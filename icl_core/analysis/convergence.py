"""Error of least squares after k layers or steps, eigenvalue by eigenvalue (paper 2, Theorem 5.1).

Without noise, w starts at 0 and must come to w*; along the eigenvector of lambda what is left of w*
after step k is a number e_k(lambda), and for w* with the same component along every eigenvector
    error_k = |w_k - w*| / |w*| = sqrt(mean_i e_k(lambda_i)^2).
Every method has the best parameters that can be known from lambda_min and lambda_max alone. Nothing
is sampled, and no e_k is a difference of numbers near 1, so errors far below 1e-16 are right: but
for a solver that has no formula here, which is run (`solver_errors`).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from icl_core.algorithms.accelerated import Solver, solvers
from icl_core.algorithms.ridge import Spectrum
from icl_core.constructions.second_order import excess_after
from icl_core.validation import integer, number

Path = Float[np.ndarray, "steps kappas dim"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Convergence:
    """Of spectra with the condition numbers `kappas` [K], each of d eigenvalues.

    errors[method] is [steps + 1, K]; excess[method] is kappa - 1 after each layer, [steps + 1, K],
    for the methods that change the spectrum: of the eigenvalues' bounds.
    """

    kappas: np.ndarray
    dim: int
    errors: dict[str, np.ndarray]
    excess: dict[str, np.ndarray]

    @property
    def steps(self) -> int:
        return len(next(iter(self.errors.values()))) - 1


def spectrum_excess(kappas: np.ndarray, dim: int) -> Float[np.ndarray, "kappas dim"]:
    """lambda_max / lambda - 1 for d eigenvalues spaced evenly by their logarithm."""
    exponents = np.linspace(0, 1, dim) if dim > 1 else np.zeros(1)
    return np.expm1(exponents * np.log(np.asarray(kappas, float))[:, None])


def convergence(kappas: np.ndarray, *, dim: int, steps: int) -> Convergence:
    """Errors of all methods after 0..steps steps."""
    kappas = np.array([number("kappa", kappa, (1, 1e12)) for kappa in np.ravel(kappas)])
    excess = spectrum_excess(kappas, integer("The dimension d", dim, (1, 1000)))
    bound = kappas - 1
    theorem, theorem_excess = gdpp_errors(excess, bound, steps, best=False, every=False)
    quick, quick_excess = gdpp_errors(excess, bound, steps, best=True, every=True)
    exact = {
        "gd": gd_errors(excess, bound, steps),
        "heavy_ball": heavy_ball_errors(excess, bound, steps),
        "chebyshev": chebyshev_errors(excess, bound, steps),
        "cg": cg_errors(excess, steps),
        "newton": newton_errors(excess, bound, steps),
    }
    paths = {
        name: exact[name] if name in exact else solver_errors(solver, excess)
        for name, solver in solvers(steps).items()
    } | {"gdpp_tuned": quick, "theorem_51": theorem}
    return Convergence(
        kappas=kappas,
        dim=dim,
        errors={name: np.sqrt(np.mean(path**2, axis=-1)) for name, path in paths.items()},
        excess={"theorem_51": theorem_excess, "gdpp_tuned": quick_excess},
    )


def step_error(excess: np.ndarray, bound: np.ndarray) -> np.ndarray:
    """1 - 2 lambda / (lambda_max + lambda_min): what one best step of GD leaves.

    In gaps g = 1 - lambda / lambda_max it is (2 g - G) / (2 - G), G that of lambda_min.
    """
    gap, last = excess / (1 + excess), (bound / (1 + bound))[..., None]
    return (2 * gap - last) / (2 - last)


def gdpp_errors(
    excess: np.ndarray, bound: np.ndarray, steps: int, *, best: bool, every: bool
) -> tuple[Path, np.ndarray]:
    """GD++ of 0..steps layers, and kappa - 1 after each: see `constructions.second_order`.

    With a step in the last layer only, each number of layers is a model of its own.
    """
    errors, bounds = [np.ones_like(excess)], [bound]
    left = np.ones_like(excess)
    for _ in range(steps):
        now = step_error(excess, bound)
        left = left * now
        errors.append(left if every else now)
        excess = excess_after(excess, bound[:, None], best=best)
        bound = excess_after(bound, bound, best=best)
        bounds.append(bound)
    return np.stack(errors), np.stack(bounds)


def solver_errors(solver: Solver, excess: np.ndarray) -> Path:
    """What is left by a solver that is run on these eigenvalues: right down to some 1e-15."""
    values = (1 / (1 + excess))[:, ::-1]
    U = np.broadcast_to(np.eye(values.shape[-1]), (*values.shape, values.shape[-1]))
    known = Spectrum(eigenvalues=values, U=U, a=values, lam=values.sum(-1))
    return np.asarray(solver.path(known, np.zeros(len(values))) - 1)[..., ::-1]


def gd_errors(excess: np.ndarray, bound: np.ndarray, steps: int) -> Path:
    """(1 - eta lambda)^k with eta = 2 / (lambda_max + lambda_min)."""
    return step_error(excess, bound) ** np.arange(steps + 1)[:, None, None]


def newton_errors(excess: np.ndarray, bound: np.ndarray, steps: int) -> Path:
    """(1 - eta lambda)^(2^(k-1)): the iteration for the inverse squares what is left."""
    powers = 2.0 ** np.arange(steps)
    with np.errstate(under="ignore"):
        rest = step_error(excess, bound) ** powers[:, None, None]
    return np.concatenate([np.ones((1, *excess.shape)), rest])


def heavy_ball_errors(excess: np.ndarray, bound: np.ndarray, steps: int) -> Path:
    """e' = (1 + beta - eta lambda) e - beta e_before with Polyak's beta = ((1-s) / (1+s))^2.

    s = kappa^(-1/2) and eta = 2 (1 + beta) / (lambda_max + lambda_min).
    """
    s = 1 / np.sqrt(1 + bound)[:, None]
    beta = (bound[:, None] / (1 + bound[:, None]) / (1 + s) ** 2) ** 2
    pull = (1 + beta) * step_error(excess, bound)
    path = [np.ones_like(excess), np.ones_like(excess)]
    for _ in range(steps):
        path.append(pull * path[-1] - beta * path[-2])
    return np.stack(path[1:])


def chebyshev_errors(excess: np.ndarray, bound: np.ndarray, steps: int) -> Path:
    """T_k(z) / T_k(z_0): z in [-1, 1] over the spectrum, z_0 = (kappa + 1) / (kappa - 1).

    No polynomial of degree k that is 1 at 0 has a smaller largest value on the spectrum's interval.
    """
    k = np.arange(steps + 1)[:, None, None]
    s = 1 / np.sqrt(1 + bound)[:, None]
    # exp(-acosh z_0) = (1 - s) / (1 + s).
    rate = bound[:, None] / (1 + bound[:, None]) / (1 + s) ** 2
    # step_error = z / z_0, and 1 / z_0 = kappa's own.
    widest = (bound / (2 + bound))[:, None]
    z = np.divide(step_error(excess, bound), widest, out=np.zeros_like(excess), where=widest > 0)
    return np.cos(k * np.arccos(np.clip(z, -1, 1))) * 2 * rate**k / (1 + rate ** (2 * k))


def cg_errors(excess: np.ndarray, steps: int) -> Path:
    """Conjugate gradients for w* = (1, ..., 1) in the eigenbasis; exact after d steps.

    The directions are made conjugate to all before them, twice, which rounding otherwise undoes.
    """
    values = 1 / (1 + excess)
    left = np.ones_like(values)
    path = [left]
    done: list[np.ndarray] = []
    for k in range(steps):
        if k >= values.shape[-1] - 1:
            path.append(np.zeros_like(left))
            continue
        direction = values * left
        for _ in range(2):
            for before in done:
                along = np.sum(values * before * direction, -1, keepdims=True)
                direction = direction - along * before
        size = np.sqrt(np.sum(values * direction**2, -1, keepdims=True))
        direction = np.divide(direction, size, out=np.zeros_like(direction), where=size > 0)
        done.append(direction)
        left = left - np.sum(values * direction * left, -1, keepdims=True) * direction
        path.append(left)
    return np.stack(path)
