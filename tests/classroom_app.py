"""A small app with every fault that the load test looks for, and one page without."""

import time

import streamlit as st


def good() -> None:
    st.slider("Level", 0, 10)
    st.page_link(FAULTY, label="There", query_params={"a": "1"})
    with st.popover("Data", key="data", on_change="rerun"):
        st.write("here")
    part()


@st.fragment(run_every=0.2)
def part() -> None:
    st.session_state["looks"] = st.session_state.get("looks", 0) + 1
    st.caption(f"{st.session_state['looks']} looks")


def faulty() -> None:
    line = st.text_input("Line", "a word")
    if line == "neither":
        st.error("The line is 'neither': expected a word.")
    match st.selectbox("What goes wrong", ["nothing", "a sentence", "an exception", "time"]):
        case "a sentence":
            st.error("Something went wrong on our side.")
        case "an exception":
            raise ValueError("a fault in the page")
        case "time":
            time.sleep(5)


FAULTY = st.Page(faulty, url_path="faulty")
st.navigation([st.Page(good, default=True), FAULTY]).run()
