"""Tokens apart: the layout, a token-by-token reference, Proposition 3, and what is measured."""

from functools import partial

import numpy as np
import pytest
from scipy.special import softmax

from icl_core.algorithms.descent import GradientDescent
from icl_core.algorithms.truth import TrueWeights
from icl_core.analysis.copying import (
    attention_maps,
    sensitivities,
    swapped_contents,
    swapped_places,
)
from icl_core.analysis.floors import one_layer_loss, one_layer_step
from icl_core.analysis.loss import prompt_losses
from icl_core.constructions.copying import copying_descent
from icl_core.errors import InputError
from icl_core.models.copying import (
    CopyingModel,
    CopyingTransformer,
    answers,
    contents,
    layers,
)
from icl_core.tasks.base import Draw
from icl_core.tasks.inputs import UniformInputs
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import FixedNoise
from tests.cases import assert_close

TASK = LinearTask(dim=3, num_context=4, noise=FixedNoise(value=0), inputs=UniformInputs())
SHAPES = {
    "paper": CopyingModel(),
    "one-hot": CopyingModel(places="one-hot", num_heads=2),
    "odd": CopyingModel(encoding=7, num_layers=3, softmax=2),
    "linear": CopyingModel(softmax=0),
}
each_shape = pytest.mark.parametrize("name", SHAPES)


def some_model(name: str) -> CopyingTransformer:
    shape, rng = SHAPES[name], np.random.default_rng(2)
    tensors = {
        key: 0.3 * rng.standard_normal(size)
        for key, size in CopyingTransformer.shapes(shape.to_dict(), TASK).items()
    }
    return CopyingTransformer.build(shape.to_dict(), tensors)


def some_draw(queries: int = 3) -> Draw:
    return TASK.draw(1, 5, queries)


