"""Lesson: one prompt, and what each method takes its noise to be (paper 2, sections 4 and 5).

What is said of the prompt is exact. All losses are adjusted, half MSE.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from icl_core.algorithms import Method
from icl_core.algorithms.iterative import IterativeAdaRR
from icl_core.algorithms.ridge import AdaRR, BayesRR, ConstRR, OracleRR
from icl_core.analysis.one_prompt import PromptStory, tell
from icl_core.lessons.choices import text
from icl_core.lessons.families import Family, find_family
from icl_core.lessons.iterations import (
    ITERATIONS,
    NOTHING,
    Iterations,
    iterations_figure,
    iterations_of,
    iterations_said,
    layers_said,
)
from icl_core.lessons.noise_and_depth import highest_sigma
from icl_core.lessons.words import short
from icl_core.live import Grid, Quantity, Slider, View
from icl_core.live.curves import curve_grid
from icl_core.plots import prompts as plots
from icl_core.plots.drawing import Curve, level
from icl_core.plots.style import METHODS
from icl_core.tasks.linear import LinearTask
from icl_core.validation import Config, Reach, integer, number
from icl_core.zoo.library import load_entry

NODES = 65
"""Noise levels between which a drag is drawn."""


@dataclass(frozen=True, kw_only=True)
class OnePrompt(Config):
    """Choices of the lesson: the prompt (seed) of a task, its noise level, the models' depth."""

    task: str = "uniform5_d10_n20"
    seed: int = 7
    sigma: float = 2.0
    layers: int = 7

    def __post_init__(self) -> None:
        self._set(
            task=text("The task", self.task),
            seed=integer("The number of the prompt", self.seed, "seed"),
            sigma=number("The noise level sigma", self.sigma, "sigma"),
            layers=integer("The number of layers L", self.layers, "num_layers"),
        )


PRESETS: dict[str, OnePrompt] = {
    "A prompt of medium noise": OnePrompt(),
    "Almost no noise": OnePrompt(sigma=0.25),
    "Much noise": OnePrompt(sigma=5.0),
    "Two layers": OnePrompt(layers=2),
    "Noise is 1 or 3": OnePrompt(task="categorical1-3_d10_n20", sigma=3.0),
    "A prompt that misleads": OnePrompt(seed=19, sigma=3.0),
}
"""Named states of the lesson; the first is its default."""


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
    """The prompt at NODES noise levels, and last at the one chosen."""
    family = find_family(config.task)
    nodes = np.linspace(0, highest_sigma(family.task), NODES)
    return tell(
        methods_of(family, config.layers), family.task, config.seed, np.append(nodes, config.sigma)
    )


def drawn_sigma(task: LinearTask, u: float) -> float:
    """The noise level at a share u of the law, to two decimals."""
    return round(float(task.noise.quantile(np.asarray(u))), 2)


def methods_of(family: Family, layers: int) -> dict[str, Method]:
    """Ridge regressions, AdaRR by gradient descent, and the models of that depth."""
    task = family.task
    found: dict[str, Method] = {
        "const_rr": ConstRR.of(task),
        "bayes_rr": BayesRR(noise=task.noise),
        "oracle_rr": OracleRR(),
    }
    if task.num_context > task.dim:
        found |= {"ada_rr": AdaRR(), "iterative_rr": IterativeAdaRR(steps=ITERATIONS)}
    for kind, models in family.entries.items():
        if layers in models:
            found[kind] = load_entry(models[layers]).model
    return {name: found[name] for name in METHODS if name in found}


def row_curves(story: PromptStory, index: int) -> plots.Readings:
    """What the upper figure shows at one row of the story."""
    ends = highest_sigma(story.task)
    implied = {
        name: float(min(np.sqrt(found.strength[index]), ends))
        for name, found in story.implied.items()
        if name in READ
    }
    return plots.Readings(
        sigma=float(story.sigmas[index]),
        levels=story.levels,
        posterior=story.posterior[index],
        continuous=story.continuous,
        readings=implied,
    )


READ = ("const_rr", "ada_rr", "bayes_rr", "gdpp", "diag", "full")
"""Methods whose ridge strength is of interest."""


def noise_view(config: OnePrompt, shown: Shown) -> View:
    """The posterior over the noise level, and the level each method works with."""
    story = shown.story
    figure = plots.noise_readings(row_curves(story, story.chosen), end=highest_sigma(story.task))
    values = [row_curves(story, index).values() for index in range(NODES)]
    quantities = [
        Quantity(trace=uid, field=field, values=np.stack([value[uid, field] for value in values]))
        for uid, field in values[0]
    ]
    return View(
        figure=figure,
        title="How noisy is this prompt?",
        caption="Filled: what the examples say about σ, given the noise law (Bayes). Marks: the "
        "σ whose ridge regression comes nearest to the weights that a method ends with; the dotted "
        "line is the truth.",
        controls=[_slider(config, story)],
        grid=Grid(axes={"sigma": story.sigmas[:NODES]}, quantities=quantities),
    )


