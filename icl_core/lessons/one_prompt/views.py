"""The noise that each method reads, its weights, and its steps."""

from collections.abc import Callable, Mapping

import numpy as np

from icl_core.analysis.one_prompt import PromptStory
from icl_core.lessons.one_prompt import figures as plots
from icl_core.lessons.one_prompt.config import OnePrompt
from icl_core.lessons.one_prompt.iterations import ITERATIONS, iterations_view
from icl_core.lessons.one_prompt.measure import NODES, Shown
from icl_core.lessons.shared.losses import BESIDE, highest_sigma
from icl_core.live import Slider, View
from icl_core.live.moving import curve_grid, grid_at
from icl_core.plots import Curve, level
from icl_core.plots.losses import TOP


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


READ = ("const_rr", "ada_rr", "bayes_rr", "gdpp", "diag", "full", BESIDE)
"""Methods whose ridge strength is of interest."""


def noise_view(config: OnePrompt, shown: Shown) -> View:
    """The posterior over the noise level, and the level each method works with."""
    story = shown.story
    figure = plots.noise_readings(row_curves(story, story.chosen), end=highest_sigma(story.task))
    return View(
        figure=figure,
        title="How noisy is this prompt?",
        caption="Filled: what the examples say about σ, given the noise law (Bayes). Marks: the "
        "σ whose ridge regression comes nearest to the weights that a method ends with; the dotted "
        "line is the truth.",
        controls=[_slider(config, story)],
        grid=grid_at({"sigma": story.sigmas[:NODES]}, lambda i: row_curves(story, *i).values()),
    )


def _slider(config: OnePrompt, story: PromptStory) -> Slider:
    end = highest_sigma(story.task)
    return Slider(
        "sigma", "Noise level σ", 0.0, end, step=end / 128, value=config.sigma, format=".2f"
    )


def weights_view(config: OnePrompt, shown: Shown) -> View:
    """The weights that every method ends with, coordinate by coordinate."""
    story = shown.story

    def ends(index: int) -> dict[str, np.ndarray]:
        return {name: path[-1, index] for name, path in story.paths.items() if name in ENDS}

    seen = [story.w, *ends(story.chosen).values()]
    limit = 1.15 * max(float(np.abs(w).max()) for w in seen)
    return View(
        figure=plots.final_weights(story.w, ends(story.chosen), limit=limit),
        title="The weights each method ends with",
        controls=[_slider(config, story)],
        grid=grid_at(
            {"sigma": story.sigmas[:NODES]},
            lambda i: {(name, "y"): w for name, w in ends(*i).items()},
        ),
    )


ENDS = ("oracle_rr", *READ)
"""Methods whose final weights are shown."""


def step_curves(story: PromptStory, index: int) -> list[Curve]:
    """Loss of the prompt after each layer or iteration, from the first on."""
    found = []
    ends = (0.9, ITERATIONS * 1.1)
    for name, losses in story.losses.items():
        if name == "oracle_rr":
            continue
        if len(losses) == 2:
            found.append(level(name, float(losses[-1, index]), ends))
            continue
        x, y = np.arange(1, len(losses)), losses[1:, index]
        found.append(Curve(method=name, x=x, y=y, markers=len(y) < ITERATIONS))
    return found


def steps_view(config: OnePrompt, shown: Shown) -> View:
    """Layers beside iterations, on this prompt."""
    story = shown.story
    seen = np.concatenate([loss[1:].ravel() for loss in story.losses.values()])
    top = min(float(np.nanmax(seen[np.isfinite(seen)])), TOP)
    return View(
        figure=plots.loss_by_iteration(
            step_curves(story, story.chosen),
            name="prompt_by_step",
            title="This prompt, step by step",
            y_range=(top * 1e-6, top * 1.5),
        ),
        caption="The distance from ridge regression that is told σ, exactly. One layer, or one "
        "iteration of AdaRR by gradient descent (with the best step sizes for this prompt).",
        controls=[_slider(config, story)],
        grid=curve_grid({"sigma": story.sigmas[:NODES]}, lambda i: step_curves(story, i[0])),
    )


VIEWS: Mapping[str, Callable[[OnePrompt, Shown], View]] = {
    "noise": noise_view,
    "weights": weights_view,
    "steps": steps_view,
    "iterations": lambda config, shown: iterations_view(config.layers, shown.iterations),
}
"""What the lesson shows, by name."""
