"""What no model of a kind can fall below (all half MSE, adjusted)."""

from icl_core.algorithms.ridge import BayesRR, ConstRR
from icl_core.analysis.loss import LossSummary, evaluate
from icl_core.tasks.linear import LinearTask


def one_layer_loss(task: LinearTask) -> float:
    """Exact unadjusted half loss of the best single layer, any parametrization.

    1/2 d (d+1+v) / (n+d+1+v) with v = E[sigma_tau^2]; proved global over P, Q for Gaussian inputs
    (Ahn et al. 2023; Mahankali et al. 2023).
    """
    d, n, v = task.dim, task.num_context, task.noise.second_moment
    return 0.5 * d * (d + 1 + v) / (n + d + 1 + v)


def one_layer_step(task: LinearTask) -> float:
    """The step size eta of gradient descent that reaches `one_layer_loss`."""
    d, n, v = task.dim, task.num_context, task.noise.second_moment
    return n / (n + d + 1 + v)


def floors(task: LinearTask, *, prompts: int = 100_000, seed: int = 1) -> dict[str, LossSummary]:
    """Sampled floors: "bayes_rr" for every predictor, "const_rr" for GD++ at any depth."""
    return evaluate(
        {"bayes_rr": BayesRR(noise=task.noise), "const_rr": ConstRR.of(task)},
        task,
        prompts=prompts,
        seed=seed,
    )
