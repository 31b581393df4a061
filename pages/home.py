"""Home: what this is, in three sentences and one picture, and where to go."""

import streamlit as st

from icl_core.lessons import noise_and_depth as lesson
from icl_core.lessons.noise_and_depth.config import NoiseAndDepth
from icl_core.lessons.shared.words import meanings
from ui.calls import noise_losses, shipped_families
from ui.chart import chart
from ui.frame import TITLE, heading
from ui.presets import glossary
from ui.reopen import reopen

LESSONS = {
    "construction": (
        "The construction",
        "Four matrices with which a layer of attention is a step of gradient descent, number by "
        "number.",
    ),
    "one_layer": (
        "One layer",
        "A layer trained from random weights ends up as one step of gradient descent: watch it.",
    ),
    "variations": (
        "When training struggles",
        "Plateaus, too few prompts, LayerNorm: trainings that find gradient descent late or never.",
    ),
    "several_layers": (
        "Deeper",
        "Several layers do not repeat the step: they find GD++, which makes the next step easier.",
    ),
    "gdpp_spectrum": (
        "GD++ spectrum",
        "How a layer makes a badly conditioned problem easy: drag γ, watch the eigenvalues move.",
    ),
    "noise_and_depth": (
        "Noise and depth",
        "What more layers buy when nobody says how noisy the examples are.",
    ),
    "paper_figures": (
        "The paper's figures",
        "Figures 1 to 7 and Table 1 again, each with the floors that the paper lacks.",
    ),
    "one_prompt": (
        "One prompt",
        "Twenty examples of unknown noise: what does each method take σ to be?",
    ),
    "weights": (
        "Weights",
        "The two matrices of every layer, over the whole training, beside what theory says.",
    ),
    "algorithm": (
        "The algorithm it found",
        "Four numbers a layer as a flow: switch them off, and see which known method it is near.",
    ),
    "theory": (
        "What theory builds",
        "Weights made by hand: a second-order method, an optimal ridge, and a square out of reach.",
    ),
    "train": (
        "Train",
        "Train such a model in seconds, watch it find its algorithm, and take it home.",
    ),
    "models": (
        "Models",
        "All shipped models beside the published table: look into them, compare, download.",
    ),
}


BESIDE, ROW = 4, 3
"""Cards beside the picture, and in a row below it."""
NAMED = ("gdpp", "diag", "full", "const_rr", "ada_rr", "tuned_rr", "bayes_rr")


def card(name: str) -> None:
    """A page and what it shows."""
    title, about = LESSONS[name]
    with st.container(border=True, gap="xsmall", key=f"card_{name}", height="stretch"):
        st.page_link(f"pages/{name}.py", label=f"**{title}**", icon_position="right")
        st.markdown(about)


def picture() -> None:
    """The main result on the shipped models."""
    config = NoiseAndDepth()
    names = shipped_families()
    if config.task not in names:
        config = config.replace(task=next(iter(names)))
    losses = noise_losses(config)
    config = config.replace(layers=losses.depths[-1])
    chart(
        lesson.overview(config, losses),
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
