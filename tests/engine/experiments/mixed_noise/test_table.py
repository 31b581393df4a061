"""The results table: cells, verdicts, claims and faults, each of which can fail."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from icl_core.experiments.mixed_noise.claims import Claim, claims
from icl_core.experiments.mixed_noise.faults import faults
from icl_core.experiments.mixed_noise.published import best_found, paper_tasks, published_cell
from icl_core.experiments.mixed_noise.report import markdown
from icl_core.experiments.mixed_noise.table import (
    Cell,
    Measured,
    Printed,
    Results,
    heavy_tailed,
    measured,
    results,
    results_of,
)
from icl_core.zoo.library import PRETRAINED, Entry, model_name
from tests.cases import COLUMNS, PAPER_TASKS

DOCUMENT = Path(__file__).parents[4] / "docs" / "table1.md"
EMPTY = results_of(())


def metrics(mean: float, **more: Any) -> dict[str, Any]:
    return {
        "mean": mean, "stderr": 0.003 * mean, "median": 0.7 * mean, "trimmed": 0.9 * mean,
        "q999": 9 * mean, "prompts": 100_000,
    } | more  # fmt: skip


def entry_of(cell: Cell, mean: float, **more: Any) -> Entry:
    return Entry(
        name=cell.name,
        file=f"{cell.name}.safetensors",
        sha256="",
        parametrization=cell.parametrization,
        num_layers=cell.layers,
        num_heads=1,
        task=cell.column.task,
        metrics=metrics(mean, **more),
    )


def good_mean(cell: Cell) -> float:
    """A loss that every claim allows: at the floor of its kind, or well below the paper's."""
    best = best_found(cell.column.name, cell.layers)
    if cell.layers == 1:
        return cell.floor
    if cell.parametrization == "gdpp":
        return best.value if best else max(cell.floor, 1e-3 * cell.paper.value)
    return max(1.02 * cell.floor, (0.9 if cell.layers < 7 else 1e-3) * cell.paper.value)


def good_zoo() -> dict[str, Entry]:
    """A whole zoo by name; freer weights are never behind."""
    means: dict[tuple[str, int], float] = {}
    entries = {}
    for cell in EMPTY.cells:
        at = cell.column.name, cell.layers
        before = means.get((cell.column.name, cell.layers - 1), float("inf"))
        means[at] = min(means.get(at, float("inf")), good_mean(cell), before)
        entries[cell.name] = entry_of(cell, means[at])
    return entries


def judged(entries: dict[str, Entry]) -> dict[str, Claim]:
    return {claim.name: claim for claim in claims(results_of(tuple(entries.values())))}


def name(kind: str, layers: int, column: str) -> str:
    return model_name(PAPER_TASKS[column], kind, layers)


def test_columns_and_cells_are_the_papers() -> None:
    assert paper_tasks() == PAPER_TASKS
    assert len(EMPTY.cells) == 210
    assert [column.name for column in EMPTY.columns] == list(COLUMNS)
    cell = EMPTY.cell("u5", "full", 7)
    assert cell is not None
    assert (cell.paper.value, cell.paper.rounding) == (0.047, pytest.approx(0.0005))
    tiny = published_cell("u0", "gdpp", 4)
    assert tiny is not None
    assert (tiny.value, tiny.rounding) == (9.91e-05, pytest.approx(5e-8))
    assert published_cell("u0", "gdpp", 8) is None
    assert published_cell("u5", "const_rr", None) == Printed(
        text="0.365", value=0.365, rounding=pytest.approx(0.0005)
    )


@pytest.mark.parametrize(
    ("column", "layers", "heavy"),
    [("u0", 1, True), ("u1", 2, False), ("u1", 3, True), ("u2", 7, False), ("c13", 7, False)],
)
def test_heavy_tails(column: str, layers: int, heavy: bool) -> None:
    assert heavy_tailed(PAPER_TASKS[column], layers) == heavy


@pytest.mark.parametrize(
    ("place", "changes", "verdict"),
    [
        (("u5", "full", 7), {"mean": 0.0464}, "better"),
        (("u5", "full", 7), {"mean": 0.0464, "stderr": 0.0001}, "equal"),
        (("u5", "full", 7), {"mean": 0.0506}, "equal"),
        (("u5", "full", 7), {"mean": 0.0520}, "worse"),
        (("u5", "full", 7), {"mean": 0.0520, "trimmed": 0.01}, "worse"),
        (("u1", "full", 7), {"mean": 0.5, "trimmed": 0.0015}, "tail"),
        (("u1", "full", 7), {"mean": 0.5, "trimmed": 0.0030}, "worse"),
        (("u5", "gdpp", 7), {"mean": 0.3617}, "floor"),
        (("u5", "gdpp", 7), {"mean": 0.3700}, "worse"),
    ],
)
def test_verdicts(place: tuple[str, str, int], changes: dict[str, float], verdict: str) -> None:
    """The paper's 0.047 carries 0.0005 of rounding and a sampling error of 0.0017."""
    cell = EMPTY.cell(*place)
    assert cell is not None
    assert cell.verdict == "missing"
    known = metrics(1.0) | {"stderr": 0.0} | changes
    assert dataclasses.replace(cell, ours=measured(known)).verdict == verdict


