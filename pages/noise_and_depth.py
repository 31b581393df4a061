"""Lesson: noise and depth. Words -> controls -> cached call -> figures."""

import streamlit as st

from icl_core.lessons.noise_and_depth.config import CONTEXTS, DIMENSIONS, LEVELS, NoiseAndDepth
from icl_core.lessons.noise_and_depth.measure import limits_of
from icl_core.lessons.shared.losses import shift_said
from icl_core.lessons.shared.shipped import Family
from icl_core.plots import METHODS
from ui.own import beside_choice, family_choice
from ui.page import (
    Controls,
    begin,
    control_row,
    course,
    first_picture,
    fragment,
    more_choices,
    parts,
    result,
)

PAGE = "noise_and_depth"


@fragment()
def explore() -> None:
    controls = Controls(PAGE, NoiseAndDepth())
    with control_row():
        family = family_choice(controls)
        with more_choices():
            choices(controls, family)
    config = controls.fit(limits_of(family.task, family.depths))
    losses = result(config)
    if losses.shifted:
        st.info(shift_said(family.task, losses), icon=":material/moving:")
    first_picture(config, losses)
    stepped = controls.puts(layers=lambda at: losses.depths[int(at)])
    parts(controls, losses, {"profile": stepped, "layers": controls.puts(sigma=float)})


def choices(controls: Controls[NoiseAndDepth], family: Family) -> None:
    """What not everybody asks for."""
    kinds = {kind: METHODS[kind].label for kind in family.parametrizations}
    controls.some_of("models", "Models", kinds)
    controls.one_of("statistic", "Over prompts", {"mean": "mean", "median": "median"})
    trained = family.task.num_context
    lengths = {None if n == trained else n: str(n) for n in sorted({*CONTEXTS, trained})}
    controls.steps("num_context", f"Context n (trained on {trained})", lengths)
    own = family.task.dim
    sizes = {None if d == own else d: str(d) for d in sorted({*DIMENSIONS, own})}
    controls.steps("dim", f"Dimension d (trained on {own})", sizes)
    alone = {None: "none"} | {level: f"{level:g}" for level in LEVELS}
    controls.steps(
        "level",
        "Add a specialist for σ =",
        alone,
        help="At one noise level the best model of every kind is ridge regression of that "
        "strength, and deep GD++ reaches it. Shown in the profile, exactly.",
    )
    beside_choice(controls, controls["dim"] or own)
    if (own, trained) == (10, 20) and controls["statistic"] == "mean":
        controls.switch("published", "Paper's Table 1")


begin(
    PAGE,
    "Nobody tells the model how noisy its examples are. **More layers come closer to the best "
    "answer there can be.** How close?",
)
explore()
course(PAGE)
