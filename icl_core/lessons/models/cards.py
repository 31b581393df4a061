"""What is known of single shipped models: their names in words, their files, a list of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan
from pathlib import Path
from typing import Any

from icl_core.experiments.measured import Measured
from icl_core.experiments.mixed_noise.shifts import Shift, load_shifts
from icl_core.experiments.mixed_noise.table import Results, heavy_tailed, measured
from icl_core.lessons.shared.model_map import SAID, known, noise_words
from icl_core.lessons.shared.named import label, variant
from icl_core.lessons.shared.shipped import find_family
from icl_core.lessons.shared.words import plus_minus, short
from icl_core.models.linear import LinearTransformer
from icl_core.plots import METHODS
from icl_core.zoo.library import PRETRAINED, Entry, find_entry, from_shipped, load_entry
from icl_core.zoo.shelf import OWN
from icl_core.zoo.tables import Table, baseline_table_name, load_table, table_path


@dataclass(frozen=True, kw_only=True, eq=False)
class Card:
    """One model with what lies beside it in its folder; levels: final losses of baselines on its
    task; shifts: how it does on prompts of other lengths; own: whether it is one's own."""

    entry: Entry
    folder: Path
    own: bool
    model: LinearTransformer
    table: Table
    levels: Mapping[str, float]
    shifts: tuple[Shift, ...]

    @property
    def label(self) -> str:
        return label(self.entry)

    @property
    def known(self) -> Measured:
        """Its loss: as the manifest has it, or, of a model of one's own, its table."""
        if not self.own:
            return measured(self.entry.metrics)
        loss = self.table.loss
        last = {name: float(getattr(loss, name)[-1]) for name in ("mean", "stderr", "median")}
        return Measured(**last, trimmed=nan, q999=nan, prompts=loss.count)


@from_shipped(32)
def read_card(name: str, folder: Path = PRETRAINED) -> Card:
    """A model, shipped or of one's own, with its table and those of the baselines, as far as they
    are there."""
    own = name.startswith(OWN)
    if own:
        family = find_family(name)
        entry, folder = family.only, family.folder
    else:
        entry = find_entry(name, folder)
    levels = {}
    for method in ("const_rr", "bayes_rr"):
        table = baseline_table_name(entry.linear_task, method)
        if table_path(table, folder).is_file():
            levels[method] = float(load_table(table, folder).loss.mean[-1])
    return Card(
        entry=entry,
        folder=folder,
        own=own,
        model=load_entry(entry, folder).model,
        table=load_table(entry.name, folder),
        levels=levels,
        shifts=() if own else load_shifts(entry.name, folder),
    )


def list_rows(entries: Sequence[Entry], table: Results) -> list[dict[str, Any]]:
    """A row a model: what it is and how good; None where nothing is known."""
    return [_list_row(entry, table) for entry in entries]


def _list_row(entry: Entry, table: Results) -> dict[str, Any]:
    found, cell = measured(entry.metrics), table.cell_of(entry)
    column = table.column_of(entry.linear_task)
    bayes = column.bayes if column else nan
    return {
        "weights": METHODS[entry.parametrization].label,
        "L": entry.num_layers,
        "noise": noise_words(entry.linear_task),
        "loss": known(found.mean),
        "± error": known(found.stderr),
        "loss / Bayes": known(found.mean / bayes) if bayes else None,
        "published": cell.paper.value if cell else None,
        "loss / published": known(cell.ratio) if cell else None,
        "verdict": cell.verdict if cell else "",
        "median": known(found.median),
        "d": entry.linear_task.dim,
        "n": entry.linear_task.num_context,
        "heads": entry.num_heads,
        "variant": variant(entry),
        "seconds": known(_seconds(entry)),
        "made": str(entry.metrics.get("source", "")),
        "name": entry.name,
    }


def _seconds(entry: Entry) -> float:
    """Of its training."""
    seconds = entry.metrics.get("seconds")
    return float(seconds) if isinstance(seconds, int | float) else nan


def card_finding(card: Card, table: Results) -> str:
    """How good one model is."""
    found, cell = card.known, None if card.own else table.cell_of(card.entry)
    if card.own and not found.mean < float(card.table.loss.mean[0]):
        return (
            f"This model diverges: predicting nothing costs {short(card.table.loss.mean[0])}, its "
            f"answers {short(found.mean)} (half MSE)."
        )
    said = f"Adjusted loss **{plus_minus(found.mean, found.stderr)}**"
    bayes = card.levels.get("bayes_rr", 0.0)
    if bayes > 0 and card.entry.linear_task.noise.highest:
        said += f", {found.mean / bayes:.3g} times the Bayes floor ({bayes:.3g})"
    if cell:
        said += f"; published: {cell.paper.text} ({SAID[cell.verdict]})"
    if not card.own and heavy_tailed(card.entry.linear_task, card.entry.num_layers):
        said += f". A few prompts decide this mean; the median is {short(found.median, 4)}"
    return " ".join([f"{said}.", *map(_shift_finding, card.shifts)])


def _shift_finding(shift: Shift) -> str:
    """What another prompt length does to a model."""
    said = f"On prompts of {shift.num_context} examples"
    if shift.diverges:
        return (
            f"{said} it diverges: in the mean it is worse than predicting nothing "
            f"({short(shift.nothing, 4)}); the median prompt costs {short(shift.median, 4)}."
        )
    if shift.stderr > shift.mean / 3:
        return (
            f"{said} a few prompts decide the mean, {plus_minus(shift.mean, shift.stderr)}; the "
            f"median is {short(shift.median, 2)}."
        )
    return f"{said} it comes to {plus_minus(shift.mean, shift.stderr)}."
