"""Table 1 of paper 2 set beside the shipped models and what nothing can fall below.

All losses are adjusted, half MSE, at d = 10 and n = 20; ours are exact over queries. Nothing is
typed in: ours come from the manifest, the Bayes floor from its shipped table, the paper's numbers
from table1.csv.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import hypot, isfinite, nan, sqrt
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from icl_core.algorithms.ridge import BayesRR
from icl_core.analysis.floors import const_rr_floor, one_layer_floor, oracle_loss
from icl_core.analysis.loss import prompt_losses
from icl_core.experiments.measured import Measured, measured
from icl_core.experiments.mixed_noise import published
from icl_core.experiments.mixed_noise.measure import EVALUATION_SEED, SHIPPED
from icl_core.experiments.mixed_noise.published import Printed
from icl_core.models.linear import PARAMETRIZATIONS, Parametrization
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import UniformNoise
from icl_core.zoo import library
from icl_core.zoo.tables import baseline_table_name, load_table, table_path

Verdict = Literal["better", "equal", "tail", "floor", "worse", "missing"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
ERRORS = 2.0
"""Standard errors that two numbers may differ by without being called different."""
NEAR = 1.01
"""Where the paper's value lies below an exact floor, ours may be this many floors."""


@lru_cache(maxsize=32)
def bayes_spread(task: LinearTask) -> float:
    """99.9 % quantile over mean of the Bayes floor's loss, over the prompts that models meet."""
    bayes = {"bayes": BayesRR(noise=task.noise)}
    found = prompt_losses(bayes, task, prompts=SHIPPED.law, seed=EVALUATION_SEED)["bayes"]
    return float(np.quantile(found[-1], 0.999) / found[-1].mean())


def heavy_tailed(task: LinearTask, layers: int) -> bool:
    """Whether rare prompts decide the mean: no noise at all, or three layers and little noise."""
    return task.noise.highest == 0 or (layers >= 3 and task.noise.highest <= 1)


@dataclass(frozen=True, kw_only=True)
class Column:
    """A noise law with its floors: Bayes (sampled), one layer and ridge of one strength (exact).

    oracle: the loss of ridge that is told sigma, which "adjusted" subtracts.
    """

    name: str
    task: LinearTask
    bayes: float
    bayes_stderr: float
    one_layer: float
    const_rr: float
    oracle: float

    @property
    def head(self) -> str:
        """Short name for a table: the highest sigma, or all of them."""
        noise = self.task.noise
        return f"{noise.highest:g}" if isinstance(noise, UniformNoise) else noise.label()[4:]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One model of the table: what the paper printed and what is shipped."""

    column: Column
    parametrization: Parametrization
    layers: int
    paper: Printed
    ours: Measured | None

    @property
    def name(self) -> str:
        return library.model_name(self.column.task, self.parametrization, self.layers)

    @property
    def heavy_tailed(self) -> bool:
        return heavy_tailed(self.column.task, self.layers)

    @property
    def floor(self) -> float:
        """What no model of this kind can fall below."""
        if self.layers == 1:
            return self.column.one_layer
        return self.column.const_rr if self.parametrization == "gdpp" else self.column.bayes

    @property
    def paper_stderr(self) -> float:
        """Sampling error that the paper's value must carry (it prints none).

        One query a prompt: the variance of 1/2 g^2 + g r, with g the model's and r the oracle's
        error, Gaussian and independent given the prompt: 3 E[l^2] - (E l)^2 + 4 E[l] E[o] for
        losses l and o of single prompts. How E[l^2] compares with (E l)^2 is taken from the model
        shipped for this cell.
        """
        loss = self.paper.value
        variance = (3 * self._tail - 1) * loss**2 + 4 * loss * self.column.oracle
        return sqrt(variance / published.PROMPTS)

    @property
    def _tail(self) -> float:
        """E[l^2] / (E l)^2 over prompts, 1 where it is not known."""
        ours = self.ours
        if ours is None or not ours.mean or not isfinite(ours.stderr):
            return 1.0
        return 1 + ours.prompts * (ours.stderr / ours.mean) ** 2

    @property
    def paper_below_floor(self) -> bool:
        """Whether the printed value, rounding allowed, lies below the floor."""
        slack = ERRORS * self.column.bayes_stderr if self.floor == self.column.bayes else 0.0
        return self.paper.value + self.paper.rounding < self.floor - slack

    @property
    def excess(self) -> float:
        """Ours over the Bayes floor, minus 1; nan where the floor is 0."""
        if self.ours is None or not self.column.bayes:
            return nan
        return self.ours.mean / self.column.bayes - 1

    @property
    def paper_excess(self) -> float:
        return self.paper.value / self.column.bayes - 1 if self.column.bayes else nan

    @property
    def ratio(self) -> float:
        """Ours / the paper's."""
        return self.ours.mean / self.paper.value if self.ours else nan

    @property
    def verdict(self) -> Verdict:
        """Ours against the paper's value.

        better: below it by more than its rounding and two standard errors of ours; equal: not
        better, and above it by no more than its rounding and two standard errors of both; floor:
        the paper's value lies below an exact floor, and ours within 1 % of that floor; tail: only
        the mean is above, and a few prompts decide it, for the lowest 99 % have a mean below.
        """
        if self.ours is None:
            return "missing"
        mean, own = self.ours.mean, ERRORS * self.ours.stderr
        if self.paper_below_floor:
            return "floor" if mean - own <= NEAR * self.floor else "worse"
        if mean + own < self.paper.value - self.paper.rounding:
            return "better"
        both = ERRORS * hypot(self.ours.stderr, self.paper_stderr)
        if mean <= self.paper.value + self.paper.rounding + both:
            return "equal"
        if self.heavy_tailed and self.ours.trimmed <= self.paper.value + self.paper.rounding:
            return "tail"
        return "worse"

    @property
    def has_room(self) -> bool:
        """Whether the floor leaves something to win: it is 1 % below what the paper printed."""
        return NEAR * self.floor < self.paper.value - self.paper.rounding


