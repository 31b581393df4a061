"""Lesson: copying tokens. Words -> controls -> cached call -> figures."""

import streamlit as st

from icl_core.experiments.copying.settings import OPTIMISED
from icl_core.lessons import copying as lesson
from icl_core.lessons.catalog import result
from icl_core.lessons.copying.config import EDITS, MODELS, OPTIMISERS, PROMPTS, TOKENS, Copying
from icl_core.lessons.copying.measure import Trainings
from icl_core.live import Values
from ui.boundary import fragment
from ui.chart import charts_of
from ui.controls import Controls, control_row
from ui.frame import begin, finding, to_try

PAGE = "copying"


@fragment()
def explore() -> None:
    controls = Controls(PAGE, Copying())
    with control_row():
        controls.one_of("model", "Model", MODELS, menu=True, width=230)
        controls.one_of("optimiser", "Trained by", OPTIMISERS, menu=True, width=210)
        seeds = range(OPTIMISED[controls["optimiser"]].seeds)
        controls.one_of("seed", "Seed", {seed: str(seed) for seed in seeds}, menu=True, width=80)
    config = controls.config()
    runs = result(config)

    def to_frame(values: Values) -> None:
        controls.put("frame", int(values["frame"]))

    show = charts_of(config, runs, {"training": to_frame, "weights": to_frame})
    show("training")
    finding(lesson.finding(config, runs))
    show("weights", "optimisers")
    show("attention")
    swaps(controls, runs)


@fragment()
def swaps(controls: Controls[Copying], runs: Trainings) -> None:
    st.markdown(
        "**Swap two tokens.** Layer 1 has to find out which target belongs to which input, and "
        "knows that by positions alone. What does the model make of a prompt in which two tokens "
        "have exchanged what they say, or where they stand?"
    )
    with st.container(horizontal=True, gap="medium"):
        controls.one_of("first", "One token", TOKENS, menu=True, width=110)
        controls.one_of("second", "The other", TOKENS, menu=True, width=110)
        controls.one_of("edit", "They exchange", EDITS)
        controls.number("prompt", f"Prompt (1 to {PROMPTS})", 1, PROMPTS)
    charts_of(controls.config(), runs)("swap", "partners")


begin(
    PAGE,
    "Let an input and its target be **separate tokens**, $x_1, y_1, x_2, y_2, \\dots$, each with a "
    "code of its position. No layer can then descend before another has brought them together: two "
    "layers, trained from random weights, wait long, learn to copy, and only then the loss falls.",
)
explore()
to_try(
    [
        "Play the **updates**. Which moves first, the attention of layer 1 or the loss?",
        "**Still waiting:** this run of the paper's optimiser never falls. To which tokens does "
        "its layer 1 attend?",
        "**Predict:** a construction that copies exactly, *Proposition 3*. Should its map be "
        "sharper than the trained one? Does sharper attention buy a lower loss?",
        "*As printed* every token looks at the next. Which tokens then bring in what does not "
        "belong together?",
        "**Swap** x1 and x2, then x1 and y1. Why is a wrong pair worse than one that stands the "
        "other way round, which the construction does not even notice?",
        "Exchange contents, then positions, then **both**. Which of the three are the same, and "
        "what does that say about the order of tokens?",
    ]
)
