"""How paper 2 trains its models: raw coordinates, one sampled query a prompt, plain Adam.

Adam at 1e-4, batches of 2,048 prompts, 200,000 updates, no clipping; squared error of the query's
prediction (ours: half of it, which Adam does not notice). A layer is linear in every token, so
the loss of a prompt follows from its moments; what differs from the paper is that a number of a
prompt that diverges ends at `objective.BOUND` normalised units.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import jax.numpy as jnp
import numpy as np
from flax import struct
from jaxtyping import Float

from icl_core.arrays import Array
from icl_core.models.coordinates import scaled, token_scale
from icl_core.tasks.linear import LinearTask, Seed, draw_prompts
from icl_core.training.config import RunConfig
from icl_core.training.linear import LinearTrainee, MomentLoss
from icl_core.training.objective import Batch, Parameters, batch_of, final_weights, tied_layers

LEARNING_RATE, BATCH, STEPS = 1e-4, 2048, 200_000
INITIAL_STD = 0.02
"""Standard deviation of the start. The paper prints none; it must be small in raw coordinates, for
G has entries of order n."""
DIAGONAL = ("p_x", "p_y", "q_x", "q_y")
"""Numbers of a layer and head of DIAG; GD++ lacks the last."""
PAPER = RunConfig(steps=STEPS, batch=BATCH, learning_rate=LEARNING_RATE, clip=1e9, decay=0.999)


@struct.dataclass
class Asked(Batch):
    """Prompts with one query each, C^(-1/2) x_t, and its true answer: the d+1 rows of `target`; D
    [d+1], the task's `token_scale`."""

    D: Float[Array, "tokens"]


ASKED_BY_LANE: Any = Asked(gram=0, target=0, weight=0, scale=0, on=None, D=0)  # type: ignore[arg-type]


def in_units(parameters: Parameters, D: Float[Array, "tokens"]) -> Parameters:
    """Free parameters in raw coordinates as those of normalised ones (`models.coordinates`)."""
    if "P" in parameters:
        return {"P": scaled(parameters["P"], D, 1 / D), "Q": scaled(parameters["Q"], 1 / D, 1 / D)}
    sizes = {"q_x": D[0] ** 2, "q_y": D[-1] ** 2}
    return {name: values / sizes.get(name, 1) for name, values in parameters.items()}


def asked_batch(task: LinearTask, seed: Seed, size: int) -> Asked:
    """Fresh prompts of the task alone, each with a query of its law."""
    prompts = draw_prompts(task, seed, size)
    key = seed if isinstance(seed, tuple) else (seed,)
    queries = task.inputs.draw(np.random.default_rng((*key, 1)), (size, task.dim), np.float64)
    answers = np.sum(queries * np.asarray(prompts.w), axis=-1)
    known = batch_of(prompts, task)
    asked: Any = np.vstack([(queries / np.sqrt(task.query_variances)).T, answers])
    given = {field.name: getattr(known, field.name) for field in fields(known)}
    return Asked(**given | {"target": asked}, D=token_scale(task))


@dataclass(frozen=True)
class AskedLoss(MomentLoss):
    """Half the squared error of the answer to the query."""

    axes = (ASKED_BY_LANE, None)

    def __call__(self, parameters: Parameters, batch: Asked, progress: Array) -> Float[Array, ""]:
        layers = tied_layers(parameters) if self.tied else parameters
        w = final_weights(in_units(layers, batch.D), batch)
        return 0.5 * jnp.mean((jnp.sum(w * batch.target[:-1], axis=0) - batch.target[-1]) ** 2)


@dataclass(frozen=True, kw_only=True, eq=False)
class PaperTrainee(LinearTrainee):
    """As a `LinearTrainee`, but its parameters are in raw coordinates and begin small, and its
    prompts are the task's alone and never come twice."""

    fresh: bool = True

    @property
    def loss(self) -> AskedLoss:
        return AskedLoss(0.0, self.tied)

    def start(self, seed: int) -> dict[str, Any]:
        """Normal numbers of standard deviation INITIAL_STD, [lanes, starts, L, H, ...]."""
        lead = (self.starts, self.num_layers, self.num_heads)
        sizes = (self.tasks[0].dim + 1,) * 2 if self.parametrization == "full" else ()
        names = {"full": ("P", "Q"), "diag": DIAGONAL, "gdpp": DIAGONAL[:-1]}[self.parametrization]
        drawn = {
            name: [
                np.random.default_rng((own, place)).standard_normal((*lead, *sizes))
                for own in self.seeds
            ]
            for place, name in enumerate(names)
        }
        return self._begun(
            {k: INITIAL_STD * np.stack(v, dtype=np.float32) for k, v in drawn.items()}
        )

    @property
    def _sample(self) -> Callable[[LinearTask, Any, int], Batch]:
        return asked_batch

    def _place(self, number: int) -> int:
        return number