@dataclass(frozen=True, kw_only=True, eq=False)
class Results:
    """All cells in the order of the paper, and every entry of the manifest they come from."""

    columns: tuple[Column, ...]
    cells: tuple[Cell, ...]
    entries: tuple[library.Entry, ...]

    @cached_property
    def _by_place(self) -> dict[tuple[str, str, int], Cell]:
        return {(c.column.name, c.parametrization, c.layers): c for c in self.cells}

    @cached_property
    def _by_name(self) -> dict[str, Cell]:
        return {cell.name: cell for cell in self.cells}

    def cell(self, column: str, parametrization: str, layers: int) -> Cell | None:
        return self._by_place.get((column, parametrization, layers))

    def cell_of(self, entry: library.Entry) -> Cell | None:
        """The cell that a model fills; models of other seeds, heads or tasks fill none."""
        return self._by_name.get(entry.name)

    def column_of(self, task: LinearTask) -> Column | None:
        return next((column for column in self.columns if column.task == task), None)

    @property
    def filled(self) -> tuple[Cell, ...]:
        return tuple(cell for cell in self.cells if cell.ours is not None)


@library.from_shipped(1)
def results(folder: Path = library.PRETRAINED) -> Results:
    """The table of all models of a folder."""
    return results_of(library.entries_of(library.MIXED_NOISE, folder), folder)


def results_of(entries: Sequence[library.Entry], folder: Path = library.PRETRAINED) -> Results:
    """The table of some models."""
    known = {entry.name: entry for entry in entries}
    columns = tuple(_column(name, task, folder) for name, task in published.paper_tasks().items())
    return Results(
        columns=columns,
        cells=tuple(
            _cell(column, kind, layers, known)
            for kind in PARAMETRIZATIONS
            for layers in published.DEPTHS
            for column in columns
        ),
        entries=tuple(entries),
    )


def _column(name: str, task: LinearTask, folder: Path) -> Column:
    table = baseline_table_name(task, "bayes_rr")
    if table_path(table, folder).is_file():
        loss = load_table(table, folder).loss
        bayes, stderr = float(loss.mean[-1]), float(loss.stderr[-1])
    else:
        bayes, stderr = published.derived_bayes(name), published.BAYES_STDERR
    return Column(
        name=name,
        task=task,
        bayes=bayes if task.noise.highest else 0.0,
        bayes_stderr=stderr if task.noise.highest else 0.0,
        one_layer=one_layer_floor(task),
        const_rr=const_rr_floor(task),
        oracle=oracle_loss(task),
    )


def _cell(
    column: Column, kind: Parametrization, layers: int, known: dict[str, library.Entry]
) -> Cell:
    entry = known.get(library.model_name(column.task, kind, layers))
    paper = published.published_cell(column.name, kind, layers)
    assert paper is not None
    return Cell(
        column=column,
        parametrization=kind,
        layers=layers,
        paper=paper,
        ours=None if entry is None else measured(entry.metrics),
    )
