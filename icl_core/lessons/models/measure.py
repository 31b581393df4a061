"""The table of all models, and the one that is picked."""

from dataclasses import dataclass

from icl_core.experiments.mixed_noise.claims import Claim, claims
from icl_core.experiments.mixed_noise.table import Results, results
from icl_core.lessons.models.cards import Card, read_card
from icl_core.lessons.models.config import ALL, Models
from icl_core.lessons.shared.named import in_order
from icl_core.zoo.library import Entry, task_name


@dataclass(frozen=True, kw_only=True, eq=False)
class Shown:
    """All results with what is claimed of them, and the one or two models looked at."""

    results: Results
    picked: Card
    other: Card | None = None
    claims: tuple[Claim, ...] = ()

    @property
    def cards(self) -> tuple[Card, ...]:
        return (self.picked,) if self.other is None else (self.picked, self.other)


def measure(config: Models) -> Shown:
    """What the views show."""
    other = read_card(config.other) if config.other else None
    table = results()
    return Shown(results=table, picked=read_card(config.model), other=other, claims=claims(table))


def listed(config: Models, table: Results) -> list[Entry]:
    """The models that the choices of the list leave."""
    return [
        entry
        for entry in in_order(table.entries)
        if config.noise in (ALL, task_name(entry.linear_task))
        and config.parametrization in (ALL, entry.parametrization)
        and config.layers in (0, entry.num_layers)
    ]
