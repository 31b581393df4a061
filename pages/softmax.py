"""Lesson: softmax heads. Words -> controls -> cached call -> figures."""

from icl_core.experiments.variations.settings import HEADS, SOFTMAX
from icl_core.lessons.softmax.config import PROMPTS, SEEDS, Softmax
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
from ui.values import digits

PAGE = "softmax"


@fragment()
def explore() -> None:
    controls = Controls(PAGE, Softmax())
    with control_row():
        controls.one_of("heads", "Softmax heads", {heads: str(heads) for heads in HEADS})
        with more_choices():
            controls.one_of("optimiser", "Trained by", {name: name.title() for name in SOFTMAX})
            controls.one_of("seed", "Seed", {seed: str(seed) for seed in SEEDS})
            controls.number("prompt", "Prompt", 0, PROMPTS - 1)
    config = controls.config()
    found = result(config)

    moved = controls.puts(temperature=digits(4), frame=int)
    first_picture(config, found, {"heads": moved})
    parts(controls, found, {"linearisation": moved, "weights": moved})


begin(
    PAGE,
    "Softmax lets a head only add up examples, never subtract one. **Two heads together can do "
    "it.** How?",
)
explore()
course(PAGE)
