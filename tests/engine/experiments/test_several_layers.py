"""What is shipped of layers in depth is what its weights and tuned numbers do."""

import numpy as np
import pytest

from icl_core.algorithms.descent import GDPlusPlus
from icl_core.arrays import in_float64
from icl_core.experiments.several_layers.layers import (
    as_blocks,
    exact_losses,
    mixed,
    query_losses,
    scaled,
    sensitivities,
)
from icl_core.experiments.several_layers.results import load_results
from icl_core.experiments.several_layers.settings import (
    ARCHITECTURES,
    CLIP,
    METHODS,
    model_name,
)
from icl_core.experiments.shared import MAIN, task_of
from icl_core.models.blocks import BlockTransformer
from icl_core.models.factored import FactoredTransformer
from icl_core.models.linear import LinearTransformer
from icl_core.tasks.linear import draw_prompts, prompts_of
from icl_core.zoo.library import find_entry, load_model
from icl_core.zoo.movies import load_movie

TASK = task_of(MAIN)
FREE = [name for name, known in ARCHITECTURES.items() if not known.clipped]


def _layers(architecture: str, seed: int) -> LinearTransformer:
    checkpoint = load_model(find_entry(model_name(architecture, seed)))
    return checkpoint.holding(FactoredTransformer).model.linear


@pytest.mark.parametrize("kind", ["tied2", "untied5"])
def test_the_construction_is_the_tuned_algorithm(kind: str) -> None:
    """Layers built from the shipped numbers, beside GD++ in weight space, float64."""
    algorithms = load_results(kind).algorithms
    prompts = draw_prompts(TASK, 4, 50)
    for method in METHODS:
        descent, few = algorithms.of(method), slice(None, 3)
        known = GDPlusPlus(etas=tuple(10 * descent.steps[few]), gammas=tuple(descent.gammas[few]))
        expected = known.weight_path(prompts)
        found = descent.model.weight_path(prompts)
        np.testing.assert_allclose(found[: len(expected)], expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("kind", FREE)
def test_shipped_losses_are_those_of_the_weights(kind: str) -> None:
    """Measured again on other prompts: medians within 5 %, for rare prompts decide the means."""
    prompts = draw_prompts(TASK, 77, 4096)
    course, known = load_results(kind).course, ARCHITECTURES[kind]
    for seed in known.seeds[:2]:
        path = _layers(kind, seed).weight_path(prompts)
        again = np.median(exact_losses(path, prompts, TASK.query_variances), axis=-1)
        np.testing.assert_allclose(again, course.end.loss.median[seed], rtol=0.05, atol=1e-3)
        np.testing.assert_array_equal(course.steps[seed], known.run.marks())


def test_movies_end_with_the_weights() -> None:
    for name, known in ARCHITECTURES.items():
        for seed in known.seeds:
            entry = find_entry(model_name(name, seed))
            assert bool(entry.movie_sha256) == (seed in known.movie)
        for seed in known.movie:
            movie, model = load_movie(model_name(name, seed)), _layers(name, seed)
            np.testing.assert_allclose(movie.Q[-1], model.Q[: movie.Q.shape[1]], atol=1e-6)
            np.testing.assert_allclose(movie.P[-1], model.P[: movie.P.shape[1]], atol=1e-6)


@in_float64
def test_tokens_and_moments_give_the_same_losses() -> None:
    """Without clipping: answers at queries, and <w, x> with the implicit weights."""
    drawn = TASK.draw(3, 6, 2, np.float32)
    model = _layers("tied2", 0)
    path = np.asarray(model.weight_path(prompts_of(drawn.context)))
    gap = np.einsum("lbd,bqd->lbq", path, drawn.queries) - drawn.truth
    blocks, context = as_blocks(model, 0.0), drawn.context
    np.testing.assert_allclose(query_losses(blocks, drawn), 0.5 * np.mean(gap**2, -1), rtol=1e-3)
    slopes = sensitivities(blocks.shape, blocks.parameters, context.X, context.y, drawn.queries)
    np.testing.assert_allclose(slopes, path, rtol=1e-3, atol=1e-4)


def test_mixtures_begin_trained_and_end_constructed() -> None:
    prompts = draw_prompts(TASK, 5, 20)
    model = _layers("tied2", 1)
    ideal = load_results("tied2").algorithms.gdpp.model

    def path(some: LinearTransformer) -> np.ndarray:
        return np.asarray(some.weight_path(prompts))

    np.testing.assert_allclose(path(mixed(model, ideal, 0.0)), path(model), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(path(mixed(model, ideal, 1.0)), path(ideal), rtol=1e-6)
    diagonal = np.diagonal(np.asarray(scaled(model).Q), axis1=-2, axis2=-1)
    np.testing.assert_allclose(diagonal[..., :-1].mean(-1), 1.0, rtol=1e-6)


def test_clipping_bounds_what_diverges() -> None:
    """Inputs three times as wide: with clipped tokens no answer is beyond the bound."""
    wide = TASK.replace(inputs=TASK.inputs.scaled(3.0))
    drawn = wide.draw(3, 40, 2, np.float32)
    model = _layers("tied2", 0)
    free, bound = (query_losses(as_blocks(model, clip), drawn)[-1].max() for clip in (0.0, CLIP))
    truth = np.abs(drawn.truth).max()
    assert bound < 0.5 * (CLIP + truth) ** 2 < free


def test_the_shipped_blocks_have_their_loss() -> None:
    """Twelve blocks on other prompts: within five standard errors and 10 %."""
    checkpoint = load_model(find_entry(model_name("blocks12", 0)))
    drawn = TASK.draw(8, 1000, 4, np.float32)
    losses = query_losses(checkpoint.holding(BlockTransformer).model, drawn)[-1]
    shipped = load_results("blocks12").course.end.loss
    error = float(np.hypot(losses.std() / 1000**0.5, shipped.stderr[0, -1]))
    assert abs(losses.mean() - shipped.mean[0, -1]) < 5 * error
