"""Lesson: when training struggles. Words -> controls -> cached call -> figures."""

from icl_core.experiments.variations.settings import VARIANTS
from icl_core.lessons.variations.config import LABELS, Variations
from ui.page import Controls, begin, control_row, course, first_picture, fragment, parts, result

PAGE = "variations"


@fragment()
def explore() -> None:
    controls = Controls(PAGE, Variations())
    with control_row():
        controls.one_of("variant", "What is trained", LABELS, menu=True, width=330)
        seeds = range(VARIANTS[controls["variant"]].seeds)
        controls.one_of("seed", "Seed", {seed: str(seed) for seed in seeds})
    config = controls.config()
    runs = result(config)

    moved = controls.puts(frame=int)
    first_picture(config, runs, {"losses": moved})
    parts(controls, runs, {"weights": moved})


begin(
    PAGE,
    "**The same layer, the same task, yet some trainings wait long and some never get there.** "
    "What goes wrong?",
)
explore()
course(PAGE)
