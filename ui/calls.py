"""Cached calls into the engine: each with a bound on what it keeps."""

import streamlit as st

from icl_core.lessons import construction, losses, one_layer_runs, spectrum, weights
from icl_core.lessons.families import Family, families
from icl_core.lessons.model_cards import Card, read_card
from icl_core.lessons.noise_and_depth import NoiseAndDepth
from icl_core.zoo.table import Results, results


@st.cache_data(max_entries=4, ttl=60, show_spinner=False)
def shipped_families() -> dict[str, Family]:
    """The shipped models by task. Read again every minute: `make zoo` may run beside the app."""
    return families()


def noise_losses(config: NoiseAndDepth) -> losses.Losses:
    """See `losses.measure`; one entry serves all depths but at a shifted context."""
    shifted = config.num_context is not None
    return _noise_losses(config.task, config.num_context, config.layers if shifted else 1)


@st.cache_data(max_entries=256, show_spinner=False)
def _noise_losses(task: str, num_context: int | None, layers: int) -> losses.Losses:
    return losses.measure(task, num_context, layers)


# Resources are shared and not copied: grids are computed once for each of these objects.


@st.cache_resource(max_entries=32, show_spinner=False)
def weights_story(task: str, parametrization: str, layers: int) -> weights.Story:
    """See `weights.read`."""
    return weights.read(task, parametrization, layers)


def spectra(config: spectrum.Spectrum) -> spectrum.Spectra:
    """See `spectrum.measure`."""
    size = config.dim, config.num_context
    return spectrum.Spectra(hessians=hessians(*size), trained=trained_gammas(*size))


@st.cache_resource(max_entries=128, show_spinner=False)
def hessians(dim: int, num_context: int) -> spectrum.Hessians:
    """See `spectrum.hessians_of`."""
    return spectrum.hessians_of(dim, num_context)


@st.cache_resource(max_entries=1, show_spinner=False)
def one_layer_results() -> one_layer_runs.Runs:
    """See `one_layer_runs.read`."""
    return one_layer_runs.read()


@st.cache_resource(max_entries=64, show_spinner=False)
def construction_run(config: construction.Construction) -> construction.Run:
    """See `construction.measure`."""
    return construction.measure(config)


@st.cache_data(max_entries=16, ttl=60, show_spinner=False)
def trained_gammas(dim: int, num_context: int) -> tuple[float, ...]:
    """See `spectrum.trained_gammas`."""
    return spectrum.trained_gammas(dim, num_context)


@st.cache_resource(max_entries=1, ttl=60, show_spinner=False)
def zoo_results() -> Results:
    """See `results`."""
    return results()


@st.cache_resource(max_entries=32, ttl=600, show_spinner=False)
def model_card(name: str) -> Card:
    """See `read_card`."""
    return read_card(name)
