"""Which models are the same model in other words, and the words that come closest to a reference.

Two kinds of change leave a linear transformer what it is.

*Same predictions for every prompt.* A layer is sum_k P_k G Q_k, bilinear in P and Q: with any
invertible R, P_k -> sum_j R_kj P_j and Q_k -> sum_j (R^-T)_kj Q_j leave it unchanged. For one head
R is a factor c on P and 1/c on Q; the order of heads is a special case. Entries that are never read
(`parts.read_masks`) may hold anything.

*Same predictions in other coordinates.* With S = diag(O, 1), O orthogonal, P -> S P S^T and
Q -> S Q S^T in all layers together: the model then maps (O x, y, O x_t) to what it mapped
(x, y, x_t) to before. The task does not prefer any direction, so both are equally good on it. A
flipped sign of y is the same as O = -I, for S = -I changes nothing.

Nothing else of this kind: the residual stream carries one choice of coordinates through all layers,
so coordinates cannot be scaled or turned anew between two of them (tested).
"""

from dataclasses import dataclass, replace
from typing import Generic

import numpy as np
from jaxtyping import Float

from icl_core.analysis.parts import as_float64, diagonal_part, read_part
from icl_core.arrays import Array, require_shape
from icl_core.models.linear import AnyLayers, Layers

Rotation = Float[np.ndarray, "dim dim"]
Mixing = Float[np.ndarray, "layers heads heads"]

TRIED, STEPS = 40, 200
"""Of the rotation: from every start, and then from the best of them."""
TOLERANCE = 1e-11
"""Of the rotation, from one step to the next."""
DIRECTIONS = 6
"""Weighted sums of matrices whose eigenvectors are tried as starts."""
FLAT = 1e-10
"""Share of a model outside its DIAG part below which it looks the same from everywhere."""
ROUNDS = 8
"""At most so often are rotation and heads improved in turn; signs settle in two or three."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Alignment(Generic[AnyLayers]):
    """A model in the words that come closest to a reference's, `rotation` O being part of them.

    Distances are `distance` to the balanced reference: before of the model balanced alone, with
    the signs, heads and directions it came with, after of the model aligned.
    """

    model: AnyLayers
    rotation: Rotation
    before: float
    after: float


def mixed(model: AnyLayers, mixing: Mixing) -> AnyLayers:
    """P_k -> sum_j R_kj P_j, Q_k -> sum_j (R^-T)_kj Q_j: the same predictions for every prompt."""
    inverse = np.linalg.inv(mixing).swapaxes(-1, -2)
    P, Q = (np.einsum("lkj,ljab->lkab", R, M) for R, M in ((mixing, model.P), (inverse, model.Q)))
    return replace(model, P=P, Q=Q)


def rotated(model: AnyLayers, rotation: Rotation) -> AnyLayers:
    """S P S^T, S Q S^T with S = diag(O, 1): the same predictions for inputs O x."""
    S = np.eye(model.dim + 1)
    S[:-1, :-1] = rotation
    return replace(model, P=S @ model.P @ S.T, Q=S @ model.Q @ S.T)


def balanced(model: AnyLayers) -> AnyLayers:
    """The words in which P and Q of a layer have the same sizes and angles over heads.

    For one head |P| = |Q|. What is never read is 0. What remains free are orthogonal mixings of
    heads (one head: the sign) and rotations; among the former the one closest to `model`.
    """
    model = read_part(model)
    P, Q = _flat(model.P), _flat(model.Q)
    P_basis, P_sizes = np.linalg.qr(P.swapaxes(1, 2))
    Q_basis, Q_sizes = np.linalg.qr(Q.swapaxes(1, 2))
    left, sizes, right = np.linalg.svd(P_sizes @ Q_sizes.swapaxes(1, 2))
    scale = np.sqrt(sizes)[..., None]
    even = replace(
        model,
        P=(scale * (P_basis @ left).swapaxes(1, 2)).reshape(model.P.shape),
        Q=(scale * (right @ Q_basis.swapaxes(1, 2))).reshape(model.Q.shape),
    )
    return _turned(even, _polar(_products(model, even)))


def distance(one: Layers, other: Layers) -> float:
    """|one - other| / sqrt(|one|^2 + |other|^2) over all P and Q.

    0 for equal weights, 1 for orthogonal ones, sqrt 2 for opposite ones.
    """
    mine, theirs = _vector(one), _vector(other)
    size = np.sqrt(mine @ mine + theirs @ theirs)
    return float(np.linalg.norm(mine - theirs) / size) if size else 0.0


def align(model: AnyLayers, reference: AnyLayers, *, rotate: bool = True) -> Alignment[AnyLayers]:
    """`model` in the words closest to `balanced(reference)`; both of one shape.

    Heads by orthogonal Procrustes, exact for a given rotation; the rotation by majorisation, every
    step of which is an orthogonal Procrustes problem and none of which moves away, from starts
    that contain the answer if one model is a copy of the other. Without `rotate` the predictions
    for every prompt stay the same. Give both in normalised coordinates, where entries compare.

    Raises:
        InputError: The models differ in depth, heads or dimension.
    """
    require_shape("P of the model to align", model.P, reference.P.shape)
    target, own = balanced(reference), balanced(model)
    before = distance(own, target)
    # The DIAG part is the same in all coordinates: it tells the heads' signs first.
    mixing = _polar(_products(diagonal_part(target), diagonal_part(own)))
    found = Alignment(
        model=_turned(own, mixing), rotation=np.eye(model.dim), before=before, after=np.inf
    )
    for round_ in range(ROUNDS):
        turned = _turned(own, mixing)
        rotation = found.rotation
        if rotate:
            rotation = _best_rotation(turned, target, None if round_ == 0 else rotation)
        moved = rotated(own, rotation)
        mixing = _polar(_products(target, moved))
        candidate = _turned(moved, mixing)
        after = distance(candidate, target)
        if after > found.after - 1e-12:
            break
        found = replace(found, model=candidate, rotation=rotation, after=after)
    return found


def _best_rotation(model: Layers, target: Layers, start: Rotation | None) -> Rotation:
    """O that maximises <S P S^T, P_t> + <S Q S^T, Q_t>, S = diag(O, 1).

    With o = vec O this is o^T K o / 2 + <c, o>. K + shift has no negative eigenvalue, so the
    linear lower bound at o touches there, and its maximum, a polar factor, is no worse.
    """
    dim = model.dim
    A, a = _blocks(model)
    B, b = _blocks(target)
    if min(_size(A, a) / _norm(model), _size(B, b) / _norm(target)) < FLAT:
        return np.eye(dim)
    products = np.einsum("nij,nkl->ikjl", B, A).reshape(dim * dim, dim * dim)
    K, c = products + products.T, np.einsum("ni,nj->ij", b, a).ravel()
    K = K - np.eye(len(K)) * min(np.linalg.eigvalsh(K)[0], 0)
    tried = _ascend(_starts(A, a, B, b), K, c, TRIED) if start is None else start[None]
    flat = tried.reshape(len(tried), -1)
    best = np.argmax(0.5 * np.einsum("si,ij,sj->s", flat, K, flat) + flat @ c)
    return _ascend(tried[best : best + 1], K, c, STEPS)[0]


def _ascend(rotations: np.ndarray, K: np.ndarray, c: np.ndarray, steps: int) -> np.ndarray:
    """The fixed point of o <- polar(K o + c), from each of several starts [S, d, d]."""
    for _ in range(steps):
        slopes = rotations.reshape(len(rotations), -1) @ K + c
        before, rotations = rotations, _polar(slopes.reshape(rotations.shape))
        if np.abs(rotations - before).max() < TOLERANCE:
            break
    return rotations


def _starts(A: np.ndarray, a: np.ndarray, B: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Both signs of the identity, and the rotations between eigenvectors of symmetric sums."""
    eye = np.eye(A.shape[-1])
    weights = np.random.default_rng(0).standard_normal((DIRECTIONS, len(A)))
    return np.stack([eye, -eye, *(_between(A, a, B, b, row) for row in weights)])


