"""Where a visitor's own table comes in: pasted or uploaded, read, and its problems told."""

import streamlit as st

from icl_core.data.parse import Reading, read
from icl_core.data.table import Table, keep
from icl_core.validation import LIMITS
from ui.boundary import guarded
from ui.values import escaped

ASKED, READ = "data:asked", "data:read"
"""Of a session: whether its table is to be read; what was read with problems, until it is used."""
PASTED, UPLOADED = "data:pasted", "data:uploaded"
TOLD = 6
"""Problems that have a line each; others are counted."""


def entry() -> Table | None:
    """A menu to paste or upload in; the table that the visitor has just asked for, now kept."""
    with st.popover("Paste a table", key="data:entry"):
        rows, columns, size = (
            int(LIMITS[name][1]) for name in ("table_rows", "table_columns", "table_bytes")
        )
        st.markdown(
            "Rows of numbers, a column for each quantity, with names above or without, apart by "
            f"commas, semicolons, tabs or spaces: up to {rows:,} rows, {columns} columns, "
            f"{size // 1_000_000} MB. They stay in this server's memory, until it restarts or "
            "newer ones need the room; the link to them works as long."
        )
        st.text_area("Paste", key=PASTED, height=150, placeholder="size;age;price\n1,5;3;210")
        file = st.file_uploader("or upload", type=["csv", "tsv", "txt"], key=UPLOADED)
        st.button("Use these data", key="data:use", type="primary", on_click=_ask)
        with guarded():
            return _answer(file.getvalue() if file else st.session_state[PASTED])
    return None


def _ask() -> None:
    st.session_state[ASKED] = True
    st.session_state.pop(READ, None)


def _answer(data: bytes | str) -> Table | None:
    """Reads what was asked for; a table with problems waits until the visitor agrees."""
    if st.session_state.pop(ASKED, False):
        reading = read(data)
        if not reading.problems:
            return _kept(reading)
        st.session_state[READ] = reading
    if (waiting := st.session_state.get(READ)) and _agreed(waiting):
        del st.session_state[READ]
        return _kept(waiting)
    return None


def _agreed(reading: Reading) -> bool:
    """Tells the problems, and offers to go on without what has them."""
    more = len(reading.problems) - TOLD
    said = [f"- {escaped(problem)}" for problem in reading.problems[:TOLD]]
    st.warning("\n".join(said + ([f"- … and {more} more."] if more > 0 else [])))
    left = len(reading.table.values), len(reading.table.names)
    return st.button(
        f"Go on without {reading.rows} rows and {reading.columns} columns "
        f"({left[0]} rows and {left[1]} columns stay)",
        key="data:without",
    )


def _kept(reading: Reading) -> Table:
    keep(reading.table)
    return reading.table
