"""Lesson: the weights of a model, layer by layer, over training, in pieces, beside others."""

from icl_core.lessons import weights as lesson
from icl_core.lessons.shared import theory
from icl_core.lessons.shared.shipped import relatives
from icl_core.lessons.weights.comparison import alike, foreign, others
from icl_core.lessons.weights.config import Weights
from icl_core.lessons.weights.measure import Story
from icl_core.plots import METHODS
from icl_core.zoo.shelf import OWN
from ui.own import family_choice, own_labels
from ui.page import (
    Controls,
    begin,
    control_row,
    course,
    first_picture,
    fragment,
    more_choices,
    part_choice,
    result,
    show_part,
)

PAGE = "weights"


def choose_model(controls: Controls[Weights]) -> None:
    """Which model, within what is shipped."""
    shelf = relatives(family_choice(controls).name)
    kinds = {kin.parametrization for found in shelf.values() for kin in found}
    labels = {kind: style.label for kind, style in METHODS.items() if kind in kinds}
    controls.one_of("parametrization", "Model", labels)
    fitting = {
        depth: [kin for kin in found if kin.parametrization == controls["parametrization"]]
        for depth, found in shelf.items()
    }
    controls.one_of("layers", "Layers L", {d: str(d) for d, kin in fitting.items() if kin})
    kin = fitting[controls["layers"]]
    if_any(controls, "heads", "Heads", sorted({each.heads for each in kin}))
    kin = [each for each in kin if each.heads == controls["heads"]]
    if_any(controls, "seed", "Seed", sorted({each.seed for each in kin}))


def if_any(controls: Controls[Weights], field: str, label: str, values: list[int]) -> None:
    """A choice where there is one."""
    if len(values) > 1:
        controls.one_of(field, label, {value: str(value) for value in values})
    elif controls[field] != values[0]:
        controls.move(field, label, values[0])


def choose(controls: Controls[Weights]) -> None:
    """The row of widgets."""
    with control_row(), more_choices():
        choose_model(controls)
        layers = {0: "all"} | {i: str(i) for i in range(1, controls["layers"] + 1)}
        controls.one_of("layer", "Show layer", layers)
        controls.one_of(
            "coordinates",
            "Coordinates",
            {"normalised": "normalised", "raw": "raw"},
            help="Normalised: tokens are measured in their typical size, so that entries of "
            "different blocks compare. Raw: as in the paper and in the file.",
        )


def others_choice(controls: Controls[Weights], story: Story) -> None:
    """The model to compare with: of the same task, of one's own, of another task."""
    own = own_labels(*[controls["other"]] * controls["other"].startswith(OWN)) | theory.labels()
    this = controls["task"]
    fitting = {name: said for name, said in own.items() if name != this and alike(story, name)}
    options = others(story) | fitting | foreign(story)
    controls.one_of("other", "Compare with", options, menu=True, width=290)


@fragment()
def explore() -> None:
    controls = Controls(PAGE, Weights())
    choose(controls)
    config = controls.config()
    story = result(config)

    config = controls.fit(lesson.reach(config, story))
    moved = controls.puts(snapshot=lambda at: None if at == story.last else int(at))
    first_picture(config, story, {"heatmaps": moved})
    part = part_choice(controls)
    if "compare" in part.views:
        with control_row("compare"):
            others_choice(controls, story)
    looked = controls.puts(focus=lambda at: int(at) + 1, rank=round)
    show_part(part, controls.config(), story, dict.fromkeys(part.views, looked))


begin(
    PAGE,
    "Two small matrices a layer are the whole model. **What did training write into them?** Play.",
)
explore()
course(PAGE)