def _between(
    A: np.ndarray, a: np.ndarray, B: np.ndarray, b: np.ndarray, weights: np.ndarray
) -> Rotation:
    """Eigenvectors of sum w (B + B^T) against those of sum w (A + A^T), in order, signs in step.

    Signs s maximise s^T W s + <s, v>, relaxed to the leading eigenvector of both together.
    """
    sums = (np.einsum("n,nij->ij", weights, M + M.swapaxes(1, 2)) for M in (A, B))
    U, V = (np.linalg.eigh(M)[1] for M in sums)
    W = ((U.T @ A @ U) * (V.T @ B @ V)).sum(0)
    v = ((a @ U) * (b @ V)).sum(0)
    both = np.block([[W + W.T, v[:, None]], [v[None], np.zeros((1, 1))]])
    leading = np.linalg.eigh(both)[1][:, -1]
    signs = np.where(leading[:-1] * leading[-1] < 0, -1.0, 1.0)
    return (V * signs) @ U.T


def _blocks(model: Layers) -> tuple[np.ndarray, np.ndarray]:
    """What a rotation moves: x blocks [N, d, d] without their mean diagonal, and y rows and
    columns [N', d]."""
    rest = [
        (stack - part).reshape(-1, *stack.shape[-2:])
        for stack, part in zip(_stacks(model), _stacks(diagonal_part(model)), strict=True)
    ]
    both = np.concatenate(rest)
    return both[:, :-1, :-1], np.concatenate([both[:, -1, :-1], both[:, :-1, -1]])


def _products(one: Layers, other: Layers) -> np.ndarray:
    """<P_k, P'_j> + <Q_k, Q'_j> by layer, [L, H, H]."""
    P, Q = (
        _flat(mine) @ _flat(theirs).swapaxes(1, 2)
        for mine, theirs in zip(_stacks(one), _stacks(other), strict=True)
    )
    return P + Q


def _turned(model: AnyLayers, mixing: Mixing) -> AnyLayers:
    """`mixed` for orthogonal R, whose inverse transpose is R."""
    P, Q = (np.einsum("lkj,ljab->lkab", mixing, stack) for stack in _stacks(model))
    return replace(model, P=P, Q=Q)


def _polar(matrices: np.ndarray) -> np.ndarray:
    """The nearest orthogonal matrix to each: the answer of orthogonal Procrustes."""
    left, _, right = np.linalg.svd(matrices)
    return left @ right


def _flat(stack: Array) -> np.ndarray:
    return np.asarray(stack).reshape(*stack.shape[:2], -1)


def _stacks(model: Layers) -> tuple[np.ndarray, np.ndarray]:
    return np.asarray(model.P), np.asarray(model.Q)


def _size(*arrays: np.ndarray) -> float:
    return float(np.sqrt(sum(np.square(array).sum() for array in arrays)))


def _norm(model: Layers) -> float:
    return _size(*_stacks(model)) or 1.0


def _vector(model: Layers) -> np.ndarray:
    return np.concatenate([stack.ravel() for stack in _stacks(as_float64(model))])
