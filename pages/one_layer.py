"""Lesson: one layer. Words -> controls -> cached call -> figures."""

from icl_core.experiments.one_layer.settings import SEEDS
from icl_core.lessons.one_layer.config import SHIFTS, OneLayer
from ui.page import (
    Controls,
    begin,
    control_row,
    first_picture,
    fragment,
    part_choice,
    result,
    show_part,
    to_try,
)
from ui.values import digits

PAGE = "one_layer"


@fragment()
def explore() -> None:
    controls = Controls(PAGE, OneLayer())
    with control_row():
        controls.one_of("seed", "Weights of seed", {seed: str(seed) for seed in SEEDS})
    config = controls.config()
    runs = result(config)

    moved = controls.puts(frame=int, damping=digits(4))
    first_picture(config, runs, {"weights": moved})
    part = part_choice(controls)
    if "shift" in part.views:
        controls.one_of("shift", "Tested on", {name: words[0] for name, words in SHIFTS.items()})
    show_part(part, controls.config(), runs, dict.fromkeys(("rollout", "limits"), moved))


begin(
    PAGE,
    "Weights made by hand can turn a layer into a step of gradient descent. **Does training find "
    "them?** Play.",
)
explore()
to_try(
    PAGE,
    [
        "Play the **updates**: the loss waits on a plateau until the diagonal of "
        r"$W_K^\top W_Q$ is there.",
        "Choose another **seed**: the weights differ in sign and scale, their product does not.",
        "**Predict:** with inputs twice as wide, is the trained layer better or worse than "
        "gradient descent with the same step?",
        "**The layer again and again:** drag the damping to 1. The median falls faster, and the "
        "mean explodes. Why?",
        "**Unlike its training:** at other sizes the loss of a single step is known exactly too, "
        "and training finds it.",
    ],
)
