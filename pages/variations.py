"""Lesson: when training struggles. Words -> controls -> cached call -> figures."""

from icl_core.experiments.variations.settings import VARIANTS
from icl_core.lessons.variations.config import LABELS, Variations
from ui.page import Controls, begin, control_row, first_picture, fragment, parts, result, to_try

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
to_try(
    PAGE,
    [
        "**One head:** choose a seed that waits long and play its **updates**. What changes in "
        r"$W_K^\top W_Q$ just before the loss falls?",
        "**Two heads:** do both end up with the same matrix, or do they share the work?",
        "**Predict:** from how many fixed prompts on does a layer find gradient descent, 512 or "
        "2,048? Compare *training prompts* and new ones.",
        "**LayerNorm:** the loss is worse, yet on **larger inputs** it is far better than gradient "
        "descent. Why?",
        "**Attention + MLP:** how does the training differ from that of attention alone?",
    ],
)
