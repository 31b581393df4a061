"""Lesson: noise and depth. Words -> controls -> cached call -> figures."""

import streamlit as st

from icl_core.lessons.noise_and_depth import CONTEXTS, NoiseAndDepth, figures, finding
from icl_core.plots.style import METHODS
from ui.calls import noise_losses, shipped_families
from ui.chart import chart
from ui.controls import Controls
from ui.presets import preset_links
from ui.frame import heading, to_try

PAGE = "noise_and_depth"
DEFAULT = NoiseAndDepth()
PRESETS = {
    "Mixed noise": DEFAULT,
    "Two noise levels": NoiseAndDepth(task="categorical1-3_d10_n20", sigma=3.0),
    "One layer": NoiseAndDepth(layers=1),
    "Longer contexts": NoiseAndDepth(num_context=60),
    "Median prompt": NoiseAndDepth(statistic="median"),
}

heading(
    "Noise and depth",
    "Every prompt shows a linear transformer $n$ examples "
    r"$y_i = \langle w, x_i\rangle + \xi_i$ with noise of a level $\sigma$ that nobody tells it. "
    "More layers let it judge the noise by itself and act on it.",
)
families = shipped_families()
controls = Controls(PAGE, DEFAULT)
family = families.get(controls["task"]) or next(iter(families.values()))
with st.container(border=True, key="controls"):
    first = st.columns([3, 2, 2], gap="medium")
    with first[0]:
        controls.one_of("task", "Noise in training", {k: f.label for k, f in families.items()}, menu=True)
    family = families[controls["task"]]
    with first[1]:
        kinds = {kind: METHODS[kind].label for kind in family.parametrizations}
        controls.some_of("models", "Models", kinds)
    with first[2]:
        controls.one_of("statistic", "Over prompts", {"mean": "mean", "median": "median"})
    second = st.columns(3, gap="medium")
    with second[0]:
        controls.slider("layers", "Layers L", family.depths[0], family.depths[-1])
    with second[1]:
        controls.slider("sigma", "Noise level σ", 0.0, family.task.noise.highest + 1, 0.25)
    with second[2]:
        n = family.task.num_context
        lengths = {None if m == n else m: f"{m}" for m in CONTEXTS}
        controls.steps("num_context", f"Context length n (trained: {n})", lengths)
config = controls.config()

losses = noise_losses(config.task, config.layers, config.num_context)
shown = figures(config, losses)
left, right = st.columns(2, gap="medium")
with left:
    chart(shown["depth"], key="depth", page=PAGE, config=config, caption=finding(config, losses))
with right:
    chart(shown["profile"], key="profile", page=PAGE, config=config)
chart(shown["layers"], key="layers", page=PAGE, config=config)
preset_links("pages/noise_and_depth.py", DEFAULT, PRESETS)
to_try(["Slide **L** from 1 to 4."])
