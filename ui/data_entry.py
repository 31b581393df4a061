"""Where a visitor's own table comes in: pasted or uploaded, read, and its problems told."""

import streamlit as st

from icl_core.data.parse import Reading, read
from icl_core.data.table import Table, keep
from icl_core.validation import LIMITS
from ui.boundary import guarded
from ui.values import escaped

ASKED, READ = "data:asked", "data:read"
"""Of a session: what was asked for, "read" or "use"; what was read with problems, until used."""
PASTED, UPLOADED = "data:pasted", "data:uploaded"
TOLD = 6
"""Problems that have a line each; others are counted."""


def entry() -> Table | None:
    """A menu to paste or upload in; the table that the visitor has just asked for, now kept."""
    with st.popover("Paste a table", key="data:entry"):
        rows, columns, size = (
            int(LIMITS[name][1]) for name in ("table_rows", "table_columns", "table_bytes")
        )
        st.caption(
            "Numbers, a column for each quantity, with names above or without, apart by commas, "
            f"semicolons, tabs or spaces: {rows:,} rows, {columns} columns, "
            f"{size // 1_000_000} MB at most. They stay in this server's memory, until it restarts "
            "or newer ones need the room; their link works as long."
        )
        st.text_area("Paste", key=PASTED, height=110, placeholder="size;age;price\n1,5;3;210")
        file = st.file_uploader(
            "or upload",
            type=["csv", "tsv", "txt"],
            key=UPLOADED,
            max_upload_size=size // 1_000_000,
        )
        # Where the button was that is pressed: nobody need scroll.
        told = st.container()
        st.button("Use these data", key="data:use", type="primary", on_click=_ask, args=("read",))
        with told, guarded():
            return _answer(file.getvalue() if file else st.session_state[PASTED])
    return None


def _ask(what: str) -> None:
    """Asked for by a callback, done by the run that follows: there errors are caught."""
    st.session_state[ASKED] = what


def _answer(data: bytes | str) -> Table | None:
    """Does what was asked for; a table with problems waits until the visitor agrees."""
    asked = st.session_state.pop(ASKED, None)
    if asked == "read":
        st.session_state.pop(READ, None)
        reading = read(data)
        if not reading.problems:
            return _kept(reading)
        st.session_state[READ] = reading
    if (waiting := st.session_state.get(READ)) is None:
        return None
    if asked == "use":
        del st.session_state[READ]
        return _kept(waiting)
    _tell(waiting)
    return None


def _tell(reading: Reading) -> None:
    """The problems of a table, and what can be done without them."""
    more = len(reading.problems) - TOLD
    said = [f"- {escaped(problem)}" for problem in reading.problems[:TOLD]]
    st.warning("\n".join(said + ([f"- … and {more} more."] if more > 0 else [])))
    rows, columns = reading.table.values.shape
    st.button(
        f"Go on with the other {rows:,} rows and {columns} columns",
        key="data:without",
        on_click=_ask,
        args=("use",),
    )


def _kept(reading: Reading) -> Table:
    keep(reading.table)
    rows, columns = reading.table.values.shape
    st.success(f"In use now: {rows:,} rows, {columns} columns.", icon=":material/check:")
    return reading.table