def _by_tokens(model: CopyingTransformer, X: np.ndarray, y: np.ndarray, x: np.ndarray) -> list:
    """One prompt, one query; written from the formulas, token by token."""
    shape, of = model.shape, model.tensors()

    def encoding(place: int) -> list[float]:
        if shape.places == "one-hot":
            return [float(place == j) for j in range(9)]
        rates = [10_000 ** (-2 * (j // 2) / shape.encoding) for j in range(shape.encoding)]
        return [(np.sin, np.cos)[j % 2](place * rate) for j, rate in enumerate(rates)]

    size = of["P"].shape[-1]
    pieces = [piece for pair in zip(X, y, strict=True) for piece in pair]
    whole = [piece if np.ndim(piece) else [0, 0, piece] for piece in pieces]
    tokens = [np.array([*e, *encoding(place)]) for place, e in enumerate([*whole, x])]
    said = [-tokens[-1][-1]]
    for layer in range(shape.num_layers):
        after = []
        for e in tokens:
            total = e.copy()
            for h in range(shape.num_heads):
                W_K, W_Q, W_V, P = (of[key][layer, h] for key in ("W_K", "W_Q", "W_V", "P"))
                scores = np.array([(W_K @ other) @ (W_Q @ e) for other in tokens[:-1]])
                if layer < shape.softmax:
                    scores = softmax(scores / np.sqrt(size))
                total += P @ sum(s * (W_V @ o) for s, o in zip(scores, tokens[:-1], strict=True))
            after.append(total)
        tokens = after
        said.append(-tokens[-1][-1])
    return said


@each_shape
def test_answers_are_those_of_the_formulas(name: str) -> None:
    """So that no query changes another's answer."""
    model, drawn = some_model(name), some_draw()
    found = model.answers(drawn.context, drawn.queries)
    assert found.shape == (model.shape.num_layers + 1, 5, 3)
    for b in range(5):
        for q in range(3):
            X, y, x = drawn.context.X[b], drawn.context.y[b], drawn.queries[b, q]
            assert_close(found[:, b, q], _by_tokens(model, X, y, x))


SIZES = ((10, 10), (3, 4), (1, 1), (5, 3), (2, 7))


@pytest.mark.parametrize(("dim", "num_context"), SIZES)
def test_proposition_3_is_a_step_of_gradient_descent(dim: int, num_context: int) -> None:
    task = TASK.replace(dim=dim, num_context=num_context)
    drawn = task.draw(2, 6, 3)
    model = copying_descent(dim=dim, num_context=num_context, eta=2.5)
    path = GradientDescent(etas=(2.5,)).answers(drawn.context, drawn.queries)
    found = model.answers(drawn.context, drawn.queries)
    assert_close(found[0], np.full((6, 3), -1.0))
    assert_close(found[1:], path)


def test_layer_1_of_proposition_3_copies() -> None:
    """Contents stay, their partner's stand below them, and nothing is left of the places."""
    drawn = some_draw()
    model = copying_descent(dim=3, num_context=4, eta=1)
    tokens = contents(drawn.context)
    after, queries = layers(model.shape, model.tensors(), tokens, drawn.queries)[1]
    rows = after.transpose(2, 1, 0)
    assert_close(rows[..., :3], tokens)
    assert_close(rows[..., 3:6], tokens[:, [1, 0, 3, 2, 5, 4, 7, 6]])
    assert_close(rows[..., 6:-1], np.zeros((5, 8, 5)))
    assert_close(queries[-1], np.zeros((3, 5)))
    as_printed = copying_descent(dim=3, num_context=4, eta=1, looks="next")
    after, _ = layers(as_printed.shape, as_printed.tensors(), tokens, drawn.queries)[1]
    assert_close(after.transpose(2, 1, 0)[:, :-1, 3:6], tokens[:, 1:])


def test_what_the_printed_proposition_adds_to_the_step() -> None:
    """y_j x_(j+1),d x_d of every target's token; the last, which finds no next one, sees the mean
    of all contents and of all places."""
    drawn, eta = some_draw(), 2.5
    model = copying_descent(dim=3, num_context=4, eta=eta, looks="next")
    y, tokens = np.asarray(drawn.context.y), contents(drawn.context)
    seen = np.concatenate([tokens[:, 2::2, -1], tokens[:, :, -1].mean(1)[:, None] - 1 / 8], axis=1)
    extra = eta / 4 * (y * seen).sum(1)[:, None] * drawn.queries[..., -1]
    step = GradientDescent(etas=(eta,)).answers(drawn.context, drawn.queries)[-1]
    assert_close(model.answers(drawn.context, drawn.queries)[-1], step + extra)


def test_losses_of_the_construction() -> None:
    """0.4167 for the answer 0, 0.2062 for the best step; the printed construction is above it."""
    task = TASK.replace(dim=10, num_context=10)
    build = partial(copying_descent, dim=10, num_context=10)
    best = one_layer_step(task)
    models = {
        "zero": build(eta=0),
        "step": build(eta=best),
        "printed": build(eta=best, looks="next"),
    }
    found = prompt_losses(models, task, prompts=1500, seed=5, against=TrueWeights())
    last = {name: losses[-1] for name, losses in found.items()}
    error = {name: losses.std() / 1500**0.5 for name, losses in last.items()}
    for name, loss in {"zero": 5 / 12, "step": one_layer_loss(task)}.items():
        assert last[name].mean() == pytest.approx(loss, abs=4 * error[name])
    assert one_layer_loss(task) == pytest.approx(0.2062, abs=1e-4)
    excess = last["printed"] - last["step"]
    assert excess.mean() > 4 * excess.std() / 1500**0.5


@each_shape
def test_sensitivities_are_slopes(name: str) -> None:
    model, drawn = some_model(name), some_draw()
    tokens, width = contents(drawn.context), 1e-5
    slopes = np.zeros((8, 8, 3))
    for m, c in np.ndindex(8, 3):
        shift = np.zeros((8, 3))
        shift[m, c] = width
        above, below = (
            layers(model.shape, model.tensors(), tokens + by, drawn.queries)[1][0].sum(0)
            for by in (shift, -shift)
        )
        slopes[:, m, c] = (above - below).mean(-1) / (2 * width)
    found, norms = sensitivities(model, drawn.context), np.linalg.norm(slopes, axis=-1)
    assert_close(found.norms, norms, 1e-8)
    rows = [np.delete(row, k) for k, row in enumerate(norms[:-1])]
    assert found.other == pytest.approx(np.mean(rows))


def test_sensitivities_of_the_construction() -> None:
    """sqrt(d) in its own input, by the residual path, and sqrt(d) in what it copies."""
    drawn = some_draw()
    found = sensitivities(copying_descent(dim=3, num_context=4, eta=1, looks="next"), drawn.context)
    assert found.own == pytest.approx(3**0.5)
    assert found.next == pytest.approx(3**0.5)
    assert found.other == pytest.approx(3**0.5 / 7)
    found = sensitivities(copying_descent(dim=3, num_context=4, eta=1), drawn.context)
    assert_close(found.norms, 3**0.5 * (np.eye(8) + np.kron(np.eye(4), [[0, 1], [1, 0]])))


def test_attention_of_the_construction() -> None:
    drawn = some_draw()
    model = copying_descent(dim=3, num_context=4, eta=1)
    shares = attention_maps(model, drawn.context, drawn.queries)
    assert shares.shape == (1, 5, 11, 8)
    partners = np.kron(np.eye(4), [[0, 1], [1, 0]])
    assert_close(shares[0, :, :8], np.broadcast_to(partners, (5, 8, 8)))
    assert_close(shares[0, :, 8:], np.full((5, 3, 8), 1 / 8))
    scores = attention_maps(model, drawn.context, drawn.queries, layer=1)
    X, x = drawn.context.X, drawn.queries * [1, 1, 0.5]
    assert_close(scores[0, :, 8:, ::2], np.einsum("bnd,bqd->bqn", X, x))
    soft = copying_descent(dim=3, num_context=4, eta=1, score=2.0)
    largest = np.exp(2) / (np.exp(2) + 7)
    assert attention_maps(soft, drawn.context, drawn.queries)[0, 0, 0, 1] == pytest.approx(largest)


@each_shape
def test_a_context_has_no_order_but_by_places(name: str) -> None:
    """Exchanged contents are exchanged places; both together change nothing."""
    model, drawn = some_model(name), some_draw()
    tokens = contents(drawn.context)
    run = partial(answers, model.shape, model.parameters)
    edited = run(swapped_contents(tokens, 1, 4), drawn.queries)
    places = swapped_places(8, 1, 4)
    assert_close(run(tokens, drawn.queries, places), edited)
    plain = run(tokens, drawn.queries)
    assert_close(run(swapped_contents(tokens, 1, 4), drawn.queries, places), plain)
    assert np.abs(edited[-1] - plain[-1]).max() > 1e-4


def test_what_does_not_fit_is_refused() -> None:
    drawn = some_draw()
    with pytest.raises(InputError, match="too few"):
        copying_descent(dim=5, num_context=2, eta=1)
    with pytest.raises(InputError, match="A token"):
        copying_descent(dim=3, num_context=5, eta=1).answers(drawn.context, drawn.queries)
    for wrong in ({"places": "relative"}, {"softmax": 3}, {"encoding": 0}):
        with pytest.raises(InputError):
            CopyingModel.from_dict(SHAPES["paper"].to_dict() | wrong)
