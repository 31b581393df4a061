"""Choices of the lesson on the Hessian's spectrum, and its named states."""

from dataclasses import dataclass
from typing import Any

from icl_core.experiments.paper1.published import SPECTRA
from icl_core.lessons.shared.fields import OfModel, name_or_none, text
from icl_core.lessons.shared.parts import Part
from icl_core.lessons.shared.shipped import Kin
from icl_core.tasks.inputs import GaussianInputs, InputLaw, UniformInputs
from icl_core.validation import checked, choice, integer, number

MANY = 0
"""In the place of a prompt's number: all of them."""
MAX_LAYERS = 4
PROMPTS = 1000
DIMENSIONS = (1, 2, 5, 10, 20)
CONTEXTS = (5, 10, 15, 20, 25, 35, 50, 75, 100, 150, 200)
SIZES = (10, 25, 50, 100)
"""Context lengths set side by side, as in the paper."""
INPUTS = {"gaussian": "Gaussian", "uniform": "Uniform", "stretched": "Stretched"}
CONDITIONS = (3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
"""Of the covariance of stretched inputs."""
EIGENVALUES = {1: "Prompt 1", 2: "2", 3: "3", MANY: f"All {PROMPTS:,}"}
DRAWN = 32
"""Prompts of a trained model's task whose eigenvalues are shown."""
DRAWS = {1: "Prompt 1", 2: "2", 3: "3", MANY: f"All {DRAWN}"}


PARTS = {
    "trained": Part("Trained models do it too", ("layers",)),
    "steps": Part("Layer by layer of a trained model", ("map", "course")),
    "conditions": Part("Eigenvalues", ("conditions",)),
    "gamma": Part("Which γ is best", ("gamma", "kappas"), (4, 3)),
}
"""What is below the first picture."""
OF_MODEL = ("trained", "steps")
"""Parts that show a trained model."""


@dataclass(frozen=True, kw_only=True)
class GdppSpectrum(OfModel):
    """Choices of the lesson.

    gamma None is the best one (`chosen_gamma`). prompt counts from 1; 0 stands
    for all prompts. condition is of the covariance of stretched inputs, and idle otherwise.

    A trained model is that of task, model (its parametrization, or with its heads "diag_H2") and
    depth, its number of layers; draw is one of its prompts, from 1 on, or 0 for all. layer is the
    one whose map is shown, frame a snapshot of its training, None the finished model.
    beside is a second model by its name, "" for none.
    """

    dim: int = checked(10, integer, "The dimension d", (1, DIMENSIONS[-1]))
    num_context: int = checked(25, integer, "The context length n", (1, CONTEXTS[-1]))
    inputs: str = checked("gaussian", choice, "The input law", INPUTS)
    condition: float = checked(100.0, number, "The condition number of the inputs", "condition")
    prompt: int = checked(1, integer, "The prompt", (0, PROMPTS))
    layers: int = checked(1, integer, "The number of layers", (1, MAX_LAYERS))
    gamma: float | None = checked(None, number, "gamma", "gamma")
    task: str = checked("uniform5_d10_n20", text, "The task")
    model: str = checked("diag", text, "The model")
    depth: int = checked(4, integer, "The number of layers L", "num_layers")
    draw: int = checked(1, integer, "The prompt of the trained model", (0, DRAWN))
    layer: int = checked(1, integer, "The layer", (1, 12))
    beside: str = checked("", name_or_none, "The model beside")
    part: str = checked("trained", choice, "The part looked at", PARTS)
    frame: int | None = checked(None, integer, "The snapshot", (0, 1000))

    @staticmethod
    def picks(kin: Kin, layers: int) -> dict[str, Any]:
        return {"model": kin.name, "depth": layers}

    @property
    def law(self) -> InputLaw:
        """How inputs are drawn."""
        if self.inputs == "uniform":
            return UniformInputs()
        return GaussianInputs(condition=self.condition if self.inputs == "stretched" else 1.0)


PRESETS: dict[str, GdppSpectrum] = {
    "25 examples": GdppSpectrum(),
    "The paper's figure: n = 25": GdppSpectrum(
        inputs="uniform", prompt=MANY, gamma=SPECTRA[25].gamma
    ),
    "Uniform inputs, n = 100": GdppSpectrum(num_context=100, inputs="uniform", prompt=MANY),
    "Ellipse to circle": GdppSpectrum(dim=2, inputs="stretched", condition=30.0),
    "Stretched inputs, κ = 100": GdppSpectrum(inputs="stretched", num_context=100, prompt=MANY),
    "Three layers": GdppSpectrum(layers=3),
    "Too large a γ": GdppSpectrum(gamma=0.0209, prompt=MANY),
    "Fewer examples than dimensions": GdppSpectrum(num_context=5),
    "A model before training": GdppSpectrum(frame=0, part="trained"),
    "Seven layers of GD++": GdppSpectrum(model="gdpp", depth=7, draw=MANY, layer=6, part="steps"),
    "FULL singles a direction out": GdppSpectrum(model="full", layer=3, part="steps"),
}
"""Named states of the lesson; the first is its default."""
