"""Tokens apart: trainings that have to copy before they can descend (paper 1, 3.4, figure 5).

Two untied layers of one head, the first softmax, on paper 1's task with inputs and targets as
tokens of their own (`models.copying`), trained by Muon and, as in the paper, by Adam. Where the
paper and its code disagree, this is the code: encodings of 10 numbers beside 10 of content (the
text says 20), starts of variance 0.02 / (2 * 20), gradients clipped to a norm of 10, scores of
layer 1 divided by sqrt(20). Adam makes the 45,000 updates of the figure, where the code says
10,000. Batches are of 256 prompts of 16 queries, where the paper's are 2,048 of one query. Muon's
matrices shrink by a twentieth of the rate in every update: without that what is copied grows to
twice the size of figure 5, for layer 2 can read it as much smaller.
"""

from collections.abc import Mapping
from typing import Any

from icl_core.experiments.shared import MAIN, Variant, task_of, training_settings
from icl_core.training.answers import RECIPES, AnswerTrainee

NAME = "copying"
EVALUATION, EVALUATION_SEED, QUERIES = 2000, 5_000_009, 4
LOOKED_AT = 500
"""Of those prompts: on them attention, sensitivities and likeness are measured."""
FRAMES = 60
"""Snapshots of a movie."""
PAPER_BATCH = 2048
"""Prompts of an update in the paper, of one query each."""
NEAR = 0.03
"""How far above the loss of one step of gradient descent a run may end that has found it."""
DESCENTS = f"{NAME}_descents"
"""What the trainings are measured against."""


Optimised = Variant[AnswerTrainee]


def _optimised(recipe: str, seeds: int, snapshots: int) -> Optimised:
    known, quick = RECIPES[recipe], RECIPES["copying_quick"]
    trainee = AnswerTrainee(task=task_of(MAIN), model=known.model, queries=quick.queries)
    run = known.run.replace(batch=quick.run.batch, snapshots=snapshots)
    return Optimised(trainee=trainee, run=run, seeds=seeds)


OPTIMISED: Mapping[str, Optimised] = {
    "muon": _optimised("copying_quick", 5, 121),
    "adam": _optimised("copying", 2, 451),
}
"""By the name of the optimiser."""


def model_name(optimiser: str, seed: int) -> str:
    """A training by one optimiser from one seed."""
    return f"{NAME}_{optimiser}_seed{seed}"


def descents_settings() -> dict[str, Any]:
    """All that the algorithms' losses depend on."""
    return {"task": task_of(MAIN).to_dict(), "version": 1}


def model_settings(optimiser: str, seed: int) -> dict[str, Any]:
    """All that a model and what is measured of it depend on."""
    known = OPTIMISED[optimiser]
    training = training_settings(known.trainee, known.run.replace(seed=seed))
    counts = {"prompts": EVALUATION, "looked_at": LOOKED_AT, "frames": FRAMES}
    return training | counts | {"version": 1}
