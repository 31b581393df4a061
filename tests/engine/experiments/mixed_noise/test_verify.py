"""Shipped figures are measured again from tokens."""

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from icl_core.analysis.loss import evaluate, prompt_losses
from icl_core.checkpoints import sha256
from icl_core.errors import InputError
from icl_core.experiments.measured import Measured, disagreements
from icl_core.experiments.mixed_noise.verify import token_losses
from icl_core.experiments.verify import check_hashes, verify
from icl_core.zoo.library import read_manifest, write_manifest
from tests.cases import COUNT, TASK, full_model
from tests.engine.zoo.test_library import fill

PROMPTS = 4000
MODEL = full_model()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One model with the losses that the moments give."""
    loss = evaluate({"model": MODEL}, TASK, prompts=COUNT)["model"]
    fill(tmp_path, metrics={"mean": loss.final, "stderr": float(loss.stderr[-1])})
    return tmp_path


def test_tokens_and_moments_measure_the_same_loss() -> None:
    """Medians, whose standard error is about 1.25 s / sqrt(4,000): the mean is heavy-tailed."""
    by_tokens = np.log(token_losses(MODEL, TASK, prompts=PROMPTS))
    by_moments = np.log(prompt_losses({"model": MODEL}, TASK, prompts=COUNT, seed=1)["model"][-1])
    stderr = 1.25 * np.hypot(by_tokens.std() / PROMPTS**0.5, by_moments.std() / COUNT**0.5)
    assert by_tokens.shape == (PROMPTS,)
    assert abs(np.median(by_tokens) - np.median(by_moments)) < 5 * stderr


def test_true_figures_pass(folder: Path) -> None:
    (verdict,) = verify(folder, prompts=PROMPTS)
    assert verdict.ok
    assert verdict.problem == ""


def test_false_figures_and_damaged_files_fail(folder: Path) -> None:
    (entry,) = read_manifest(folder)
    mean = float(entry.metrics["mean"])
    wrong = dataclasses.replace(entry, metrics={"mean": 100 * mean, "stderr": 0.0})
    gone = dataclasses.replace(entry, name="gone", file="gone.safetensors")
    write_manifest((wrong, gone), folder)
    false, missing = verify(folder, prompts=PROMPTS)
    assert not false.ok
    assert "differs" in false.problem
    assert not missing.ok
    assert "cannot be read" in missing.problem


def said_of(losses: np.ndarray) -> Measured:
    """What a manifest says of a draw."""
    ordered = np.sort(losses)
    return Measured(
        mean=float(losses.mean()),
        stderr=float(losses.std() / np.sqrt(losses.size)),
        median=float(np.median(losses)),
        trimmed=float(ordered[: int(0.99 * losses.size)].mean()),
        q999=float(np.quantile(losses, 0.999)),
        prompts=losses.size,
    )


def heavy_draw(seed: int, count: int) -> np.ndarray:
    """Pareto losses of index 0.9: not even their mean exists."""
    return np.random.default_rng(seed).pareto(0.9, count)


@pytest.mark.parametrize("seed", range(20))
def test_two_draws_of_one_model_agree_whatever_its_tail(seed: int) -> None:
    said = said_of(heavy_draw(100 + seed, 100_000))
    assert disagreements(heavy_draw(seed, PROMPTS), said, heavy=True) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda losses: 1.3 * losses, "median"),
        (lambda losses: np.where(losses > np.quantile(losses, 0.9), 2 * losses, losses), "trimmed"),
        (lambda losses: np.where(losses > np.quantile(losses, 0.99), 50 * losses, losses), "99.9"),
    ],
    ids=["all", "a tenth", "a hundredth"],
)
def test_another_model_is_told_apart_in_spite_of_its_tail(change, says: str) -> None:
    said = said_of(heavy_draw(1, 100_000))
    problems = disagreements(change(heavy_draw(2, 20_000)), said, heavy=True)
    assert says in "; ".join(problems)


def test_means_decide_where_they_can() -> None:
    losses = np.random.default_rng(0).exponential(size=PROMPTS)
    said = dataclasses.replace(said_of(losses), mean=2.0, median=np.nan, trimmed=np.nan)
    assert disagreements(losses, said, heavy=False) == [
        "the tokens' loss differs from the manifest's"
    ]
    assert disagreements(losses, said, heavy=True) == []


def test_rounding_of_two_routes_is_no_difference() -> None:
    said = said_of(np.full(1000, 1e-28))
    assert disagreements(np.full(1000, 3e-27), said, heavy=True) == []


@pytest.mark.parametrize("kind", ["table", "movie", "result"])
def test_tables_movies_and_results_are_held_against_their_hashes(tmp_path: Path, kind: str) -> None:
    file = tmp_path / f"{kind}s" / "m.safetensors"
    file.parent.mkdir()
    file.write_bytes(b"as it was")
    digests = {f"{kind}s": sha256(b"as it was")}
    entry: Any = SimpleNamespace(name="m", file="m.safetensors", files=digests)
    check_hashes(entry, tmp_path)
    file.write_bytes(b"as it is")
    with pytest.raises(InputError, match=f"The {kind} of m has another SHA-256"):
        check_hashes(entry, tmp_path)
    file.unlink()
    with pytest.raises(InputError, match="cannot be read"):
        check_hashes(entry, tmp_path)


def test_a_wrong_hash_is_a_verdict(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(entry: object, folder: Path) -> None:
        raise InputError("The table is another.")

    monkeypatch.setattr("icl_core.experiments.verify.check_hashes", refuse)
    (verdict,) = verify(folder, prompts=PROMPTS)
    assert (verdict.ok, verdict.problem) == (False, "The table is another.")


def test_a_pattern_chooses_models(folder: Path) -> None:
    assert len(list(verify(folder, prompts=PROMPTS, only="full_*"))) == 1
    with pytest.raises(InputError, match="Nothing that is shipped matches"):
        list(verify(folder, only="gdpp_*"))
