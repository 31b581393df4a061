"""The page of the constructions: its figures hold the results, its controls compute little."""

import numpy as np
import pytest

from icl_core.analysis.convergence import convergence
from icl_core.analysis.squares import BEST
from icl_core.analysis.two_noise import CONTEXTS
from icl_core.errors import InputError
from icl_core.lessons.theory.config import LEVELS, Theory
from icl_core.lessons.theory.measure import measure
from icl_core.lessons.theory.second_order import (
    layers_needed,
    second_order_finding,
    second_order_grid,
)
from icl_core.lessons.theory.squares import square_finding
from icl_core.lessons.theory.two_noise import (
    construction_omegas,
    omega_table,
    shown,
    two_noise_finding,
)
from icl_core.lessons.theory.views import VIEWS
from icl_core.live import View
from icl_core.plots.figure import tidy_rows
from icl_core.zoo.tables import load_table


@pytest.fixture(scope="module")
def found():
    return measure(Theory())


def view(name: str, config: Theory, found) -> View:
    made = VIEWS[name](config, found)
    made.plain()
    return made


def series(rows, name, panel=None):
    y = [key for key in rows[0] if key not in ("panel", "series")][-1]
    return [row[y] for row in rows if row["series"] == name and panel in (None, row.get("panel"))]


def test_the_second_order_figure_holds_errors_and_prediction(found):
    rows = tidy_rows(view("second_order", Theory(), found).figure)
    own = found.convergence
    np.testing.assert_array_equal(
        series(rows, "Newton", "error"), np.maximum(own.errors["newton"][:, 0], 1e-30)
    )
    excess = own.excess["theorem_51"][:, 0]
    np.testing.assert_array_equal(
        series(rows, "Theorem 5.1", "condition number"), np.maximum(excess, 1e-30)
    )
    predicted = np.array(series(rows, "predicted: 4/9 κ, then ¾ (κ − 1)²"))
    far = (excess[:-1] > 100) | (excess[:-1] < 0.01)
    shown_here = far & (excess[1:] > 1e-30)
    np.testing.assert_allclose(predicted[1:][shown_here], excess[1:][shown_here], rtol=0.03)


def test_the_grid_is_what_the_figure_shows_at_its_nodes():
    grid = second_order_grid(30)
    kappas = np.asarray(grid.axes["kappa"])
    config = Theory(kappa=float(kappas[70]))
    figure = VIEWS["second_order"](config, measure(config)).figure
    traces = {trace.uid: trace for trace in figure.data}
    for quantity in grid.quantities:
        np.testing.assert_allclose(
            np.asarray(quantity.values)[70], traces[quantity.trace].y, rtol=1e-6
        )


def test_layers_grow_with_the_logarithm_of_the_condition_number():
    """A thousand times the condition number: log(1000) / log(9/4) = 8.5 layers more."""
    found = convergence(np.array([1e3, 1e6]), dim=30, steps=30)
    needed = [layers_needed(found.errors["theorem_51"][:, i]) for i in range(2)]
    assert needed[1] - needed[0] in (8, 9)
    assert layers_needed(found.errors["gd"][:, 0]) is None
    assert layers_needed(np.array([1.0, 1e-11, 1.0, 1e-12])) == 3


def test_the_limit_figure_holds_losses_errors_and_the_trained_model(found):
    rows = tidy_rows(view("limit", Theory(), found).figure)
    own = found.limit.losses["two_noise"]
    assert series(rows, "Theorem 5.2") == own.mean.tolist()
    high = np.array(series(rows, "Theorem 5.2, ±2 standard errors high"))
    np.testing.assert_allclose(high[5:], (own.mean + 2 * own.stderr)[5:])
    table = load_table("diag_L2_categorical1-3_d10_n20").loss
    assert series(rows, "DIAG, 2 layers, trained for n = 20") == [table.mean[-1]]


def test_the_factor_figure_meets_the_optimum_at_both_levels(found):
    rows = tidy_rows(view("factor", Theory(), found).figure)
    best = np.array(series(rows, "optimal ridge, 1 / (1 + σ²)"))
    limit = np.array(series(rows, "Theorem 5.2, n → ∞"))
    np.testing.assert_array_equal(best, 1 / (1 + found.limit.sigmas**2))
    for level in LEVELS["trained"]:
        gap = np.interp(level, found.limit.sigmas, limit - best)
        assert abs(gap) < 3e-4


def test_the_square_figure_holds_both_kinds_of_cosine(found):
    for centred in (False, True):
        rows = tidy_rows(view("squares", Theory(centred=centred), found).figure)
        own = found.squares.centred if centred else found.squares.plain
        name = "least squares"
        assert series(rows, name) == own[BEST][0].tolist()
        assert set(series(rows, "a feature x(1)²")) == {1.0}


def test_findings_have_their_numbers(found):
    config = Theory()
    own = layers_needed(found.convergence.errors["theorem_51"][:, 0])
    assert f"**{own} layers**" in second_order_finding(config, found.convergence)
    said = two_noise_finding(config, found.limit, found.trained)
    row = CONTEXTS.index(config.num_context)
    loss = found.limit.losses["two_noise"]
    assert shown((loss.mean[row], loss.stderr[row])) in said
    mean, stderr = found.squares.plain[BEST]
    assert f"{mean[-1]:.3f} ± {stderr[-1]:.3f}" in square_finding(config, found.squares)
    short = two_noise_finding(config.replace(num_context=20), found.limit, found.trained)
    assert "n is not yet large" in short


def test_a_number_with_its_error():
    assert shown((0.033101, 0.00067)) == "0.03310 ± 0.00067"
    assert shown((247.66, 60.3)) == "248 ± 60"
    assert shown((1.5, 0.0)) == "1.5"


def test_the_table_of_omegas_is_the_construction(found):
    lines = omega_table(Theory(), found.trained).split("\n")
    assert len(lines) == 6
    omegas = construction_omegas(Theory())
    assert f"−{-omegas[0, 2]:.3f}" in lines[2]
    assert f"−{-omegas[1, 3]:.3f}" in lines[4]
    assert len(omega_table(Theory(levels="far"), found.trained).split("\n")) == 4


def test_only_the_drawn_lengths_are_taken():
    with pytest.raises(InputError, match="the nearest is 1000"):
        Theory(num_context=1100)
