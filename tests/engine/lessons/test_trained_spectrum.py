"""What trained layers do to the spectrum: the lesson's numbers against routes of their own."""

from typing import Any

import numpy as np
import pytest

from icl_core.algorithms.ridge import OracleRR
from icl_core.analysis.spectrum import transform
from icl_core.errors import InputError
from icl_core.lessons import gdpp_spectrum as lesson
from icl_core.lessons.catalog import LESSONS
from icl_core.lessons.gdpp_spectrum import passes
from icl_core.lessons.gdpp_spectrum.config import DRAWN, MANY, GdppSpectrum
from icl_core.lessons.gdpp_spectrum.figures.layers import HALF, half_axes
from icl_core.lessons.gdpp_spectrum.trained import (
    Trained,
    read,
    trained_of,
    trained_reach,
)
from icl_core.lessons.shared.coordinates import omega_values
from icl_core.lessons.shared.shipped import Kin, models_of
from icl_core.live import READOUT
from icl_core.models.linear import LinearTransformer, forward_tokens
from icl_core.tasks.inputs import UniformInputs
from icl_core.tasks.linear import LinearTask, draw_prompts
from icl_core.tasks.noise import UniformNoise
from icl_core.zoo.movies import Movie

TASK = "uniform5_d10_n20"
LESSON = LESSONS["gdpp_spectrum"]
SHOWN = ("layers", "map", "course")


@pytest.fixture(scope="module")
def diag() -> Trained:
    return read(TASK, "diag", 4)


@pytest.fixture(scope="module")
def full() -> Trained:
    return read(TASK, "full", 4)


def custom(dim: int, num_context: int, layers: int, heads: int) -> Trained:
    """A random FULL model that nobody ships, without a movie."""
    inputs = UniformInputs()
    noise = UniformNoise(sigma_max=1)
    task = LinearTask(dim=dim, num_context=num_context, noise=noise, inputs=inputs)
    shape = (2, 1, layers, heads, dim + 1, dim + 1)
    P, Q = 0.1 / dim * np.random.default_rng(0).standard_normal(shape)
    movie = Movie(steps=np.array([0]), loss=np.array([np.nan]), P=P, Q=Q)
    return Trained(task=task, kin=Kin("full", heads), movie=movie, own_run=True)


def test_every_model_of_a_task_is_offered_with_its_heads() -> None:
    found = models_of(TASK)
    assert list(found) == ["gdpp", "diag", "diag_H2", "full"]
    assert all(entry.num_heads == 2 for entry in found["diag_H2"].values())
    for name, entries in found.items():
        for depth in entries:
            trained = read(TASK, name, depth)
            assert (trained.num_layers, trained.kin.name) == (depth, name)
    with pytest.raises(InputError, match=r"no model 'diag_H3' of 2 layers"):
        read(TASK, "diag_H3", 2)


def test_eigenvalues_and_losses_are_those_of_a_forward_pass(full: Trained) -> None:
    """A prompt's tokens are made of its moments: any factor of its Gram matrix holds them."""
    moments, target = passes.sample_of(full.task)
    survey, prompt = passes.survey_of(full, full.last), 3
    tokens = np.linalg.cholesky(np.asarray(moments.gram())[prompt]).T
    model = full.model(full.last)
    seen, weights = [], []
    for query in np.eye(full.task.dim):
        steps, answers = forward_tokens(model, tokens[:, :-1], tokens[:, -1], query)
        seen.append(np.asarray(steps)[:, :-1, :-1])
        weights.append(np.asarray(answers))
    expected = np.linalg.svd(seen[0], compute_uv=False)[:, ::-1] ** 2
    np.testing.assert_allclose(survey.eigenvalues[:, prompt], expected, rtol=1e-6)
    gaps = np.transpose(weights) - target[prompt]
    np.testing.assert_allclose(survey.losses[:, prompt], 0.5 * np.sum(gaps**2, axis=-1), rtol=1e-7)


def test_the_target_of_losses_is_ridge_with_each_prompts_own_noise(diag: Trained) -> None:
    prompts = draw_prompts(diag.task, passes.SEED, passes.PROMPTS_TRIED)
    np.testing.assert_array_equal(
        passes.sample_of(diag.task)[1], OracleRR().weight_path(prompts)[-1]
    )