def test_what_an_old_manifest_lacks_is_unknown() -> None:
    found = measured({"mean": 1.0, "stderr": True, "median": "high"})
    assert found.mean == 1.0
    assert found.prompts == 0
    unknown = (found.stderr, found.median, found.trimmed, found.q999)
    assert all(number != number for number in unknown)
    assert isinstance(found, Measured)


def test_a_good_zoo_satisfies_every_claim() -> None:
    broken = {claim.name: claim.cases for claim in judged(good_zoo()).values() if not claim.holds}
    assert broken == {}


def test_an_empty_zoo_leaves_every_claim_open() -> None:
    assert {claim.holds for claim in judged({}).values()} == {None}


@pytest.mark.parametrize(
    ("claim", "model", "changes"),
    [
        ("no cell is worse", name("full", 3, "u5"), {"factor": 3.0}),
        ("freer weights are not worse", name("full", 7, "u3"), {"factor": 1.05}),
        ("deeper is not worse", name("diag", 5, "c13"), {"factor": 2.0}),
        ("deep GD++ is at its floor", name("gdpp", 4, "u2"), {"factor": 1.02}),
        ("shallow GD++ is as good as can be", name("gdpp", 2, "u4"), {"factor": 1.02}),
        ("seven FULL layers come close to Bayes", name("full", 7, "u7"), {"factor": 1.11}),
        ("no model blows up", name("diag", 2, "u1"), {"q999": 1e3}),
    ],
)
def test_one_bad_model_breaks_its_claim(claim: str, model: str, changes: dict[str, float]) -> None:
    entries = good_zoo()
    entry = entries[model]
    factor = changes.pop("factor", 1.0)
    bad = metrics(factor * entry.metrics["mean"]) | changes
    entries[model] = dataclasses.replace(entry, metrics=bad)
    found = judged(entries)[claim]
    assert found.holds is False
    assert found.cases


def test_half_of_the_cells_must_be_better() -> None:
    entries = good_zoo()
    for cell in EMPTY.cells:
        if cell.layers > 1:
            entries[cell.name] = entry_of(cell, cell.paper.value)
    assert judged(entries)["half of the cells are better"].holds is False


def test_what_only_the_papers_own_error_excuses_is_counted() -> None:
    entries = good_zoo()
    cell = EMPTY.cell("u5", "full", 7)
    assert cell is not None
    before = judged(entries)["no cell is worse"].said
    entries[cell.name] = entry_of(cell, 0.0495, stderr=0.0001)
    after = judged(entries)["no cell is worse"]
    assert after.holds
    counted = int(before.partition("of these ")[2].split()[0])
    assert f"of these {counted + 1} only" in after.said


def test_a_heavy_tail_alone_breaks_no_order() -> None:
    """With little noise the mean may grow if the lowest 99 % do not, and not otherwise."""
    for trimmed, holds in ((1.0, True), (3.0, False)):
        entries = good_zoo()
        model = name("full", 7, "u1")
        before = entries[name("diag", 7, "u1")].metrics
        bad = metrics(3 * before["mean"], trimmed=trimmed * before["trimmed"])
        entries[model] = dataclasses.replace(entries[model], metrics=bad)
        assert judged(entries)["freer weights are not worse"].holds is holds


def test_faults_of_the_published_table() -> None:
    below, two_layers, order = faults(EMPTY)
    assert not any(fault.holds for fault in (below, two_layers, order))
    assert len(below.cases) == 5
    assert all(case.startswith("GD++") and "U(0, 5): 0.344" in case for case in below.cases)
    assert "ConstRR there is 0.365" in below.cases[0]
    assert len(two_layers.cases) == 6
    assert "0.243, reachable 0.179: 36 % too high" in "".join(two_layers.cases)
    assert any("0.276, but DIAG, L = 2" in case for case in order.cases)


def test_a_table_without_faults_has_none() -> None:
    """The same judges, given losses at the floors."""
    good = good_zoo()
    cells = tuple(
        dataclasses.replace(
            cell, paper=Printed(text="", value=good[cell.name].metrics["mean"], rounding=1e-9)
        )
        for cell in EMPTY.cells
    )
    table = Results(columns=EMPTY.columns, cells=cells, entries=())
    assert [fault.cases for fault in faults(table)] == [(), (), ()]


def test_the_document_is_what_the_shipped_files_say() -> None:
    """After a change of the zoo: `python -m icl_core zoo table --out docs/table1.md`."""
    assert DOCUMENT.read_text(encoding="utf-8") == markdown(results(PRETRAINED))


def test_the_document_of_a_whole_zoo_has_every_cell() -> None:
    text = markdown(results_of(tuple(good_zoo().values())))
    rows = [line for line in text.split("\n") if line[:3] in {f"| {layers}" for layers in range(8)}]
    assert len(rows) == 42
    assert all("–" not in row for row in rows)
    assert "median" in text
