"""Cached calls into the engine: each with a bound on what it keeps."""

import streamlit as st

from icl_core.analysis.one_prompt import PromptStory
from icl_core.analysis.squares import Squares
from icl_core.analysis.two_noise import TwoNoiseLimit
from icl_core.experiments.mixed_noise.claims import Claim, claims
from icl_core.experiments.mixed_noise.table import Results, results
from icl_core.lessons import (
    algorithm,
    construction,
    one_layer,
    one_prompt,
    paper_figures,
    several_layers,
    theory,
    variations,
    weights,
)
from icl_core.lessons import gdpp_spectrum as spectrum
from icl_core.lessons.models.cards import Card, read_card
from icl_core.lessons.noise_and_depth.config import NoiseAndDepth
from icl_core.lessons.one_prompt import iterations
from icl_core.lessons.shared import losses
from icl_core.lessons.shared.shipped import Family, Kin, families, relatives
from icl_core.tasks.inputs import InputLaw
from icl_core.zoo.library import Entry


@st.cache_data(max_entries=4, ttl=60, show_spinner=False)
def shipped_families() -> dict[str, Family]:
    """The shipped models by task. Read again every minute: `make zoo` may run beside the app."""
    return families()


def noise_losses(config: NoiseAndDepth) -> losses.Losses:
    """See `losses.measure`; one entry serves all depths but at a shifted context."""
    shifted = config.num_context is not None or config.dim is not None
    layers = config.layers if shifted else 1
    return _noise_losses(config.task, config.num_context, layers, config.dim)


@st.cache_resource(max_entries=512, show_spinner=False)
def _noise_losses(
    task: str, num_context: int | None, layers: int, dim: int | None
) -> losses.Losses:
    return losses.measure(task, num_context, layers, dim)


@st.cache_data(max_entries=32, show_spinner=False)
def adarr_iterations(task: str) -> iterations.Iterations:
    """See `iterations.iterations_of`."""
    return iterations.iterations_of(task)


# Resources are shared and not copied: grids are computed once for each of these objects.


@st.cache_resource(max_entries=32, show_spinner=False)
def weights_story(
    task: str, parametrization: str, layers: int, heads: int = 1, seed: int = 0
) -> weights.Story:
    """See `weights.read`."""
    return weights.read(task, parametrization, layers, heads, seed)


@st.cache_data(max_entries=16, ttl=60, show_spinner=False)
def shipped_kin(task: str) -> dict[int, list[Kin]]:
    """What is shipped for a task, by depth. Read again every minute, as `shipped_families`."""
    return {depth: list(kin) for depth, kin in relatives(task).items()}


@st.cache_resource(max_entries=32, show_spinner=False)
def opened_model(task: str, kind: str, layers: int) -> algorithm.Opened:
    """See `algorithm.read`."""
    return algorithm.read(task, kind, layers)


@st.cache_data(max_entries=32, ttl=60, show_spinner=False)
def algorithm_depths(task: str) -> dict[str, dict[int, Entry]]:
    """See `algorithm.depths`."""
    return algorithm.depths(task)


def spectra(config: spectrum.GdppSpectrum) -> spectrum.Spectra:
    """See `spectrum.measure`; one entry serves all that is shown of a size."""
    return _spectra(config.dim, config.num_context, config.law)


@st.cache_resource(max_entries=64, ttl=60, show_spinner=False)
def _spectra(dim: int, num_context: int, inputs: InputLaw) -> spectrum.Spectra:
    return spectrum.Spectra(
        hessians=hessians(dim, num_context, inputs),
        sizes={n: hessians(dim, n, inputs) for n in spectrum.SIZES},
        trained=trained_gammas(dim, num_context, inputs),
    )


@st.cache_resource(max_entries=256, show_spinner=False)
def hessians(dim: int, num_context: int, inputs: InputLaw) -> spectrum.Hessians:
    """See `spectrum.hessians_of`."""
    return spectrum.hessians_of(dim, num_context, inputs)


@st.cache_resource(max_entries=64, show_spinner=False)
def prompt_story(config: one_prompt.OnePrompt) -> PromptStory:
    """See `one_prompt.story_of`."""
    return one_prompt.story_of(config)


def paper_material(config: paper_figures.PaperFigures) -> paper_figures.Material:
    """See `paper_figures.measure`; one entry serves all choices that change only the drawing."""
    layers = config.layers if config.exhibit == "7" else paper_figures.PaperFigures.layers
    return _paper_material(config.replace(layers=layers, published=True))


@st.cache_resource(max_entries=32, show_spinner=False)
def _paper_material(config: paper_figures.PaperFigures) -> paper_figures.Material:
    return paper_figures.measure(config)


@st.cache_resource(max_entries=1, show_spinner=False)
def one_layer_results() -> one_layer.Runs:
    """See `one_layer.read`."""
    return one_layer.read()


@st.cache_resource(max_entries=1, show_spinner=False)
def variation_runs() -> variations.Trainings:
    """See `variations.read`."""
    return variations.read()


@st.cache_resource(max_entries=1, show_spinner=False)
def depth_results() -> several_layers.Runs:
    """See `several_layers.read`."""
    return several_layers.read()


@st.cache_resource(max_entries=64, show_spinner=False)
def construction_run(config: construction.Construction) -> construction.Run:
    """See `construction.measure`."""
    return construction.measure(config)


@st.cache_data(max_entries=16, ttl=60, show_spinner=False)
def trained_gammas(dim: int, num_context: int, inputs: InputLaw) -> tuple[float, ...]:
    """See `spectrum.trained_gammas`."""
    return spectrum.trained_gammas(dim, num_context, inputs)


@st.cache_resource(max_entries=1, ttl=60, show_spinner=False)
def zoo_results() -> Results:
    """See `results`."""
    return results()


@st.cache_resource(max_entries=1, ttl=60, show_spinner=False)
def zoo_claims() -> tuple[Claim, ...]:
    """See `claims`."""
    return claims(zoo_results())


@st.cache_resource(max_entries=32, ttl=600, show_spinner=False)
def model_card(name: str) -> Card:
    """See `read_card`."""
    return read_card(name)


@st.cache_resource(max_entries=8, show_spinner=False)
def two_noise_limit(levels: str) -> TwoNoiseLimit:
    """See `theory.limit_of`."""
    return theory.limit_of(levels)


@st.cache_resource(max_entries=1, show_spinner=False)
def squares() -> Squares:
    """See `theory.squares`."""
    return theory.squares()


@st.cache_resource(max_entries=1, ttl=60, show_spinner=False)
def trained_pair() -> theory.Trained | None:
    """See `theory.trained_pair`."""
    return theory.trained_pair()
