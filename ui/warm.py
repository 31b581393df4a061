"""Work done beforehand on a server that has just started, so that first visitors need not wait.

A daemon thread fills the caches behind the default states first, and then, with pauses, what the
sliders can ask for. It computes what the pages would compute, and only earlier.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain

import streamlit as st

from icl_core.errors import InputError
from icl_core.lessons import algorithm
from icl_core.lessons.gdpp_spectrum.config import (
    CONDITIONS,
    CONTEXTS,
    DIMENSIONS,
    INPUTS,
    GdppSpectrum,
)
from icl_core.lessons.gdpp_spectrum.measure import best_of, loss_gamma, survey_of
from icl_core.lessons.gdpp_spectrum.views import passage_grid
from icl_core.lessons.noise_and_depth.config import CONTEXTS as SHIFTS
from icl_core.lessons.noise_and_depth.config import DIMENSIONS as SIZES
from icl_core.lessons.noise_and_depth.config import NoiseAndDepth
from icl_core.lessons.one_prompt.config import PRESETS as ONE_PROMPT_PRESETS
from icl_core.lessons.one_prompt.config import OnePrompt
from icl_core.lessons.paper_figures.config import EXHIBITS, FAR_DEPTHS, PaperFigures
from icl_core.lessons.shared.shipped import Family
from icl_core.lessons.theory.config import LEVELS
from icl_core.lessons.weights.config import PRESETS as WEIGHTS_PRESETS
from icl_core.lessons.weights.config import Weights
from icl_core.lessons.weights.spread import omega_figure
from icl_core.lessons.weights.theory import theory
from icl_core.lessons.weights.views import STUDY_VIEWS
from icl_core.lessons.weights.views import VIEWS as WEIGHTS_VIEWS
from icl_core.tasks.inputs import InputLaw
from ui.calls import (
    adarr_iterations,
    algorithm_depths,
    hessians,
    noise_losses,
    opened_model,
    paper_material,
    prompt_story,
    shipped_families,
    squares,
    trained_gammas,
    trained_pair,
    two_noise_limit,
    weights_story,
    zoo_claims,
)
from ui.calls import spectra as spectra_of

LOG = logging.getLogger("icl.warm")
PAUSE = 0.5
"""Seconds between two pieces of work: visitors come first."""


def plan() -> Iterator[Callable[[], object]]:
    """The pieces of work, the most urgent first."""
    return chain(defaults(), presets(), switches(), shifts(), exhibits(), spectra(), dimensions())


def defaults() -> Iterator[Callable[[], object]]:
    """What the pages show first, of every task."""
    spectrum, noise, weights = GdppSpectrum(), NoiseAndDepth(), Weights()
    yield lambda: passage_grid(spectra_of(spectrum).hessians, spectrum.prompt)
    yield lambda: omega_figure(weights_story(weights.task, weights.parametrization, weights.layers))
    yield zoo_claims
    for levels in LEVELS:
        yield lambda levels=levels: two_noise_limit(levels)
    yield squares
    yield trained_pair
    yield lambda: _algorithm(algorithm.Algorithm())
    yield lambda: prompt_story(OnePrompt())
    for name, family in shipped_families().items():
        task = family.task
        kind, depths = next(iter(family.entries.items()))
        shallow = name, kind, next(iter(depths))
        yield lambda task=task: trained_gammas(task.dim, task.num_context, task.inputs)
        yield lambda shallow=shallow: theory(weights_story(*shallow))
        yield partial(noise_losses, noise.replace(task=name))
        yield lambda name=name: adarr_iterations(name)


def presets() -> Iterator[Callable[[], object]]:
    """What is slow to make of the links to named states: all models aligned to each other, say."""
    for weights in WEIGHTS_PRESETS.values():
        yield partial(_weights, weights)
    for algorithms in algorithm.PRESETS.values():
        yield partial(_algorithm, algorithms)
    for prompt in ONE_PROMPT_PRESETS.values():
        yield partial(prompt_story, prompt)
    for task in shipped_families():
        yield partial(prompt_story, OnePrompt(task=task))


def switches() -> Iterator[Callable[[], object]]:
    """The default model of the page on algorithms: its other numbers, and the models that are one
    choice away."""
    config = algorithm.Algorithm()
    for omega in algorithm.OMEGAS:
        yield partial(_switch, config.replace(omega=omega))
    for layers in algorithm_depths(config.task)[config.model]:
        yield partial(_algorithm, config.replace(layers=layers))
    for task in shipped_families():
        for kind, found in algorithm_depths(task).items():
            if config.layers in found and (task == config.task or kind == config.model):
                yield partial(_algorithm, config.replace(task=task, model=kind))


def shifts() -> Iterator[Callable[[], object]]:
    """Other context lengths and dimensions than those of training."""
    for name, family in shipped_families().items():
        yield from _shifted(NoiseAndDepth().replace(task=name), family)


def exhibits() -> Iterator[Callable[[], object]]:
    """The paper's figures."""
    for layers in FAR_DEPTHS:
        yield lambda layers=layers: paper_material(PaperFigures(exhibit="7", layers=layers))
    for exhibit in EXHIBITS:
        yield lambda exhibit=exhibit: paper_material(PaperFigures(exhibit=exhibit))


