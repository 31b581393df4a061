"""Paper 1's linear transformers as models that every lesson takes: by the products P W_V and
W_K^T W_Q of their weights, under the same names on every server."""

from collections.abc import Mapping
from dataclasses import dataclass

from icl_core.checkpoints import Checkpoint, checkpoint_bytes, sha256
from icl_core.lessons.shared.words import counted
from icl_core.models.factored import FactoredTransformer
from icl_core.models.linear import LinearTransformer
from icl_core.zoo.library import PRETRAINED, Entry, entries_of, from_shipped, load_model
from icl_core.zoo.shelf import OWN, shelf

OWNER = "paper1"
"""Whose shelf they are on, so that they are not taken for what was deleted."""
EXPERIMENTS = ("one_layer", "several_layers")
"""Of whose models the linear transformers are taken."""
ELSEWHERE: Mapping[str, str] = {
    "several_layers": "Deeper",
    "variations": "When training struggles",
    "copying": "Copying tokens",
    "sine": "The sine with an MLP",
}
"""The lessons that show what is more than linear attention, by experiment."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Shipped:
    """A model of paper 1: its name in the manifest, what it is called, and its checkpoint."""

    shipped: str
    label: str
    first: bool
    checkpoint: Checkpoint[LinearTransformer]


@from_shipped(1)
def examples() -> Mapping[str, Shipped]:
    """All by name, "mine-ID" as for every model that is addressed by its content."""
    found: dict[str, Shipped] = {}
    for experiment in EXPERIMENTS:
        for entry in entries_of(experiment, PRETRAINED):
            if entry.kind == FactoredTransformer.kind:
                one = _of(entry)
                found[OWN + sha256(checkpoint_bytes(one.checkpoint))[:16]] = one
    return found


def _of(entry: Entry) -> Shipped:
    loaded = load_model(entry, PRETRAINED).holding(FactoredTransformer)
    tied = ", tied" * bool(loaded.model.config()["tied"])
    layers, task = counted(entry.num_layers, "layer"), entry.linear_task
    return Shipped(
        shipped=entry.name,
        label=f"{layers}{tied}, d = {task.dim}, n = {task.num_context}, seed {loaded.seed}",
        first=loaded.seed == 0,
        checkpoint=Checkpoint(
            model=loaded.model.linear,
            parametrization="full",
            task=task,
            seed=loaded.seed,
        ),
    )


def labels() -> dict[str, str]:
    """The first of every kind by name, in words."""
    return {name: f"Paper 1: {one.label}" for name, one in examples().items() if one.first}


def name_of(shipped: str) -> str:
    """The name under which lessons take the model that the manifest calls so; "" for none."""
    return next((name for name, one in examples().items() if one.shipped == shipped), "")


def why_not(shipped: str) -> str:
    """Why no lesson on linear transformers takes a model of the manifest, and which shows it; "" of
    what is not there."""
    for experiment, lesson in ELSEWHERE.items():
        if any(entry.name == shipped for entry in entries_of(experiment, PRETRAINED)):
            return (
                f"{shipped} is more than linear attention (a softmax, an MLP, LayerNorm or "
                f"clipping), and this page reads the matrices P and Q alone: see *{lesson}*."
            )
    return ""


def at_hand(name: str) -> None:
    """Put a model of paper 1 where models of one's own are, if it is one and is not there."""
    if name in examples() and not shelf().has(name.removeprefix(OWN)):
        one = examples()[name]
        shelf().keep(one.checkpoint, OWNER, label=f"Paper 1, {one.label}", origin="shipped")