def test_gdpp_layers_are_their_own_gdpp_exactly() -> None:
    trained = read(TASK, "gdpp", 8)
    gammas = -omega_values(trained.model(trained.last))[:, 0]
    values = passes.survey_of(trained, trained.last).eigenvalues[0]
    for step, gamma in zip(passes.steps_of(trained, trained.last, MANY), gammas, strict=True):
        assert step.gamma == gamma
        assert step.gap < 1e-9
        assert step.mixed == 0
        assert step.kept == pytest.approx(1)
        np.testing.assert_allclose(step.before, values[:DRAWN].ravel(), rtol=1e-7)
        values = transform(values, gamma)
    conditions = passes.survey_of(trained, trained.last).conditions
    np.testing.assert_allclose(passes.pure_conditions(trained, trained.last), conditions, rtol=1e-6)


def test_diag_differs_from_gdpp_by_omega_xy_alone(diag: Trained) -> None:
    """With omega_xy off nothing is left of the gap."""
    steps = passes.steps_of(diag, diag.last, MANY)
    assert all(step.gap > 0.001 and step.mixed > 0.001 for step in steps)
    Q = diag.movie.Q[-1:].copy()
    Q[..., -1, -1] = 0
    off = Movie(steps=np.array([0]), loss=np.array([0.0]), P=diag.movie.P[-1:], Q=Q)
    without = Trained(task=diag.task, kin=diag.kin, movie=off, own_run=True)
    for step, other in zip(passes.steps_of(without, 0, MANY), steps, strict=True):
        assert step.gap < 1e-9
        assert step.gamma == other.gamma


def test_full_is_gdpp_until_it_is_not(full: Trained) -> None:
    """The finding of the page: two layers of GD++, then a direction that stands out."""
    one, two, three, _ = passes.steps_of(full, full.last, MANY)
    assert max(one.gap, two.gap) < 0.05 < 0.9 < three.gap
    median = np.median(passes.survey_of(full, full.last).conditions, axis=1)
    assert median[2] < 2.5
    assert median[3] > 100
    gammas = passes.gammas_of(full, full.last)
    for place, step in enumerate((one, two, three)):
        errors = [
            np.sum((step.after - transform(step.before, gamma)) ** 2)
            for gamma in gammas[place] * np.array([0.99, 1.0, 1.01])
        ]
        assert np.argmin(errors) == 1


def test_the_direction_that_full_singles_out_is_one_for_all_prompts(full: Trained) -> None:
    """By the tokens of a few prompts: what stands out is y times a vector, always the same."""
    found = passes.standout_of(full, full.last)
    assert found is not None
    assert found.layer == 3
    moments, _ = passes.sample_of(full.task)
    model, leading, mixed = full.model(full.last), [], []
    for gram in np.asarray(moments.gram())[:12]:
        tokens = np.linalg.cholesky(gram).T
        steps, _ = forward_tokens(model, tokens[:, :-1], tokens[:, -1], np.zeros(full.task.dim))
        X = np.asarray(steps)[found.layer, :-1, :-1]
        leading.append(np.linalg.svd(X)[2][0])
        # X^l = X M^T + y u^T, so that least squares of X^l on the tokens holds u.
        u = np.linalg.lstsq(tokens, X, rcond=None)[0][-1]
        mixed.append(np.dot(leading[-1], u) ** 2 / (u @ u))
    assert np.linalg.svd(leading)[1][0] ** 2 / 12 == pytest.approx(found.common, abs=0.02)
    assert np.mean(mixed) == pytest.approx(found.with_u, abs=0.02)
    assert min(found.common, found.with_u) > 0.9
    assert "writes y into it" in lesson.trained_finding(GdppSpectrum(model="full"))


def test_nothing_stands_out_where_layers_only_round(diag: Trained) -> None:
    assert passes.standout_of(diag, diag.last) is None
    assert "stand out" not in lesson.trained_finding(GdppSpectrum())


def test_an_ellipse_has_its_condition_number_until_it_is_cut() -> None:
    wide, high = half_axes(np.array([64.0, 4.0, 1.0, 1e6, np.inf]))
    np.testing.assert_allclose((wide[:3] / high[:3]) ** 2, [64, 4, 1])
    np.testing.assert_allclose((wide * high)[:3], wide[0] * high[0])
    assert (wide <= HALF).all()
    assert high[4] == 0


@pytest.mark.parametrize("draw", [1, MANY])
@pytest.mark.parametrize("name", ["layers", "map"])
def test_a_frame_of_a_player_is_the_exact_figure(name: str, draw: int) -> None:
    """At a node the grid holds what the figure of those choices shows."""
    field, values = ("frame", (0, 17)) if name == "layers" else ("layer", (2, 4))
    for value in values:
        view = LESSON.view(name, GdppSpectrum(draw=draw).replace(**{field: value}))
        assert view.plain()
        assert view.grid is not None
        place = value - (name == "map")
        data: Any = view.figure.data
        traces = {trace.uid: trace for trace in data}
        readouts = {readout.name: readout.value for readout in view.readouts}
        moving = set()
        for quantity in view.grid.quantities:
            node = np.asarray(quantity.values)[place]
            if quantity.trace == READOUT:
                assert readouts[quantity.field] == pytest.approx(float(node), nan_ok=True)
            elif quantity.trace in traces:
                moving.add(quantity.trace)
                exact = traces[quantity.trace][quantity.field]
                np.testing.assert_allclose(node, np.asarray(exact), rtol=1e-9)
        assert moving >= ({"ellipse 3", "eigenvalue 1"} if name == "layers" else {"points", "gdpp"})


