"""The noise that each method reads, its weights, and its steps."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from icl_core.analysis.implied import STRENGTHS
from icl_core.analysis.one_prompt import PromptStory, noise_nodes
from icl_core.lessons.one_prompt import figures as plots
from icl_core.lessons.one_prompt.config import OnePrompt
from icl_core.lessons.one_prompt.iterations import ITERATIONS, NOTHING, iterations_view
from icl_core.lessons.one_prompt.measure import Shown
from icl_core.lessons.one_prompt.words import finding, template
from icl_core.lessons.shared.engines import scaled_prompt, told
from icl_core.lessons.shared.losses import BESIDE, highest_sigma
from icl_core.live import Engine, Slider, View
from icl_core.plots import Curve, level
from icl_core.plots.losses import TOP


def readings_of(story: PromptStory) -> plots.Readings:
    """What the upper figure shows."""
    ends, index = highest_sigma(story.task), story.chosen
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
    nodes, prior = noise_nodes(story.task.noise)
    figure = plots.noise_readings(readings_of(story), end=highest_sigma(story.task))
    return View(
        figure=figure,
        title="How noisy is this prompt?",
        caption="Filled: what the examples say about σ, given the noise law (Bayes). Marks: the "
        "σ whose ridge regression comes nearest to the weights that a method ends with; the dotted "
        "line is the truth.",
        controls=[_slider(config, story)],
        engine=_engine(
            story,
            "noise",
            READ,
            nodes=nodes,
            prior=prior,
            continuous=story.continuous,
            end=highest_sigma(story.task),
            strengths=STRENGTHS,
            nothing=NOTHING,
            words=template(config, story),
        ),
        said=finding(config, shown),
    )


def _engine(story: PromptStory, shows: str, names: Sequence[str], **more: Any) -> Engine | None:
    """Computes what a chart shows of methods, if the page can hold all that it takes."""
    methods = [
        {"name": name, **told(method, story.task)}
        for name, method in story.methods.items()
        if name in names
    ]
    prompt = scaled_prompt(story.task, story.seed)
    constants = {"shows": shows, "prompt": prompt, "methods": methods, **more}
    engine = Engine(name="one_prompt", reads=("sigma",), constants=constants)
    return engine if engine.fits else None


def _slider(config: OnePrompt, story: PromptStory) -> Slider:
    end = highest_sigma(story.task)
    return Slider(
        "sigma", "Noise level σ", 0.0, end, step=end / 128, value=config.sigma, format=".2f"
    )


def weights_view(config: OnePrompt, shown: Shown) -> View:
    """The weights that every method ends with, coordinate by coordinate."""
    story = shown.story

    ends = {name: path[-1, story.chosen] for name, path in story.paths.items() if name in ENDS}
    limit = 1.15 * max(float(np.abs(w).max()) for w in (story.w, *ends.values()))
    return View(
        figure=plots.final_weights(story.w, ends, limit=limit),
        title="The weights each method ends with",
        controls=[_slider(config, story)],
        engine=_engine(story, "weights", ENDS),
    )


ENDS = ("oracle_rr", *READ)
"""Methods whose final weights are shown."""


def step_curves(story: PromptStory) -> list[Curve]:
    """Loss of the prompt after each layer or iteration, from the first on."""
    found = []
    ends = (0.9, ITERATIONS * 1.1)
    for name, losses in story.losses.items():
        if name == "oracle_rr":
            continue
        if len(losses) == 2:
            found.append(level(name, float(losses[-1, story.chosen]), ends))
            continue
        x, y = np.arange(1, len(losses)), losses[1:, story.chosen]
        found.append(Curve(method=name, x=x, y=y, markers=len(y) < ITERATIONS))
    return found


def steps_view(config: OnePrompt, shown: Shown) -> View:
    """Layers beside iterations, on this prompt."""
    story = shown.story
    seen = np.concatenate([loss[1:].ravel() for loss in story.losses.values()])
    top = min(float(np.nanmax(seen[np.isfinite(seen)])), TOP)
    return View(
        figure=plots.loss_by_iteration(
            step_curves(story),
            name="prompt_by_step",
            title="This prompt, step by step",
            y_range=(top * 1e-6, top * 1.5),
        ),
        caption="The distance from ridge regression that is told σ, exactly. One layer, or one "
        "iteration of AdaRR by gradient descent (with the best step sizes for this prompt).",
        controls=[_slider(config, story)],
        engine=_engine(story, "steps", [name for name in story.methods if name != "oracle_rr"]),
    )


VIEWS: Mapping[str, Callable[[OnePrompt, Shown], View]] = {
    "noise": noise_view,
    "weights": weights_view,
    "steps": steps_view,
    "iterations": lambda config, shown: iterations_view(config.layers, shown.iterations),
}
"""What the lesson shows, by name."""
