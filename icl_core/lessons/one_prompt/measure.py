"""What every method makes of the prompt at a noise level."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from icl_core.algorithms import Method
from icl_core.algorithms.iterative import IterativeAdaRR
from icl_core.algorithms.ridge import OracleRR, baselines
from icl_core.analysis.one_prompt import PromptStory, tell
from icl_core.lessons.one_prompt.config import OnePrompt
from icl_core.lessons.one_prompt.iterations import ITERATIONS, Iterations, iterations_of
from icl_core.lessons.shared.beside import beside_of
from icl_core.lessons.shared.losses import BESIDE, highest_sigma
from icl_core.lessons.shared.shipped import Family, families, find_family
from icl_core.plots import METHODS
from icl_core.tasks.linear import LinearTask
from icl_core.validation import Reach
from icl_core.zoo.library import load_entry

LEVELS = 9
"""Noise levels by whose losses an axis is chosen."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Shown:
    """What the views show."""

    story: PromptStory
    iterations: Iterations


def sigma_reach(task: LinearTask) -> Reach:
    """Noise a little beyond that of training."""
    return Reach("Noise level σ", 0.0, highest_sigma(task))


def reach(config: OnePrompt, shown: Shown) -> dict[str, Reach]:
    """Of the noise level."""
    return {"sigma": sigma_reach(shown.story.task)}


def measure(config: OnePrompt) -> Shown:
    """What the views show."""
    return Shown(story=story_of(config), iterations=iterations_of(config.task))


def story_of(config: OnePrompt) -> PromptStory:
    """The prompt at LEVELS noise levels, and last at the one chosen."""
    family = find_family(config.task)
    levels = np.linspace(0, highest_sigma(family.task), LEVELS)
    methods = methods_of(family, config.layers)
    if config.beside:
        methods[BESIDE] = beside_of(config.beside, family.task.dim).method
    return tell(methods, family.task, config.seed, np.append(levels, config.sigma))


def drawn_sigma(task: LinearTask, u: float) -> float:
    """The noise level at a share u of the law, to two decimals."""
    return round(float(task.noise.quantile(np.asarray(u))), 2)


def methods_of(family: Family, layers: int) -> dict[str, Method]:
    """Ridge regressions, AdaRR by gradient descent, and the models of that depth."""
    task = family.task
    found: dict[str, Method] = {**baselines(task), "oracle_rr": OracleRR()}
    if task.num_context > task.dim:
        found["iterative_rr"] = IterativeAdaRR(steps=ITERATIONS)
    for kind, models in family.entries.items():
        if layers in models:
            found[kind] = load_entry(models[layers], family.folder).model
    return {name: found[name] for name in METHODS if name in found}


def prepare() -> Iterator[tuple[OnePrompt, tuple[str, ...]]]:
    """The default prompt of every task."""
    yield from ((OnePrompt(task=task), ()) for task in families())
