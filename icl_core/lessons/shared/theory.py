"""Models that theory gives, as ones to be chosen: made, not trained, the same on every server."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from icl_core.checkpoints import Checkpoint, checkpoint_bytes, sha256
from icl_core.constructions import CONSTRUCTIONS
from icl_core.lessons.shared.words import counted
from icl_core.models.linear import LinearTransformer, Parametrization
from icl_core.tasks.linear import LinearTask
from icl_core.zoo.shelf import OWN, shelf

OWNER = "theory"
"""Whose shelf they are on, so that they are not taken for what was deleted."""
DIM, EXAMPLES = 10, 20
"""Of the zoo's tasks."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Example:
    """A construction with its numbers: what it is called, and its checkpoint."""

    label: str
    checkpoint: Checkpoint[LinearTransformer]


@cache
def examples() -> Mapping[str, Example]:
    """All by name, "mine-ID" as for every model that is addressed by its content."""
    found: dict[str, Example] = {}
    for construction in CONSTRUCTIONS.values():
        model = construction.example(DIM, EXAMPLES)
        kind: Parametrization = "diag" if "yy" in construction.uses else "gdpp"
        task = LinearTask(dim=DIM, num_context=EXAMPLES, noise=construction.noise(EXAMPLES))
        checkpoint = Checkpoint(model=model, parametrization=kind, task=task, seed=0)
        label = f"{construction.label}, {counted(model.num_layers, 'layer')}"
        id = sha256(checkpoint_bytes(checkpoint))[:16]
        found[OWN + id] = Example(label=label, checkpoint=checkpoint)
    return found


def labels() -> dict[str, str]:
    """All by name, in words."""
    return {name: f"Theory: {found.label}" for name, found in examples().items()}


def at_hand(name: str) -> None:
    """Put a model of theory where models of one's own are, if it is one and is not there."""
    if name in examples() and not shelf().has(name.removeprefix(OWN)):
        construction = examples()[name]
        shelf().keep(
            construction.checkpoint, OWNER, label=construction.label, origin="made by theory"
        )
