"""Lesson: softmax heads. Words -> controls -> cached call -> figures."""

from icl_core.experiments.variations.settings import HEADS, SOFTMAX
from icl_core.lessons import softmax as lesson
from icl_core.lessons.catalog import result
from icl_core.lessons.softmax.config import PROMPTS, SEEDS, Softmax
from icl_core.live import Values
from ui.boundary import fragment
from ui.chart import charts_of
from ui.controls import Controls, control_row
from ui.frame import begin, finding, to_try

PAGE = "softmax"


@fragment()
def explore() -> None:
    controls = Controls(PAGE, Softmax())
    with control_row():
        controls.one_of("heads", "Softmax heads", {heads: str(heads) for heads in HEADS})
        controls.one_of("optimiser", "Trained by", {name: name.title() for name in SOFTMAX})
        controls.one_of("seed", "Seed", {seed: str(seed) for seed in SEEDS})
        controls.number("prompt", "Prompt", 0, PROMPTS - 1)
    config = controls.config()
    found = result(config)

    def warmed(values: Values) -> None:
        controls.put("temperature", float(f"{values['temperature']:.4g}"))

    def played(values: Values) -> None:
        controls.put("frame", int(values["frame"]))

    show = charts_of(config, found, {"heads": warmed, "linearisation": warmed, "weights": played})
    show("heads", "training")
    finding(lesson.finding(config, found))
    show("linearisation", "weights")
    show("ends", "likeness")
    show("limit", "shift")


begin(
    PAGE,
    "Everything so far used *linear* attention. Real transformers weigh examples by a softmax, "
    "whose shares are positive and add up to 1. One such head cannot subtract; two heads with "
    "opposite signs can, and become nearly linear.",
)
explore()
to_try(
    [
        "**One head:** its points lie on a line like gradient descent's, but moved up or down. "
        "Which number moves them?",
        "**Two heads:** each is off by a constant, their sum is not. Choose another **seed**: do "
        "the heads trade places?",
        "Drag the **temperature** down: scores grow, and the exponential bends. What happens to "
        "the sum?",
        "**Predict:** are two heads nearer to gradient descent on narrower inputs or on wider "
        "ones?",
        "Play the **updates**: what is off the diagonal in each head, and what is left of it in "
        "the sum?",
    ]
)
