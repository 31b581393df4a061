"""Values as the outside world may send them, and what the engine must answer."""

from hypothesis import strategies as st

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


def assert_one_sentence(error: Exception) -> None:
    """One line, short enough to show, ending as sentences do, without a trace of Python's own."""
    text = str(error)
    assert text.endswith("."), text
    assert text.isprintable(), text
    assert len(text) < 400, text
    assert "Traceback" not in text, text
