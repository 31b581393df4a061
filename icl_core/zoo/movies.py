"""Weights over training: pretrained/movies/NAME.safetensors."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import save as save_tensors

from icl_core.checkpoints import sha256
from icl_core.files import write_atomic
from icl_core.models.linear import LinearTransformer
from icl_core.zoo.library import PRETRAINED, Entry, incomplete, read_file


@dataclass(frozen=True, kw_only=True, eq=False)
class Movie:
    """Snapshots of a training run: steps, loss [T]; P, Q [T, L, H, d+1, d+1] raw, as those of
    `models.linear`: P W_V and W_K^T W_Q; of tied layers one, [T, 1, H, d+1, d+1].

    loss is the mean loss (half MSE) on the prompts by which the run was judged, for models of
    paper 2 the adjusted one.
    """

    steps: np.ndarray
    loss: np.ndarray
    P: np.ndarray
    Q: np.ndarray


def save_movie(name: str, movie: Movie, folder: Path = PRETRAINED) -> str:
    """Write a movie, its weights in half precision if they are, else in single.

    Returns its SHA-256.
    """
    half = movie.P.dtype == np.float16
    with np.errstate(over="ignore"):  # a model that diverges for a while has no loss to show
        loss = np.ascontiguousarray(movie.loss, np.float32)
    weights = {key: getattr(movie, key) for key in ("P", "Q")}
    data = save_tensors(
        {
            "steps": np.ascontiguousarray(movie.steps, np.int64),
            "loss": loss,
            **{
                key: np.ascontiguousarray(values, np.float16 if half else np.float32)
                for key, values in weights.items()
            },
        }
    )
    write_atomic(folder / "movies" / f"{name}.safetensors", data)
    return sha256(data)


def load_movie(name: str, folder: Path = PRETRAINED) -> Movie:
    """Snapshots of a shipped model's training."""
    tensors = read_file(path := folder / "movies" / f"{name}.safetensors")
    try:
        return Movie(**{field: tensors[field] for field in ("steps", "loss", "P", "Q")})
    except KeyError as missing:
        raise incomplete(path, missing) from None


def training_of(
    entry: Entry, model: LinearTransformer, loss: float, folder: Path = PRETRAINED
) -> Movie:
    """The training of a shipped model and its loss: the last snapshot is the model itself, and the
    only one where no movie ships.

    Where the movie is of a run that did not win, the run's own end is the last but one.
    """
    P, Q = np.asarray(model.P)[None], np.asarray(model.Q)[None]
    if not (folder / "movies" / f"{entry.name}.safetensors").is_file():
        return Movie(steps=np.array([0]), loss=np.array([loss]), P=P, Q=Q)
    movie = load_movie(entry.name, folder)
    steps, losses = movie.steps, movie.loss
    if entry.metrics.get("movie"):
        steps, losses = np.append(steps, steps[-1]), np.append(losses, loss)
    before = len(steps) - 1
    P, Q = np.concatenate([movie.P[:before], P]), np.concatenate([movie.Q[:before], Q])
    return Movie(steps=steps, loss=losses, P=P, Q=Q)
