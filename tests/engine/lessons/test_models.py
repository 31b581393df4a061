"""The page of models: its map, its list, the models looked into."""

from typing import Any

import pytest

from icl_core.errors import InputError
from icl_core.experiments.mixed_noise.settings import SEEDS
from icl_core.experiments.mixed_noise.table import results_of
from icl_core.lessons import models as lesson
from icl_core.lessons.models.cards import (
    card_finding,
    list_rows,
    read_card,
)
from icl_core.lessons.models.config import Models
from icl_core.lessons.models.measure import Shown, listed, measure
from icl_core.lessons.models.views import VIEWS
from icl_core.lessons.shared.model_map import mark_of
from icl_core.lessons.shared.named import in_order, label, variant
from icl_core.lessons.shared.words import plus_minus
from icl_core.plots.figure import tidy_rows
from icl_core.zoo.library import MIXED_NOISE, entries_of
from tests.engine.experiments.mixed_noise.test_table import EMPTY, good_zoo, metrics

SHOWN = measure(Models())
GOOD = results_of(tuple(good_zoo().values()))


def showing(table: Any) -> Shown:
    return Shown(results=table, picked=SHOWN.picked)


def map_of(quantity: Any, table: Any = SHOWN.results) -> Any:
    return VIEWS["map"](Models(quantity=quantity), showing(table)).figure


def cell_text(figure: Any, row: str, column: str) -> str:
    trace = figure.data[0]
    return trace.text[list(trace.y).index(row)][list(trace.x).index(column)]


def test_the_map_holds_every_shipped_cell_and_nothing_else() -> None:
    rows = tidy_rows(map_of("loss"))
    filled = {(c.column.task.noise, c.parametrization, c.layers) for c in SHOWN.results.filled}
    assert len(rows) == len(filled)
    means = {entry.metrics["mean"] for entry in entries_of(MIXED_NOISE)}
    assert {row["ours"] for row in rows} <= means
    whole = map_of("gain", GOOD).data[0]
    assert len(whole.x) == 10
    assert len([name for name in whole.y if not name.startswith("gap")]) == 21
    assert len(tidy_rows(map_of("gain", GOOD))) == 210


def test_the_map_says_what_the_table_says() -> None:
    cell = GOOD.cell("u5", "full", 7)
    assert cell is not None
    assert cell.ours is not None
    gain = f"{100 * (1 - cell.ours.mean / 0.047):.0f}"
    assert cell_text(map_of("gain", GOOD), "FULL 7", "5") == gain
    assert cell_text(map_of("bayes", GOOD), "FULL 7", "5") == f"{cell.excess + 1:.2f}"
    assert cell_text(map_of("gain", GOOD), "GD++ 7", "5") == "†"
    assert cell_text(map_of("bayes", GOOD), "FULL 7", "0") == "·"
    assert cell_text(map_of("loss", GOOD), "FULL 7", "0") == "2e-15"
    hover = mark_of(cell, "gain").hover
    assert "published 0.047: better than published" in hover


def test_colours_tell_better_from_worse() -> None:
    better, worse = GOOD.cell("u3", "full", 7), EMPTY.cell("u3", "full", 7)
    assert better is not None
    assert worse is not None
    bad = results_of((lesson_entry(worse, 2 * worse.paper.value),)).cell("u3", "full", 7)
    assert bad is not None
    assert mark_of(better, "gain").color > 0 > mark_of(bad, "gain").color
    assert mark_of(bad, "gain").text == "−100"
    assert mark_of(better, "bayes").color > mark_of(bad, "bayes").color
    assert mark_of(better, "loss").color < mark_of(bad, "loss").color


def lesson_entry(cell: Any, mean: float) -> Any:
    good = good_zoo()[cell.name]
    return type(good)(**{**vars(good), "metrics": metrics(mean)})


def test_the_list_is_filtered_and_ordered() -> None:
    table = SHOWN.results
    everything = listed(Models(), table)
    assert len(everything) == len(entries_of(MIXED_NOISE))
    assert everything[0].task.dim == 10
    assert everything[-1].task.dim == 1
    some = listed(Models(noise="uniform5_d10_n20", parametrization="diag", layers=2), table)
    seeds = {f"diag_L2_uniform5_d10_n20_s{seed}" for seed in SEEDS}
    names = {entry.name for entry in some}
    assert names == {"diag_L2_uniform5_d10_n20", "diag_L2_H2_uniform5_d10_n20"} | seeds
    plain = next(entry for entry in some if entry.name == "diag_L2_uniform5_d10_n20")
    (row,) = list_rows([plain], table)
    assert row["loss"] == plain.metrics["mean"]
    assert row["published"] == 0.242
    assert row["loss / published"] == pytest.approx(row["loss"] / 0.242)
    small = list_rows([everything[-1]], table)[0]
    assert small["published"] is None


def test_names_in_words() -> None:
    entry = good_zoo()["full_L7_uniform5_d10_n20"]

    def named(**changes: Any) -> Any:
        return type(entry)(**{**vars(entry), **changes})

    assert label(entry) == "FULL, L = 7, σ ~ U(0, 5)"
    seeded = named(name="full_L7_uniform5_d10_n20_s3")
    two = named(name="full_L7_H2_uniform5_d10_n20", num_heads=2)
    assert (variant(entry), variant(seeded)) == ("", "seed 3")
    assert label(seeded).endswith("seed 3")
    assert label(two) == "FULL, L = 7, 2 heads, σ ~ U(0, 5)"
    assert [e.name for e in in_order([seeded, two, entry])] == [
        entry.name, seeded.name, two.name
    ]  # fmt: skip


def test_two_models_are_compared_and_told_apart() -> None:
    config = Models(model="diag_L4_uniform5_d10_n20", other="diag_L2_uniform5_d10_n20")
    shown = measure(config)
    figure: Any = VIEWS["by_layer"](config, shown).figure
    by_uid = {trace.uid: trace for trace in figure.data}
    one, other = by_uid["model0"], by_uid["model1"]
    assert (len(one.y), len(other.y)) == (5, 3)
    assert one.y[-1] == read_card(config.model).table.loss.mean[-1]
    assert one.name != other.name
    assert one.marker.symbol != other.marker.symbol
    noise: Any = VIEWS["by_noise"](config, shown).figure
    assert {"model0", "model1"} <= {trace.uid for trace in noise.data}
    alone = measure(config.replace(other=""))
    assert len(alone.cards) == 1
    assert "model1" not in {t.uid for t in VIEWS["by_noise"](config, alone).figure.data}


def test_findings_have_their_numbers() -> None:
    better = sum(cell.verdict == "better" for cell in GOOD.cells)
    said = lesson.finding(Models(), showing(GOOD))
    assert f"210 models of Table 1 that are shipped, **{better} are better**" in said
    assert "FULL with 7 layers ends **2 %** above the Bayes floor" in said
    assert "make zoo" in lesson.finding(Models(), showing(EMPTY))
    card = SHOWN.picked
    mean, error = (card.entry.metrics[name] for name in ("mean", "stderr"))
    assert plus_minus(mean, error) in card_finding(card, SHOWN.results)
    assert "published: 0.047" in card_finding(card, SHOWN.results)


def test_a_model_that_is_not_shipped_is_told_in_one_sentence() -> None:
    with pytest.raises(InputError, match="no shipped model 'other'"):
        measure(Models(model="other"))
