"""Lesson: deeper. Words -> controls -> cached call -> figures."""

from icl_core.experiments.several_layers.settings import ARCHITECTURES, CLIP
from icl_core.lessons.several_layers.config import SHORT, SeveralLayers
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

PAGE = "several_layers"


@fragment()
def explore() -> None:
    controls = Controls(PAGE, SeveralLayers())
    with control_row():
        controls.one_of("kind", "Layers", SHORT)
        with more_choices():
            choices(controls)
    config = controls.config()
    runs = result(config)

    moved = controls.puts(frame=int)
    first_picture(config, runs, {"layers": moved})
    parts(controls, runs, {"weights": moved})


def choices(controls: Controls[SeveralLayers]) -> None:
    """What not everybody asks for."""
    kind = ARCHITECTURES[controls["kind"]]
    controls.one_of("seed", "Seed", {seed: str(seed) for seed in kind.seeds})
    if not kind.tied and not kind.clipped:
        numbers = {k: str(k) for k in range(1, kind.layers + 1)}
        controls.one_of("layer", "Weights of layer", numbers)
    if not kind.clipped:
        mixed = {"free": "as they are", "clipped": f"clipped to ±{CLIP:g}"}
        controls.one_of("tokens", "Tokens of the mixed layers", mixed)


begin(
    PAGE,
    "**Two layers beat two steps of gradient descent.** What have they learned instead? "
    "Play their training.",
)
explore()
course(PAGE)
