"""An app of many pages with one slider each, which computes nothing: what Streamlit by itself takes
for the same visitors."""

import streamlit as st

PAGES = 19


def almost_empty() -> None:
    st.title("A page")
    part()


@st.fragment()
def part() -> None:
    st.markdown(f"The slider stands at {st.slider('A number', 0, 100)}.")


st.navigation(
    [st.Page(almost_empty, title=f"Page {n}", url_path=f"page_{n}") for n in range(PAGES)]
).run()
