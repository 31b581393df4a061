"""What engines of the page (`icl_core.live.Engine`) are told of prompts and of methods."""

from typing import Any

import numpy as np

from icl_core.algorithms import Method
from icl_core.algorithms.iterative import IterativeAdaRR
from icl_core.algorithms.ridge import AdaRR, BayesRR, ConstRR, OracleRR, nodes_needed
from icl_core.errors import InputError
from icl_core.lessons.shared.coordinates import omega_values
from icl_core.models.diagonal import OmegaModel
from icl_core.models.linear import LinearTransformer
from icl_core.tasks.base import Seed
from icl_core.tasks.linear import LinearTask, at_levels


def scaled_prompt(task: LinearTask, seed: Seed) -> dict[str, Any]:
    """The prompt of `at_levels`, for every noise level sigma: Sigma, alpha = signal + sigma noise,
    lam = energies[0] + energies[1] sigma + energies[2] sigma^2, and n."""
    prompts = at_levels(task, seed, np.array([0.0, 1.0]))
    (signal, alpha), (still, lam) = map(np.asarray, (prompts.moments.alpha, prompts.moments.lam))
    mixed = 2 * float(np.sum(np.asarray(prompts.w)[0] * (alpha - signal)))
    return {
        "Sigma": np.asarray(prompts.moments.Sigma)[0],
        "signal": signal,
        "noise": alpha - signal,
        "energies": [float(still), mixed, float(lam - still) - mixed],
        "n": task.num_context,
    }


def heads_of(model: LinearTransformer) -> list[Any]:
    """A model's layers, each a list of heads P, Q."""
    layers = zip(np.asarray(model.P), np.asarray(model.Q), strict=True)
    return [[{"P": P, "Q": Q} for P, Q in zip(*heads, strict=True)] for heads in layers]


def is_diagonal(model: LinearTransformer) -> bool:
    """Whether its omegas are all there is of it."""
    size = model.dim + 1
    off = ~np.eye(size, dtype=bool)
    for M in (np.asarray(model.P), np.asarray(model.Q)):
        x = np.diagonal(M, axis1=2, axis2=3)[..., :-1]
        if M[..., off].any() or (x != x[..., :1]).any():
            return False
    return True


def told(method: Method, task: LinearTask) -> dict[str, Any]:
    """How a method works, as `pathOf` in frontend/prompt.mjs reads it."""
    match method:
        case LinearTransformer() if not is_diagonal(method):
            return {"layers": heads_of(method)}
        case LinearTransformer():
            return {"layers": omega_values(method)}
        case OmegaModel():
            return {"layers": method.omegas}
        case IterativeAdaRR(eta=None):
            return {"iterations": method.steps}
        case BayesRR():
            nodes, prior = method.noise.nodes(nodes_needed(task.num_context))
            return {"nodes": nodes, "prior": prior}
        case ConstRR():
            return {"strength": method.strength}
        case AdaRR():
            return {"strength": "residual"}
        case OracleRR():
            return {"strength": "oracle"}
    raise InputError(f"The page cannot compute {method!r:.60}: expected one of prompt.mjs.")