def spectra() -> Iterator[Callable[[], object]]:
    """Hessians of every size and input law on offer."""
    default = GdppSpectrum(inputs="stretched")
    for condition in CONDITIONS:
        law = default.replace(condition=condition).law
        yield partial(_hessians, default.dim, default.num_context, law)
    for inputs in INPUTS:
        for dim in DIMENSIONS:
            for n in CONTEXTS:
                yield partial(_hessians, dim, n, GdppSpectrum(inputs=inputs).law)


def _hessians(dim: int, num_context: int, law: InputLaw) -> None:
    """With what the page asks first about them."""
    found = hessians(dim, num_context, law)
    survey_of(found)
    best_of(found, 1)
    loss_gamma(found)


def dimensions() -> Iterator[Callable[[], object]]:
    """Other dimensions of the tasks that are not the default, at the page's own depth."""
    for name, family in shipped_families().items():
        if name != NoiseAndDepth().task:
            for dim in SIZES:
                if dim != family.task.dim:
                    yield partial(noise_losses, NoiseAndDepth(task=name, dim=dim))


def _shifted(config: NoiseAndDepth, family: Family) -> Iterator[Callable[[], object]]:
    """Other context lengths, and for the default task other dimensions: at the page's own depth,
    which is most of the work for every depth, and at the deepest."""
    own = [config.replace(num_context=n) for n in SHIFTS if n != family.task.num_context]
    if config.task == NoiseAndDepth().task:
        own += [config.replace(dim=dim) for dim in SIZES if dim != family.task.dim]
    for shift in own:
        for layers in (config.layers, family.depths[-1]):
            if layers in family.depths:
                yield partial(noise_losses, shift.replace(layers=layers))


def _weights(config: Weights) -> None:
    """A state of the page on weights."""
    story = weights_story(
        config.task, config.parametrization, config.layers, config.heads, config.seed
    )
    for name in STUDY_VIEWS[config.study]:
        WEIGHTS_VIEWS[name](config, story)


def _switch(config: algorithm.Algorithm) -> None:
    """One number of a model, scaled."""
    opened = opened_model(config.task, config.model, config.layers)
    algorithm.VIEWS["switches"](config, opened)


def _algorithm(config: algorithm.Algorithm) -> None:
    """A state of the page on a model's algorithm."""
    opened = opened_model(config.task, config.model, config.layers)
    algorithm.finding(opened)
    for view in algorithm.VIEWS.values():
        view(config, opened)


def _work() -> None:
    try:
        for call in plan():
            call()
            time.sleep(PAUSE)
    except InputError as error:
        LOG.warning("Nothing to prepare: %s", error)
    except Exception:
        LOG.exception("Preparing failed; pages compute what they need when they need it")


@st.cache_resource(max_entries=1, show_spinner=False)
def start_warming() -> None:
    """Once a server."""
    threading.Thread(target=_work, name="warming", daemon=True).start()
