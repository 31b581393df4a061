"""Lesson: deeper. Words -> controls -> cached call -> figures."""

from icl_core.experiments.several_layers.settings import ARCHITECTURES
from icl_core.lessons import several_layers as lesson
from icl_core.lessons.several_layers.config import SHORT, SeveralLayers
from ui.page import Controls, begin, charts_of, control_row, finding, fragment, result, to_try

PAGE = "several_layers"


@fragment()
def explore() -> None:
    controls = Controls(PAGE, SeveralLayers())
    with control_row():
        controls.one_of("kind", "Layers", SHORT)
        kind = ARCHITECTURES[controls["kind"]]
        controls.one_of("seed", "Seed", {seed: str(seed) for seed in kind.seeds})
        if not kind.tied and not kind.clipped:
            controls.one_of(
                "layer", "Weights of layer", {k: str(k) for k in range(1, kind.layers + 1)}
            )
        if not kind.clipped:
            controls.one_of("tokens", "Mixtures", {"free": "not clipped", "clipped": "clipped"})
    config = controls.config()
    runs = result(config)

    finding(lesson.finding(config, runs))
    moved = controls.puts(frame=int)
    show = charts_of(config, runs, {"layers": moved, "weights": moved})
    show("layers", "cosines")
    show("likeness", "depths" if kind.clipped else "weights", widths=(3, 4))
    show("training", "scales")
    if not kind.clipped:
        show("mixes", "depths")


begin(
    PAGE,
    "One layer is one step of gradient descent. Are several layers several steps? They learn "
    "something better: GD++, which also changes the inputs, "
    r"$x \leftarrow (I - \gamma \Sigma)\,x$, so that the next step meets an easier problem. "
    "Same task: ten examples in ten dimensions, no noise. *Tied* layers share their weights.",
)
explore()
to_try(
    [
        "Play the **updates**: first both layers descend like GD, then the loss after layer one "
        "rises, and the loss after layer two falls below anything GD can reach.",
        "**Predict:** are five layers with weights of their own better or worse than ten that "
        "share theirs?",
        "**Five untied**, layer after layer: γ and η grow from layer to layer, for inputs shrink. "
        "The scales of the layers hang together: can one layer be averaged with GD++'s?",
        "Look at **larger inputs**: what does clipping do to a method that diverges?",
    ]
)
