"""Tables are known by their content and kept within a bound."""

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_diabetes

from icl_core.data import table as tables
from icl_core.data.table import EXAMPLES, Table, find, is_known, keep
from icl_core.errors import InputError
from tests.hostile import assert_one_sentence


def made(seed: int, rows: int = 20) -> Table:
    return Table(names=("a", "b"), values=np.random.default_rng(seed).normal(size=(rows, 2)))


def test_the_key_is_the_content():
    assert made(1).key == made(1).key
    others = {made(2).key, made(1, 21).key, Table(names=("a", "c"), values=made(1).values).key}
    assert len(others | {made(1).key}) == 4


def test_a_kept_table_is_found_and_cannot_be_changed():
    assert keep(made(3)) == made(3).key
    assert is_known(made(3).key)
    found = find(made(3).key)
    np.testing.assert_array_equal(found.values, made(3).values)
    with pytest.raises(ValueError, match="read-only"):
        found.values[0] = 0


def test_the_table_asked_for_least_recently_goes_first(monkeypatch):
    monkeypatch.setattr(tables, "_kept", type(tables._kept)())
    monkeypatch.setenv("ICL_TABLE_MEGABYTES", f"{2 * made(0).values.nbytes / 1e6}")
    first, second, third = (keep(made(seed)) for seed in (10, 11, 12))
    assert not is_known(first)
    find(second)
    keep(made(13))
    assert is_known(second)
    assert not is_known(third)
    with pytest.raises(InputError, match="paste them again") as caught:
        find(first)
    assert_one_sentence(caught.value)


@pytest.mark.parametrize("key", EXAMPLES)
def test_examples_are_scikit_learns_and_vary(key):
    table = find(key)
    assert table.key == key
    assert len(table.names) == len(set(table.names)) == table.values.shape[1]
    assert table.values.std(axis=0).min() > 0


def test_the_diabetes_data_stand_in_their_own_units():
    given: Any = load_diabetes(scaled=False)
    np.testing.assert_array_equal(find("diabetes").values[:, :-1], given.data)
    np.testing.assert_array_equal(find("diabetes").values[:, -1], given.target)
