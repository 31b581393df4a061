"""What the training found, in words."""

from collections.abc import Mapping

import numpy as np

from icl_core.analysis.loss import LossSummary
from icl_core.experiments.mixed_noise.published import published_loss
from icl_core.lessons.shared.words import counted, plus_minus, short
from icl_core.lessons.train.beyond import levels
from icl_core.lessons.train.config import SYSTEMS, Train
from icl_core.lessons.train.measure import Outcome
from icl_core.models.linear import Parametrization
from icl_core.plots import METHODS
from icl_core.tasks.linear import LinearTask


def finding(config: Train, outcome: Outcome) -> str:
    """How good the trained model is."""
    if config.system != "noise":
        return _beyond(config, outcome)
    return model_finding(config.parametrization, config.task(), outcome.measured)


def model_finding(
    parametrization: Parametrization, task: LinearTask, measured: Mapping[str, LossSummary]
) -> str:
    """How good a model is, in one sentence with its numbers."""
    model, bayes = measured["model"], float(measured["bayes_rr"].mean[-1])
    layers = model.mean.shape[-1] - 1
    end = float(model.mean[-1])
    if not np.isfinite(end) or end > float(model.mean[0]):
        size = f"of {short(end)}" if np.isfinite(end) else "beyond all numbers"
        return (
            f"This model diverges: its loss {size} is worse than predicting nothing "
            f"({float(model.mean[0]):.3g})."
        )
    said = f"Adjusted loss **{plus_minus(end, float(model.stderr[-1]))}** (half MSE)"
    if bayes > 1e-6:
        said += f", {end / bayes:.2f} times the Bayes floor ({bayes:.3g})"
    published = published_loss(task, parametrization, layers)
    if published is not None:
        said += f"; the paper has {published:.3g}"
    return said + "."


def _beyond(config: Train, outcome: Outcome) -> str:
    loss = outcome.measured["model"]
    said = f"Loss **{plus_minus(float(loss.mean[-1]), float(loss.stderr[-1]))}** (half MSE)"
    others = {"gd": "one best step of gradient descent has", "paper": "the paper's figure ends at"}
    beside = [f"{others[m]} {short(v, 4)}" for m, v in levels(config.recipe[0].task).items()]
    return "; ".join([said, *beside]) + "."


def name_of(config: Train) -> str:
    """What is trained."""
    if config.system != "noise":
        return SYSTEMS[config.system]
    return label_of(config.parametrization, config.layers)


def file_name(config: Train) -> str:
    """Of the trained model."""
    if config.system != "noise":
        return f"{config.system}_seed{config.seed}.safetensors"
    return f"{config.parametrization}_L{config.layers}_d{config.dim}.safetensors"


def label_of(parametrization: Parametrization, layers: int) -> str:
    """The name of a linear transformer: parametrization and depth."""
    return f"{METHODS[parametrization].label}, {counted(layers, 'layer')}"
