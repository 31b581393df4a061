"""Tables are read as they are meant, and every problem is named by its row and column."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from icl_core.data.parse import NAMED, read
from icl_core.errors import InputError
from icl_core.validation import LIMITS
from tests.hostile import assert_one_sentence

VALUES = np.round(np.random.default_rng(3).normal(size=(15, 3)), 3)
NAMES = ("age", "bmi/kg", "y")


def text(delimiter: str = ",", decimal: str = ".", header: bool = True) -> str:
    rows = [[f"{value}".replace(".", decimal) for value in row] for row in VALUES.tolist()]
    return "\n".join(delimiter.join(row) for row in ([list(NAMES)] if header else []) + rows)


@pytest.mark.parametrize(
    ("delimiter", "decimal"),
    [(",", "."), (";", "."), (";", ","), ("\t", ","), ("|", "."), (" ", ".")],
)
@pytest.mark.parametrize("header", [True, False])
def test_delimiters_decimals_and_headers_are_found(delimiter, decimal, header):
    found = read(text(delimiter, decimal, header))
    np.testing.assert_array_equal(found.table.values, VALUES)
    assert found.problems == ()
    assert found.table.names == (NAMES if header else ("column 1", "column 2", "column 3"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_files_of_spreadsheets_are_read(encoding):
    table = text(";", ",").replace("age", "größe")
    found = read(table.replace("\n", "\r\n").encode(encoding)).table
    assert found.names == ("größe", *NAMES[1:])
    np.testing.assert_array_equal(found.values, VALUES)


def test_quotes_signs_and_exponents():
    found = read('a,"b, in kg",y\n' + "\n".join(f'"{i}",−{i}.5,{i}e-3' for i in range(1, 14)))
    assert found.table.names == ("a", "b, in kg", "y")
    np.testing.assert_allclose(found.table.values[:, 1], -np.arange(1, 14) - 0.5)
    np.testing.assert_allclose(found.table.values[:, 2], np.arange(1, 14) / 1000)


def test_a_bad_cell_is_named_and_its_row_left_out():
    found = read(text() + "\n1,,2\n\n3,red,2\n1e60,2,3\n")
    missing, word, size = sorted(found.problems, key=lambda said: said.split(",")[0])
    assert missing.startswith("Row 17, column 2 ('bmi/kg'): the value is missing")
    assert word.startswith("Row 19, column 2 ('bmi/kg'): 'red' is no number")
    assert size.startswith("Row 20, column 1 ('age'): '1e60'")
    np.testing.assert_array_equal(found.table.values, VALUES)


def test_what_a_comma_means_is_not_guessed():
    """1,500 may be 1500: without a cell that settles it the number is none."""
    rows = "\n".join(f"{i};{i}" for i in range(13))
    found = read(f"{rows}\n14;1,500")
    assert "Row 14, column 2 ('column 2'): '1,500'" in found.problems[0]
    settled = read(f"{rows}\n0,25;1,500").table.values
    assert settled[-1].tolist() == [0.25, 1.5]


def test_columns_that_say_nothing_are_named_and_left_out():
    rows = [f"{i},red,7,{i * i},," for i in range(14)]
    found = read("a,colour,same,y,empty,other\n" + "\n".join(rows))
    assert found.table.names == ("a", "y")
    assert len(found.table.values) == 14
    said = " ".join(found.problems)
    for words in (
        "Row 2, column 2 ('colour'): 'red'",
        "Column 3 ('same') is 7",
        "5 ('empty') has no",
    ):
        assert words in said


def test_many_bad_cells_are_counted():
    found = read(text() + "\n1,,2" * 9)
    assert len(found.problems) == NAMED + 1
    assert f"in {9 - NAMED} more rows" in found.problems[-1]


REFUSED = {
    "empty": ("  \n", "empty"),
    "delimiters only": (";;;\n;;;", "no values"),
    "one column": ("a\n" + "1\n" * 20, "Row 1 has 1 columns"),
    "ragged": (text() + "\n1,2", "Row 17 has 2 values: expected 3"),
    "twice": (text().replace("age", "y"), "Columns 1 and 3"),
    "few rows": ("a,b\n1,2\n2,3", "Rows that are whole: 2"),
    "words": ("a,b\n" + "red,blue\n" * 20, "No column holds numbers"),
    "constants": ("a,b\n" + "1,2\n" * 20, "is 1 in every row"),
    "open quote": (text() + '\n"1,2,3', "quotation mark"),
    "workbook": (b"PK\x03\x04rest", "save it as CSV"),
    "wide": (",".join("1" * 51) + "\n", "Row 1 has 51 columns"),
    "long": ("1,2\n" * 20_001, "20,001 rows"),
    "heavy": ("1" * 2_000_001, "bytes: expected at most 2,000,000"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_table_is_refused_in_one_sentence(name):
    data, words = REFUSED[name]
    with pytest.raises(InputError) as caught:
        read(data)
    assert words in str(caught.value)
    assert_one_sentence(caught.value)


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.text(max_size=300), st.binary(max_size=300), st.from_regex(r"([-,;.\d]+\n){15,20}")
    )
)
def test_any_input_is_a_table_or_one_sentence(data):
    try:
        found = read(data)
    except InputError as error:
        assert_one_sentence(error)
    else:
        assert np.isfinite(found.table.values).all()
        assert found.table.values.shape[0] >= LIMITS["table_rows"][0]
        assert found.table.values.std(axis=0).min() > 0


def test_names_hold_nothing_that_pages_would_read_as_marks():
    names = read(text().replace("age", "<b>**$x$**[a](http)")).table.names
    assert names[0] == "b x a (http)"
