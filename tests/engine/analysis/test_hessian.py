"""Eigenvalues of the Hessian through trained layers, against explicit tokens and identities."""

import numpy as np
import pytest

from icl_core.analysis.hessian import (
    common_direction,
    diag_step,
    eigenvalue_path,
    followed,
    gap,
    hessian_path,
    nearest_gamma,
)
from icl_core.analysis.spectrum import transform
from icl_core.constructions import gdpp_model
from icl_core.models.linear import LinearTransformer, gram_path, information_flow, omegas
from tests.cases import PLUS_PLUS, assert_close, diag_model, full_model, some_prompts, some_tokens

MODELS = {
    "gdpp": gdpp_model(PLUS_PLUS, dim=3, num_context=7),
    "diag": diag_model(layers=3),
    "diag, two heads": diag_model(layers=3, heads=2),
    "full": full_model(layers=3),
    "full, four heads": full_model(layers=2, heads=4),
}


def by_tokens(model: LinearTransformer, X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Eigenvalues after each layer, [L+1, d], token by token with scores and sums, no Gram matrix:
    singular values of the x parts, squared."""
    tokens = [np.append(x, target) for x, target in zip(X, y, strict=True)]
    found = [tokens]
    for P, Q in zip(np.asarray(model.P), np.asarray(model.Q), strict=True):
        tokens = [
            token
            + sum(
                P[head] @ key * (key @ Q[head] @ token)
                for head in range(len(P))
                for key in found[-1]
            )
            for token in found[-1]
        ]
        found.append(tokens)
    return np.stack(
        [np.sort(np.linalg.svd(np.array(t)[:, :-1], compute_uv=False)) ** 2 for t in found]
    )


@pytest.mark.parametrize("name", MODELS)
def test_eigenvalues_are_those_of_explicit_tokens(name: str) -> None:
    model, tokens = MODELS[name], some_tokens()
    found = eigenvalue_path(hessian_path(model, some_prompts().moments))
    for prompt in range(found.shape[1]):
        expected = by_tokens(model, np.asarray(tokens.X)[prompt], np.asarray(tokens.y)[prompt])
        error = np.abs(found[:, prompt] - expected).max(-1)
        assert (error <= 1e-13 * expected[:, -1]).all()


@pytest.mark.parametrize("name", MODELS)
def test_the_gram_matrix_holds_what_the_flow_says(name: str) -> None:
    """Lemma 4.3: x^l = M x + u y, by a recursion of its own."""
    moments = some_prompts().moments
    flow, found = information_flow(MODELS[name], moments), hessian_path(MODELS[name], moments)
    M, u = np.asarray(flow.M), np.asarray(flow.u)
    both = np.concatenate([M, u[..., None]], axis=-1)
    assert_close(found, both @ np.asarray(moments.gram()) @ both.mT)


def test_gdpp_maps_every_eigenvalue_and_turns_no_eigenvector() -> None:
    model, moments = MODELS["gdpp"], some_prompts().moments
    found = followed(hessian_path(model, moments))
    values = np.linalg.eigvalsh(np.asarray(moments.Sigma))
    for layer, gamma in enumerate(-np.asarray(omegas(model))[:, 0], 1):
        values = transform(values, gamma)
        np.testing.assert_allclose(found.eigenvalues[layer], values, rtol=1e-10)
    np.testing.assert_allclose(found.kept, 1)


def test_followed_eigenvalues_keep_their_place_where_they_cross() -> None:
    """gamma beyond the peak: what was largest ends up smallest."""
    values = np.array([1.0, 2.0, 3.0])
    turn = np.linalg.qr(np.random.default_rng(0).standard_normal((3, 3)))[0]
    path = np.stack([values, transform(values, 0.3)])
    found = followed((turn * path[:, None, None]) @ turn.T)
    assert np.argsort(path[1]).tolist() == [2, 1, 0]
    np.testing.assert_allclose(found.eigenvalues[:, 0], path)


@pytest.mark.parametrize("heads", [1, 2])
def test_omega_xy_adds_a_matrix_of_rank_two(heads: int) -> None:
    model, moments = diag_model(layers=3, heads=heads), some_prompts().moments
    grams = gram_path(model, moments)
    for layer, (xx, xy, _, _) in enumerate(np.asarray(omegas(model))):
        mapped, added = diag_step(xx, xy, grams[layer])
        assert_close(mapped + added, grams[layer + 1][..., :-1, :-1])
        before = np.linalg.eigvalsh(grams[layer][..., :-1, :-1])
        np.testing.assert_allclose(np.linalg.eigvalsh(mapped), np.sort(transform(before, -xx)))
        low, middle, high = np.linalg.eigvalsh(added).T
        assert (low < 0).all()
        assert (high > 0).all()
        assert (np.abs(middle) < 1e-9 * high).all()
        assert (np.linalg.norm(added, axis=(-2, -1)) > 1e-6).all()


def test_one_input_has_a_correction_of_rank_one() -> None:
    gram = np.array([[2.0, 1.5], [1.5, 4.0]])
    mapped, added = diag_step(-0.1, 0.3, gram)
    tokens = np.linalg.cholesky(gram)  # columns are tokens (x, y)
    x = tokens[0] * (1 - 0.1 * 2) + 0.3 * 1.5 * tokens[1]
    assert mapped[0, 0] == pytest.approx(2 * 0.8**2)
    assert mapped[0, 0] + added[0, 0] == pytest.approx(x @ x)


def test_the_nearest_gamma_is_gdpps_own_and_no_other_is_nearer() -> None:
    before = np.array([0.5, 1.0, 4.0, 9.0])
    for gamma in (-0.02, 0.0, 0.04, 0.15):
        assert nearest_gamma(before, transform(before, gamma)) == pytest.approx(gamma, abs=1e-9)
    after = np.array([0.4, 1.1, 2.0, 0.5])
    best = nearest_gamma(before, after)
    gammas = np.linspace(-0.5, 0.5, 20_001)
    errors = [np.sum((after - transform(before, gamma)) ** 2) for gamma in gammas]
    assert best == pytest.approx(gammas[np.argmin(errors)], abs=1e-4)


def test_the_gap_is_a_share_of_what_moved() -> None:
    before = np.array([1.0, 2.0, 5.0])
    after = transform(before, 0.1)
    assert gap(before, after, 0.1) == 0
    assert gap(before, after, 0.0) == 1
    other = after + np.array([0.3, 0.0, 0.0])
    assert gap(before, other, 0.1) == pytest.approx(0.3 / np.linalg.norm(other - before))
    assert np.isnan(gap(before, before, 0.1))


def test_what_is_not_finite_has_no_eigenvalues() -> None:
    hessians = np.broadcast_to(np.eye(2), (2, 2, 2, 2)).copy()
    hessians[1, 0, 0, 0] = np.inf
    values, found = eigenvalue_path(hessians), followed(hessians)
    for each in (values, found.eigenvalues):
        assert np.isnan(each[1, 0]).all()
        assert (each[0] == 1).all()
        assert (each[1, 1] == 1).all()
    assert np.isnan(found.kept).tolist() == [[True, False]]
    assert nearest_gamma(found.eigenvalues[0, 0], found.eigenvalues[1, 0]) == 0
    assert np.isnan(common_direction(np.full((2, 3, 3), np.nan)))


def test_a_common_direction_is_common_to_all_prompts() -> None:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((4000, 12, 4))
    Sigma = X.mT @ X
    assert common_direction(Sigma) == pytest.approx(1 / 4, abs=0.02)
    fixed = np.array([0.6, 0.0, 0.8, 0.0])
    assert common_direction(Sigma + 1e6 * np.outer(fixed, fixed)) == pytest.approx(1, abs=1e-6)
    half = Sigma + 1e6 * np.where(np.arange(4000) % 2, 1, 0)[:, None, None] * np.outer(fixed, fixed)
    assert common_direction(half) == pytest.approx(0.5 + 0.5 / 4, abs=0.02)


def test_eigenvalues_too_large_to_square_have_no_nearest_gamma() -> None:
    before, after = np.array([1.0, 2.0]), np.array([1e200, 1.0])
    assert nearest_gamma(before, after) == 0
    assert np.isnan(gap(before, after, 0.1))
