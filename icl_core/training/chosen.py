"""A recipe by its name, with what is chosen of it, for the command line and for sweeps."""

from typing import Any

from icl_core.errors import InputError
from icl_core.tasks.linear import LinearTask
from icl_core.training.config import TrainingConfig
from icl_core.training.plain import train_any
from icl_core.training.plain_config import RECIPES, PlainConfig
from icl_core.training.plateau import recipe_for
from icl_core.training.validation import Validated
from icl_core.validation import choice

ROUNDS = "rounds"
NAMES = (ROUNDS, *RECIPES)
"""Of all recipes of linear transformers: in rounds, or one run by Adam, Muon or as paper 2 does."""
OF_ROUNDS = {"restarts": "restarts", "explore_steps": "explore_steps", "steps": "refine_steps"}
OF_ONE_RUN = {
    "restarts": "starts",
    "steps": "steps",
    "rate": "learning_rate",
    "batch": "batch",
}
"""What can be chosen of a recipe, and the entry of its config that it becomes."""


def config_of(
    task: LinearTask, recipe: Any, chosen: dict[str, Any], **shape: Any
) -> TrainingConfig | PlainConfig:
    """The training of a task by a recipe of NAMES.

    `chosen` holds entries of OF_ROUNDS or OF_ONE_RUN, None for the recipe's own; `shape` what both
    configs have: parametrization, num_layers, num_heads, tied, seed, max_seconds.

    Raises:
        InputError: There is no such recipe, or it has no such entry.
    """
    name = choice("The recipe", recipe, NAMES)
    known = OF_ROUNDS if name == ROUNDS else OF_ONE_RUN
    given = {entry: value for entry, value in chosen.items() if value is not None}
    if unknown := sorted(set(given) - set(known)):
        raise InputError(
            f"The recipe {name} has no {unknown[0]!r} to choose: expected {', '.join(known)}; "
            "leave it out, or choose another recipe."
        )
    own = {known[entry]: value for entry, value in given.items()}
    if name == ROUNDS:
        return recipe_for(task, **shape, **own)
    return PlainConfig(recipe=name, **shape, **own)


def trained(task: LinearTask, config: TrainingConfig | PlainConfig) -> Validated:
    """The last snapshot of a training.

    Raises:
        InputError: It has diverged; the sentence names a learning rate that held in a trial, if
            one was found.
    """
    *_, last = train_any(task, config)
    require_finished(last)
    return last


def require_finished(last: Validated) -> None:
    """Refuse the last snapshot of a run that has diverged, as `trained` does."""
    if last.phase == "diverged":
        lower = f"a rate of {last.holds:g}, which held in a trial" if last.holds else "a lower rate"
        raise InputError(
            f"Training diverged after {last.step:,} updates: choose {lower}, fewer layers or less "
            "noise."
        )