def _slider(config: OnePrompt, story: PromptStory) -> Slider:
    end = highest_sigma(story.task)
    return Slider(
        name="sigma",
        label="Noise level σ",
        minimum=0.0,
        maximum=end,
        step=end / 128,
        value=config.sigma,
        format=".2f",
    )


def weights_view(config: OnePrompt, shown: Shown) -> View:
    """The weights that every method ends with, coordinate by coordinate."""
    story = shown.story

    def ends(index: int) -> dict[str, np.ndarray]:
        return {name: path[-1, index] for name, path in story.paths.items() if name in ENDS}

    seen = [story.w, *ends(story.chosen).values()]
    limit = 1.15 * max(float(np.abs(w).max()) for w in seen)
    quantities = [
        Quantity(trace=name, field="y", values=np.stack([ends(i)[name] for i in range(NODES)]))
        for name in ends(0)
    ]
    return View(
        figure=plots.final_weights(story.w, ends(story.chosen), limit=limit),
        title="The weights each method ends with",
        controls=[_slider(config, story)],
        grid=Grid(axes={"sigma": story.sigmas[:NODES]}, quantities=quantities),
    )


ENDS = ("oracle_rr", *READ)
"""Methods whose final weights are shown."""


def step_curves(config: OnePrompt, story: PromptStory, index: int) -> list[Curve]:
    """Loss of the prompt after each layer or iteration, from the first on."""
    found = []
    ends = (0.9, ITERATIONS * 1.1)
    for name, losses in story.losses.items():
        if name == "oracle_rr":
            continue
        if len(losses) == 2:
            found.append(level(name, float(losses[-1, index]), ends))
            continue
        last = ITERATIONS if name == "iterative_rr" else config.layers
        y = losses[1 : last + 1, index]
        found.append(Curve(method=name, x=np.arange(1, last + 1), y=y, markers=last < ITERATIONS))
    return found


def steps_view(config: OnePrompt, shown: Shown) -> View:
    """Layers beside iterations, on this prompt."""
    story = shown.story
    seen = np.concatenate([loss[1:].ravel() for loss in story.losses.values()])
    top = min(float(np.nanmax(seen[np.isfinite(seen)])), plots.TOP)
    return View(
        figure=plots.loss_by_iteration(
            step_curves(config, story, story.chosen),
            name="prompt_by_step",
            title="This prompt, step by step",
            y_range=(top * 1e-6, top * 1.5),
        ),
        caption="The distance from ridge regression that is told σ, exactly. One layer, or one "
        "iteration of AdaRR by gradient descent (with the best step sizes for this prompt).",
        controls=[_slider(config, story)],
        grid=curve_grid(
            {"sigma": story.sigmas[:NODES]}, lambda i: step_curves(config, story, i[0])
        ),
    )


def iterations_view(config: OnePrompt, shown: Shown) -> View:
    return View(
        figure=iterations_figure(shown.iterations),
        caption=iterations_said(shown.iterations, config.layers),
    )


def rows(story: PromptStory) -> list[dict[str, str | float]]:
    """A line a method: what it takes sigma to be, how far it is from a ridge regression of that
    strength and from the one that is told sigma (half MSE, exact)."""
    at = story.chosen
    return [
        {
            "method": METHODS[name].label,
            "acts for σ": float(np.sqrt(story.implied[name].strength[at])),
            "distance": _exact(story.implied[name].distance[at]),
            "loss": _exact(story.losses[name][-1, at]),
        }
        for name in story.paths
    ]


def _exact(loss: float) -> float:
    """Without rounding."""
    return float(loss) if loss > NOTHING else 0.0


def finding(config: OnePrompt, story: PromptStory) -> str:
    """What is thought of this prompt's noise, in one sentence."""
    at = story.chosen
    said = f"The noise of this prompt has σ = **{story.sigmas[at]:.3g}**."
    guesses = []
    if np.isfinite(story.residual[at]):
        guesses.append(f"the residuals of least squares say {story.residual[at]:.2f}")
    guesses.append(f"the Bayes posterior peaks at {story.levels[story.posterior[at].argmax()]:.2f}")
    best = next((kind for kind in ("full", "diag", "gdpp") if kind in story.implied), None)
    if best:
        found = story.implied[best]
        guesses.append(
            f"{METHODS[best].label} with {layers_said(config.layers)} ends nearest to the ridge "
            f"regression for **{np.sqrt(found.strength[at]):.2f}**, "
            f"{short(found.distance[at], 2)} away from it"
        )
    told = "; ".join(guesses)
    return f"{said} {told[:1].upper()}{told[1:]}. (Exact for this prompt.)"


VIEWS: Mapping[str, Callable[[OnePrompt, Shown], View]] = {
    "noise": noise_view,
    "weights": weights_view,
    "steps": steps_view,
    "iterations": iterations_view,
}
"""What the lesson shows, by name."""
