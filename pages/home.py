"""Home: what this is, in three sentences and one picture, and where to go."""

import streamlit as st

from icl_core.lessons.catalog import LESSONS, result
from icl_core.lessons.noise_and_depth.config import NoiseAndDepth
from icl_core.lessons.noise_and_depth.views import overview
from icl_core.lessons.shared.shipped import families
from icl_core.lessons.shared.words import meanings
from ui.chart import chart
from ui.frame import TITLE, heading
from ui.presets import glossary
from ui.reopen import reopen

BESIDE, ROW = 4, 3
"""Cards beside the picture, and in a row below it."""
NAMED = ("gdpp", "diag", "full", "const_rr", "ada_rr", "tuned_rr", "bayes_rr")


def card(name: str) -> None:
    """A page and what it shows."""
    lesson = LESSONS[name]
    with st.container(border=True, gap="xsmall", key=f"card_{name}", height="stretch"):
        st.page_link(f"pages/{name}.py", label=f"**{lesson.title}**", icon_position="right")
        st.markdown(lesson.about)


def picture() -> None:
    """The main result on the shipped models."""
    config = NoiseAndDepth()
    names = families()
    if config.task not in names:
        config = config.replace(task=next(iter(names)))
    losses = result(config)
    config = config.replace(layers=losses.depths[-1])
    chart(
        overview(config, losses),
        key="picture",
        page="noise_and_depth",
        config=config,
        figure="overview",
    )


heading(
    TITLE,
    "Show a transformer a few examples in its prompt and it answers the next one, though nothing "
    "in it was trained on them. In a *linear* transformer one can see how: every layer takes a "
    "step of an optimisation algorithm on the examples it was shown. Here such models are trained, "
    "opened and measured against the best predictor there can be.",
)
left, right = st.columns([3, 2], gap="large")
with right:
    for name in list(LESSONS)[:BESIDE]:
        card(name)
with left:
    picture()
    glossary(meanings(NAMED, ("adjusted loss", "Bayes floor")))
below = list(LESSONS)[BESIDE:]
for start in range(0, len(below), ROW):
    for column, name in zip(st.columns(ROW), below[start : start + ROW], strict=False):
        with column:
            card(name)
reopen()
