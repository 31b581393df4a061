"""Noise laws: their three descriptions agree, and text and JSON bring them back."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icl_core.errors import InputError
from icl_core.tasks.noise import (
    NUM_NODES,
    CategoricalNoise,
    FixedNoise,
    NoiseLaw,
    UniformNoise,
    format_noise,
    met_in_training,
    noise_from_dict,
    noise_to_dict,
    parse_noise,
    sample_sigma,
)
from tests.cases import assert_close
from tests.hostile import ANY_JSON, assert_one_sentence

LAWS = (
    FixedNoise(value=0),
    FixedNoise(value=1.5),
    UniformNoise(sigma_max=0),
    UniformNoise(sigma_max=5),
    CategoricalNoise(values=(1, 3)),
    CategoricalNoise(values=(3, 0, 1, 1)),
)
each_law = pytest.mark.parametrize("law", LAWS, ids=format_noise)

levels = st.floats(0, 100)
laws = st.one_of(
    levels.map(lambda value: FixedNoise(value=value)),
    levels.map(lambda value: UniformNoise(sigma_max=value)),
    st.lists(levels, min_size=1, max_size=8).map(
        lambda values: CategoricalNoise(values=tuple(values))
    ),
)


@each_law
def test_second_moment_of_samples_nodes_and_law(law: NoiseLaw) -> None:
    """200,000 equally spaced quantiles integrate any law to 1e-4."""
    u = jnp.asarray((np.arange(200_000) + 0.5) / 200_000)
    sigma, weight = law.nodes()
    assert sigma.shape == weight.shape
    assert len(sigma) == (NUM_NODES if isinstance(law, UniformNoise) else len(set(sigma)))
    assert_close(weight.sum(), 1.0)
    assert_close(weight @ sigma**2, law.second_moment)
    assert_close((np.asarray(law.quantile(u)) ** 2).mean(), law.second_moment, 1e-4)


@each_law
def test_what_is_met_in_training_holds_every_sample(law: NoiseLaw) -> None:
    met, levels = met_in_training(law)
    sigma = np.asarray(law.quantile(jnp.linspace(0, 0.999, 1000)))
    assert (met is None) == bool(levels)
    if met is None:
        assert set(levels) == set(sigma.tolist())
        assert levels == tuple(sorted(set(levels)))
    else:
        assert met == (0, law.highest)
        assert ((met[0] <= sigma) & (sigma <= met[1])).all()


@each_law
def test_quantile_is_the_inverse_distribution_function(law: NoiseLaw) -> None:
    """P(sigma <= q(u)) is u up to the step of a discrete law; all values lie in [0, highest]."""
    u = jnp.linspace(0, 1, 1001)
    sigma = np.asarray(law.quantile(u))
    assert sigma.min() >= 0
    assert sigma.max() <= law.highest
    drawn = np.asarray(sample_sigma(law, jax.random.key(0), (1000,)))
    if isinstance(law, UniformNoise):
        assert_close(sigma, u * law.sigma_max)
    else:
        assert (
            set(sigma.tolist())
            == set(drawn.tolist())
            == {float(level) for level in getattr(law, "values", (law.highest,))}
        )


@each_law
def test_quantile_keeps_the_type(law: NoiseLaw) -> None:
    for dtype in (jnp.float32, jnp.float64):
        assert law.quantile(jnp.zeros(3, dtype)).dtype == dtype


def test_samples_of_a_categorical_law_are_even() -> None:
    """10,000 draws: each of two values within 5 standard errors (250) of half."""
    sigma = sample_sigma(CategoricalNoise(values=(1, 3)), jax.random.key(0), (10_000,))
    assert abs(int((sigma == 1).sum()) - 5000) < 250


@given(laws)
def test_text_round_trip_is_exact(law: NoiseLaw) -> None:
    assert parse_noise(format_noise(law)) == law


@given(laws)
def test_json_round_trip_is_exact(law: NoiseLaw) -> None:
    again = noise_from_dict(json.loads(json.dumps(noise_to_dict(law))))
    assert again == law
    assert hash(again) == hash(law)


@pytest.mark.parametrize(
    ("text", "law"),
    [
        ("fixed:0.5", FixedNoise(value=0.5)),
        ("uniform:5", UniformNoise(sigma_max=5)),
        ("categorical:1,3", CategoricalNoise(values=(1, 3))),
        ("categorical:2", CategoricalNoise(values=(2,))),
    ],
)
def test_text(text: str, law: NoiseLaw) -> None:
    assert parse_noise(text) == law
    assert format_noise(law) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "uniform",
        "uniform:",
        ":5",
        "Uniform:5",
        "gamma:2",
        "uniform:5,6",
        "fixed:1,2",
        "uniform:nan",
        "uniform:inf",
        "uniform:-1",
        "uniform:101",
        "uniform:1e400",
        "uniform:five",
        "categorical:1,,3",
        "categorical:1,nan",
        "categorical:" + ",".join(["1"] * (NUM_NODES + 1)),
        "uniform:5:6",
        "uniform:" + "9" * 100_000,
        None,
        5,
    ],
    ids=lambda text: repr(text)[:30],
)
def test_bad_text(text: object) -> None:
    with pytest.raises(InputError) as caught:
        parse_noise(text)
    assert_one_sentence(caught.value)


@given(st.text())
def test_any_text_is_a_law_or_one_sentence(text: str) -> None:
    for candidate in (text, f"uniform:{text}", f"categorical:1,{text}"):
        try:
            parse_noise(candidate)
        except InputError as error:
            assert_one_sentence(error)


@given(ANY_JSON, st.sampled_from(["fixed", "uniform", "categorical"]))
def test_any_json_is_a_law_or_one_sentence(values: object, kind: str) -> None:
    entry = {"fixed": "value", "uniform": "sigma_max", "categorical": "values"}[kind]
    for candidate in (values, {"kind": values}, {"kind": kind, entry: values}):
        try:
            noise_from_dict(candidate)
        except InputError as error:
            assert_one_sentence(error)
