"""What is shipped of layers in depth is what its weights and tuned numbers do."""

import numpy as np
import pytest

from icl_core.algorithms.descent import GDPlusPlus
from icl_core.arrays import in_float64
from icl_core.models.linear import LinearTransformer
from icl_core.tasks.linear import Tokens, draw_prompts, prompts_of
from icl_core.training.tokens import Batch, draw_batch
from icl_core.zoo.paper1.depth import BASELINES, CLIP, KINDS, METHODS, baseline, run_name
from icl_core.zoo.paper1.depth_layers import (
    as_blocks,
    asked,
    clipped_blocks,
    exact,
    mixed,
    scaled,
    sensitivities,
    trained,
)
from icl_core.zoo.paper1.depth_parts import names, settings_of
from icl_core.zoo.paper1.one_layer import MAIN, task_of
from icl_core.zoo.paper1.store import load_part

TASK = task_of(MAIN)
FREE = [name for name, kind in KINDS.items() if not kind.clipped]


def _batch() -> tuple[Batch, np.ndarray]:
    drawn = draw_batch(TASK, np.random.default_rng(3), (6,), 2)
    return drawn, np.einsum("bnd,bd->bn", drawn.X, drawn.w)


@pytest.mark.parametrize("name", names())
def test_shipped_parts_are_of_these_settings(name: str) -> None:
    assert load_part(name).settings == settings_of(name)


@pytest.mark.parametrize("kind", ["tied2", "untied5"])
def test_the_construction_is_the_tuned_algorithm(kind: str) -> None:
    """Layers built from the shipped numbers, beside GD++ in weight space, float64."""
    part = load_part(BASELINES)
    prompts = draw_prompts(TASK, 4, 50)
    for method in METHODS:
        steps, gammas = (part[f"{kind}:{method}:{key}"] for key in ("steps", "gammas"))
        few = slice(None, 3)
        known = GDPlusPlus(etas=tuple(10 * steps[few]), gammas=tuple(gammas[few]))
        expected = known.weight_path(prompts)
        found = baseline(part, kind, method).weight_path(prompts)
        np.testing.assert_allclose(found[: len(expected)], expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("kind", FREE)
def test_shipped_losses_are_those_of_the_weights(kind: str) -> None:
    """Measured again on other prompts: medians within 5 %, for rare prompts decide the means."""
    prompts = draw_prompts(TASK, 77, 4096)
    for seed in KINDS[kind].seeds[:2]:
        run = load_part(run_name(kind, seed))
        path = trained(run, KINDS[kind].layers).weight_path(prompts)
        again = np.median(exact(path, prompts, TASK.query_variances), axis=-1)
        np.testing.assert_allclose(again, run["end:median"], rtol=0.05, atol=1e-3)
        np.testing.assert_array_equal(run["steps"], KINDS[kind].run.marks())


@in_float64
def test_tokens_and_moments_give_the_same_losses() -> None:
    """Without clipping: answers at queries, and <w, x> with the implicit weights."""
    drawn, y = _batch()
    model = trained(load_part(run_name("tied2", 0)), 2)
    known = Tokens(X=drawn.X, y=y, sigma=np.zeros(6), w=drawn.w)  # type: ignore[arg-type]
    path = np.asarray(model.weight_path(prompts_of(known)))
    gap = np.einsum("lbd,bqd->lbq", path - np.asarray(drawn.w), drawn.queries)
    blocks = as_blocks(model, 0.0)
    np.testing.assert_allclose(asked(blocks, drawn), 0.5 * np.mean(gap**2, -1), rtol=1e-3)
    np.testing.assert_allclose(
        sensitivities(*blocks, drawn.X, y, drawn.queries), path, rtol=1e-3, atol=1e-4
    )


def test_mixtures_begin_trained_and_end_constructed() -> None:
    prompts = draw_prompts(TASK, 5, 20)
    model = trained(load_part(run_name("tied2", 1)), 2)
    ideal = baseline(load_part(BASELINES), "tied2", "gdpp")

    def path(some: LinearTransformer) -> np.ndarray:
        return np.asarray(some.weight_path(prompts))

    np.testing.assert_allclose(path(mixed(model, ideal, 0.0)), path(model), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(path(mixed(model, ideal, 1.0)), path(ideal), rtol=1e-6)
    diagonal = np.diagonal(np.asarray(scaled(model).Q), axis1=-2, axis2=-1)
    np.testing.assert_allclose(diagonal[..., :-1].mean(-1), 1.0, rtol=1e-6)


def test_clipping_bounds_what_diverges() -> None:
    """Inputs three times as wide: with clipped tokens no answer is beyond the bound."""
    wide = TASK.replace(inputs=TASK.inputs.scaled(3.0))
    drawn = draw_batch(wide, np.random.default_rng(3), (40,), 2)
    model = trained(load_part(run_name("tied2", 0)), 2)
    free, bound = (asked(as_blocks(model, clip), drawn)[-1].max() for clip in (0.0, CLIP))
    truth = np.abs(np.einsum("bqd,bd->bq", drawn.queries, drawn.w)).max()
    assert bound < 0.5 * (CLIP + truth) ** 2 < free


def test_the_shipped_blocks_have_their_loss() -> None:
    """Twelve blocks on other prompts: within five standard errors and 10 %."""
    kind = KINDS["blocks12"]
    run = load_part(run_name("blocks12", kind.seeds[0]))
    drawn = draw_batch(TASK, np.random.default_rng(8), (1000,), 4)
    losses = asked(clipped_blocks(run, kind), drawn)[-1]
    error = float(np.hypot(losses.std() / 1000**0.5, run["end:loss"][1, -1]))
    assert abs(losses.mean() - run["end:loss"][0, -1]) < 5 * error
