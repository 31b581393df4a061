"""GD and GD++ without noise, eigenvalue by eigenvalue: exact losses, and steps tuned on them.

Per eigenvalue lambda of a prompt's Sigma, what is left of the true weight along its eigenvector is
R w, R = M = 1 at the start, and a step makes, with q = lambda M^2,
    R <- R (1 - (eta_k / n) q),    M <- M (1 - gamma_k q)
(paper 1, appendix A.10). Over w ~ N(0, I) and the query, of variance s in every coordinate, the
plain half loss of a prompt is 1/2 s sum_i R_i^2: only spectra are sampled.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy import optimize

from icl_core.algorithms.descent import GDPlusPlus, GradientDescent
from icl_core.analysis.spectrum import hessian_spectrum, in_bins
from icl_core.arrays import in_float64
from icl_core.errors import InputError
from icl_core.tasks.linear import LinearTask
from icl_core.validation import integer

SPECTRA, SPECTRA_SEED = 10_000, 5
"""As many prompts as paper 1 evaluates and tunes on."""
TIED_ETAS, TIED_GAMMAS = (0.3, 0.7, 1.2, 2.5), (0.0, 0.15, 0.3, 0.6)
"""Where tuning begins, in units of 1 / (a typical large eigenvalue)."""
UNBOUNDED = (np.inf, np.inf)


def _require_plain(task: LinearTask) -> None:
    if task.noise.second_moment > 0:
        raise InputError(
            f"The noise is {task.noise.label()}: the recursion by eigenvalues needs targets "
            "without noise; choose fixed:0."
        )
    if np.ptp(task.query_variances) > 0:
        raise InputError(
            f"The inputs are {task.inputs.label()}: the recursion by eigenvalues needs one "
            "variance for all coordinates; choose the condition number 1."
        )


def sample_spectra(
    task: LinearTask, *, prompts: int = SPECTRA, seed: int = SPECTRA_SEED
) -> Float[np.ndarray, "prompts dim"]:
    """Eigenvalues of Sigma, ascending, of fresh prompts."""
    return hessian_spectrum(task, prompts=prompts, seed=seed).eigenvalues


def residuals(
    eigenvalues: Float[np.ndarray, "prompts dim"],
    steps: Float[np.ndarray, "steps"],
    gammas: Float[np.ndarray, "steps"],
) -> Float[np.ndarray, "steps+1 prompts dim"]:
    """R after 0..K steps; `steps` are eta_k / n."""
    R, M = np.ones_like(eigenvalues), np.ones_like(eigenvalues)
    path = [R]
    for step, gamma in zip(steps, gammas, strict=True):
        q = eigenvalues * M**2
        R, M = R * (1 - step * q), M * (1 - gamma * q)
        path.append(R)
    return np.stack(path)


def exact_losses(
    method: GradientDescent | GDPlusPlus,
    task: LinearTask,
    eigenvalues: Float[np.ndarray, "prompts dim"],
) -> Float[np.ndarray, "steps+1 prompts"]:
    """Plain half loss of each prompt after each step, exact over w and the query."""
    _require_plain(task)
    gammas = np.zeros(len(method.etas))
    if isinstance(method, GDPlusPlus):
        gammas = np.asarray(method.gammas)
    R = residuals(eigenvalues, np.asarray(method.etas) / task.num_context, gammas)
    return 0.5 * task.inputs.variance * np.sum(R**2, axis=-1)


@partial(jax.jit, static_argnames="steps")
@partial(jax.value_and_grad, argnums=0)
def _log_loss(numbers: Array, values: Array, weight: Array, scale: Array, steps: int) -> Array:
    """log of the weighted sum of R^2 for etas/n and gammas [2, K or 1] in units of 1 / scale."""
    spread = jnp.broadcast_to(numbers / scale, (2, steps))

    def step(state: tuple[Array, Array], pair: Array) -> tuple[tuple[Array, Array], None]:
        R, M = state
        q = values * M**2
        return (R * (1 - pair[0] * q), M * (1 - pair[1] * q)), None

    (R, _), _ = jax.lax.scan(step, (jnp.ones_like(values), jnp.ones_like(values)), spread.T)
    return jnp.log(jnp.sum(weight * R**2))


@in_float64
def tune_steps(
    task: LinearTask,
    steps: int,
    *,
    preconditioned: bool,
    tied: bool = True,
    bounds: tuple[float, float] = UNBOUNDED,
    eigenvalues: Float[np.ndarray, "prompts dim"] | None = None,
) -> GDPlusPlus:
    """Step sizes (and gammas, where `preconditioned`) that minimise the exact mean loss.

    One of each for all steps where `tied`; untied ones start from the tied optimum. `bounds` are
    the largest eta / n and gamma allowed: without, and with several untied steps, the optimum runs
    away (inputs shrunk by gamma, made up for by eta). L-BFGS from several starts, on
    `eigenvalues` or on those of SPECTRA prompts.
    """
    integer("The number of steps", steps, (1, 100))
    _require_plain(task)
    values = (sample_spectra(task) if eigenvalues is None else eigenvalues).ravel()
    values, weight = in_bins(values, np.full(values.size, 1 / values.size))
    scale = float(np.sum(weight * values**2) / np.sum(weight * values))
    known = [jnp.asarray(part) for part in (values, weight, scale)]
    limits = [(0.0, bounds[0] * scale), (0.0, bounds[1] * scale if preconditioned else 0.0)]

    def objective(flat: np.ndarray) -> tuple[float, np.ndarray]:
        loss, slope = _log_loss(jnp.asarray(flat.reshape(2, -1)), *known, steps)
        # Where the polynomial overflows, the line search must turn back.
        finite = np.isfinite(loss) and np.isfinite(slope).all()
        return (float(loss), np.asarray(slope).ravel()) if finite else (1e3, 0 * flat)

    def descend(start: np.ndarray) -> optimize.OptimizeResult:
        count = start.size // 2
        return optimize.minimize(
            objective,
            start,
            jac=True,
            method="L-BFGS-B",
            bounds=[limits[0]] * count + [limits[1]] * count,
            options={"maxiter": 2000, "ftol": 1e-13, "gtol": 1e-9},
        )

    first = TIED_GAMMAS if preconditioned else (0.0,)
    starts = [np.array([eta, gamma]) for eta in TIED_ETAS for gamma in first]
    best = min(map(descend, starts), key=lambda run: run.fun).x
    if not tied:
        best = descend(np.repeat(best, steps)).x
    etas, gammas = np.broadcast_to(best.reshape(2, -1), (2, steps)) / scale
    return GDPlusPlus(
        etas=tuple(map(float, etas * task.num_context)), gammas=tuple(map(float, gammas))
    )


@in_float64
def tune_untied(
    task: LinearTask, steps: int, eigenvalues: Float[np.ndarray, "prompts dim"]
) -> tuple[Float[np.ndarray, "steps"], Float[np.ndarray, "steps"]]:
    """eta_k / n and gamma_k of untied GD++, without bounds, found one step at a time.

    Inputs shrink from step to step, and the numbers grow as much: so a step begins in units of
    1 / (a typical large eigenvalue of the inputs that it meets), several ways, and the logarithms
    of all numbers are tuned together by L-BFGS. The last gamma changes nothing and is 0. A local
    optimum: tuning all steps at once from tied ones (`tune_steps`) ends in worse ones.
    """
    integer("The number of steps", steps, (1, 100))
    _require_plain(task)
    values, weight = in_bins(eigenvalues.ravel(), np.full(eigenvalues.size, 1 / eigenvalues.size))
    known = [jnp.asarray(part) for part in (values, weight, 1.0)]

    def objective(logs: np.ndarray) -> tuple[float, np.ndarray]:
        numbers = np.append(np.exp(logs), 0.0).reshape(2, -1)
        loss, slope = _log_loss(jnp.asarray(numbers), *known, numbers.shape[1])
        finite = np.isfinite(loss) and np.isfinite(slope).all()
        change = (np.asarray(slope) * numbers).ravel()[:-1]
        return (float(loss), change) if finite else (1e3, 0 * logs)

    etas, gammas = np.empty(0), np.empty(0)
    for count in range(1, steps + 1):
        begins = [np.log(np.concatenate(pair)) for pair in _longer(etas, gammas, values, weight)]
        runs = [
            optimize.minimize(objective, begin, jac=True, method="L-BFGS-B", options=_PATIENT)
            for begin in begins
        ]
        best = np.exp(min(runs, key=lambda run: run.fun).x)
        etas, gammas = best[:count], best[count:]
    return etas, np.append(gammas, 0.0)


def _longer(
    etas: np.ndarray, gammas: np.ndarray, values: np.ndarray, weight: np.ndarray
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Starts with one step more: the gamma of the last step, which now matters, and a new eta."""

    def large(known: np.ndarray) -> float:
        q = values * np.prod(known, axis=0) ** 2 if len(known) else values
        return float(np.sum(weight * q**2) / np.sum(weight * q))

    def shrinking(numbers: np.ndarray) -> np.ndarray:
        M, factors = np.ones_like(values), []
        for gamma in numbers:
            factors.append(1 - gamma * values * M**2)
            M = M * factors[-1]
        return np.array(factors)

    if not len(etas):
        return [(np.array([eta / large(np.empty(0))]), gammas) for eta in (0.7, 1.2)]
    more = np.append(gammas, GAMMA_START / large(shrinking(gammas)))
    reach = large(shrinking(more))
    return [(np.append(etas, eta / reach), more) for eta in (0.7, 2.5)]


_PATIENT = {"maxiter": 200, "ftol": 1e-8, "gtol": 1e-6}
GAMMA_START = 0.4
"""Where the gamma of a new step begins, in the units of `tune_untied`."""
