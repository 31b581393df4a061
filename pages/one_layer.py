"""Lesson: one layer. Words -> controls -> cached call -> figures."""

from icl_core.experiments.one_layer.settings import SEEDS
from icl_core.lessons import one_layer as lesson
from icl_core.lessons.one_layer.config import SHIFTS, OneLayer
from ui.page import Controls, begin, charts_of, control_row, finding, fragment, result, to_try
from ui.values import digits

PAGE = "one_layer"


@fragment()
def explore() -> None:
    controls = Controls(PAGE, OneLayer())
    with control_row():
        controls.one_of("seed", "Weights of seed", {seed: str(seed) for seed in SEEDS})
        controls.one_of("shift", "Tested on", {name: words[0] for name, words in SHIFTS.items()})
    config = controls.config()
    runs = result(config)

    finding(lesson.finding(config, runs))
    moved = controls.puts(frame=int, damping=digits(4))
    show = charts_of(config, runs, dict.fromkeys(("weights", "rollout", "limits"), moved))
    show("training", "weights", widths=(3, 4))
    show("alignment", "shift")
    show("mixes", "sizes")
    show("rollout", "limits", widths=(3, 2))


begin(
    PAGE,
    "A layer of linear self-attention *can* take a step of gradient descent. Does training find "
    "it? A layer starts from random weights and sees prompts of ten examples $y_i = "
    r"\langle w, x_i\rangle$ with inputs from $U(-\frac12, \frac12)$, ten dimensions, a new $w$ "
    "every time, and no noise.",
)
explore()
to_try(
    [
        "Play the **updates**: the loss waits on a plateau until the diagonal of "
        r"$W_K^\top W_Q$ is there.",
        "Choose another **seed**: the weights differ in sign and scale, their product does not.",
        "**Predict:** with inputs twice as wide, is the trained layer better or worse than "
        "gradient descent with the same step?",
        "Drag the **damping** to 1: the median falls faster, and the mean explodes. Why?",
        "Look at **other sizes**: the loss of a single step is known exactly, and training finds "
        "it.",
    ]
)
