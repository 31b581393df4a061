"""Baselines with free numbers, tuned on prompts of a task as the papers tune them."""

import jax
import jax.numpy as jnp
import numpy as np
from scipy import optimize

from icl_core.algorithms.descent import GDPlusPlus, GradientDescent, gdpp, gradient_descent
from icl_core.algorithms.ridge import OracleRR, TunedRR, ols_variance, ridge, spectrum
from icl_core.analysis.loss import distance_loss
from icl_core.arrays import in_float64
from icl_core.errors import InputError
from icl_core.tasks.linear import LinearTask, Prompts, draw_prompts

TUNING_SEED = 20_24


@in_float64
def tune_ridge(task: LinearTask, *, prompts: int = 16_384, seed: int = TUNING_SEED) -> TunedRR:
    """scale and highest of TunedRR that minimise the mean adjusted loss (Nelder-Mead)."""
    if task.num_context <= task.dim:
        raise InputError(
            f"TunedRR needs more tokens than dimensions: n = {task.num_context} and "
            f"d = {task.dim}; raise n or leave TunedRR out."
        )
    drawn = draw_prompts(task, seed, prompts)
    eigen = spectrum(drawn.moments)
    variance = ols_variance(eigen, drawn.num_context)
    target = OracleRR().weight_path(drawn)[-1]

    def objective(logs: np.ndarray) -> float:
        scale, highest = np.exp(logs)
        w = ridge(eigen, jnp.minimum(scale * variance, highest))
        return float(distance_loss(w[None], target).mean())

    start = np.log([1.0, max(task.noise.highest**2, 1e-6)])
    # scipy's own first simplex steps by 5 % of the start, which is nothing where the start is 0.
    simplex = start + np.array([[0.0, 0.0], [0.5, 0.0], [0.0, -0.5]])
    found = optimize.minimize(
        objective,
        start,
        method="Nelder-Mead",
        bounds=np.log([(1e-3, 1e3), (1e-9, 1e6)]),
        options={"initial_simplex": simplex, "xatol": 1e-3, "fatol": 1e-9},
    )
    scale, highest = np.exp(found.x)
    return TunedRR(scale=float(scale), highest=float(highest))


@in_float64
def tune_descent(
    task: LinearTask, steps: int, *, prompts: int = 4096, seed: int = TUNING_SEED
) -> GradientDescent:
    """One step size for all steps, minimising the mean adjusted loss after the last one."""
    drawn = draw_prompts(task, seed, prompts)
    target = OracleRR().weight_path(drawn)[-1]

    def objective(log_eta: float) -> float:
        etas = jnp.full(steps, np.exp(log_eta))
        return float(distance_loss(gradient_descent(drawn, etas), target)[-1].mean())

    found = optimize.minimize_scalar(objective, bounds=(np.log(1e-4), np.log(4)), method="bounded")
    return GradientDescent(etas=(float(np.exp(found.x)),) * steps)


@jax.jit
@jax.value_and_grad
def _gdpp_loss(scaled: jax.Array, drawn: Prompts, target: jax.Array) -> jax.Array:
    etas, gammas = scaled[0], scaled[1] / drawn.num_context
    return distance_loss(gdpp(drawn, etas, gammas), target)[-1].mean()


@in_float64
def tune_gdpp(
    task: LinearTask, steps: int, *, prompts: int = 4096, seed: int = TUNING_SEED
) -> GDPlusPlus:
    """A step size and a gamma for each step, minimising the loss after the last one (L-BFGS).

    Started from tuned gradient descent with gamma = 0.
    """
    drawn = draw_prompts(task, seed, prompts)
    target = OracleRR().weight_path(drawn)[-1]
    start = np.stack([np.asarray(tune_descent(task, steps).etas), np.full(steps, 0.1)])

    def objective(flat: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = _gdpp_loss(jnp.asarray(flat.reshape(2, steps)), drawn, target)
        return float(value), np.asarray(slope).ravel()

    found = optimize.minimize(objective, start.ravel(), jac=True, method="L-BFGS-B")
    etas, scaled_gammas = found.x.reshape(2, steps)
    return GDPlusPlus(
        etas=tuple(map(float, etas)), gammas=tuple(map(float, scaled_gammas / task.num_context))
    )