def test_before_training_and_after_are_told_apart(diag: Trained) -> None:
    before, after = (lesson.trained_finding(GdppSpectrum(frame=frame)) for frame in (0, None))
    assert before.startswith("After 0 updates: ")
    assert after.startswith(diag.label)
    kappa = np.median(passes.survey_of(diag, diag.last).conditions, axis=1)
    assert f"**{kappa[3]:.2f} ±" in after


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (GdppSpectrum(task="uniform3_d1_n10", depth=3), "nothing to balance"),
        (GdppSpectrum(depth=1), "One layer meets the Hessian as it comes"),
        (GdppSpectrum(model="gdpp"), "Every layer is GD++ exactly"),
        (GdppSpectrum(model="full"), "after layer 2 it is"),
    ],
)
def test_every_case_has_its_words_and_figures(config: GdppSpectrum, said: str) -> None:
    assert said in lesson.trained_finding(config)
    for name in SHOWN:
        for draw in (1, MANY):
            assert LESSON.view(name, config.replace(draw=draw)).plain()


@pytest.mark.parametrize(("dim", "n", "layers", "heads"), [(20, 30, 12, 4), (7, 4, 3, 2)])
def test_models_that_nobody_ships_are_shown(
    monkeypatch: pytest.MonkeyPatch, dim: int, n: int, layers: int, heads: int
) -> None:
    """As deep and wide as can be, and with fewer examples than dimensions."""
    own = custom(dim, n, layers, heads)
    monkeypatch.setattr("icl_core.lessons.gdpp_spectrum.layers.trained_of", lambda config: own)
    monkeypatch.setattr("icl_core.lessons.gdpp_spectrum.words.trained_of", lambda config: own)
    assert passes.survey_of(own, 0).eigenvalues.shape == (layers + 1, 256, min(dim, n))
    assert (passes.survey_of(own, 0).eigenvalues > 0).all()
    conditions = passes.survey_of(own, 0).conditions
    np.testing.assert_allclose(passes.rounding_of(own, 2)[0].conditions, conditions[:, 1])
    # Views are kept for a result: this one is nobody else's.
    found = LESSON.measure(GdppSpectrum())
    for build in (lesson.VIEWS[name] for name in SHOWN):
        for draw in (1, MANY):
            view = build(GdppSpectrum(draw=draw, layer=layers), found)
            assert view.plain()
    assert f"FULL, {heads} heads, L = {layers}" in lesson.trained_finding(GdppSpectrum())


def test_a_model_whose_tokens_overflow_is_shown_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = custom(3, 8, 12, 1)
    loud = Movie(**{**vars(own.movie), "P": 1e40 * own.movie.P})
    own = Trained(task=own.task, kin=own.kin, movie=loud, own_run=True)
    monkeypatch.setattr("icl_core.lessons.gdpp_spectrum.layers.trained_of", lambda config: own)
    monkeypatch.setattr("icl_core.lessons.gdpp_spectrum.words.trained_of", lambda config: own)
    assert "overflow" in lesson.trained_finding(GdppSpectrum())
    found = LESSON.measure(GdppSpectrum())
    for name in SHOWN:
        for draw in (1, MANY):
            assert lesson.VIEWS[name](GdppSpectrum(draw=draw, layer=12), found).plain()


def test_layers_and_snapshots_stay_within_the_model() -> None:
    config = GdppSpectrum(depth=2)
    found = trained_reach(config)
    assert found["layer"].nearest(7) == 2
    assert found["frame"].nearest(900) == trained_of(config).last
    assert trained_reach(config.replace(task="nowhere")) == {}
    with pytest.raises(InputError, match="The layer"):
        LESSON.view("map", config.replace(layer=3))
    assert LESSON.view("gamma", config.replace(task="nowhere")).plain()


def test_weights_of_a_snapshot_are_float64(diag: Trained) -> None:
    for frame in (0, diag.last):
        model = diag.model(frame)
        assert isinstance(model, LinearTransformer)
        assert model.P.dtype == model.Q.dtype == np.float64
