"""Lesson: one layer. Words -> controls -> cached call -> figures."""

from icl_core.experiments.one_layer.settings import SEEDS
from icl_core.lessons.one_layer.config import SHIFTS, OneLayer
from ui.page import (
    Controls,
    begin,
    control_row,
    course,
    first_picture,
    fragment,
    part_choice,
    result,
    show_part,
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
        with control_row("tests"):
            tests = {name: words[0] for name, words in SHIFTS.items()}
            controls.one_of("shift", "Tested on", tests)
    show_part(part, controls.config(), runs, dict.fromkeys(("rollout", "limits"), moved))


begin(
    PAGE,
    "Weights made by hand can turn a layer into a step of gradient descent. **Does training find "
    "them?** Play.",
)
explore()
course(PAGE)
