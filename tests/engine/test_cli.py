"""The command line as a user meets it: JSON out, one sentence and exit code 2 on bad input."""

import dataclasses
import errno
import hashlib
import json
import os
import shutil

import numpy as np
import pytest

from icl_core import cli, runtime, zoo_commands
from icl_core.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from icl_core.experiments import verify
from icl_core.experiments.mixed_noise.claims import Claim
from icl_core.export import images
from icl_core.export.images import missing
from icl_core.export.recipe import Recipe, config_json, parse_config
from icl_core.export.table import to_csv
from icl_core.lessons.catalog import LESSONS
from icl_core.live.dressed import dressed, entries
from icl_core.live.look import Look
from icl_core.zoo import library
from tests.cases import MODELS, TASK

TRAIN = [
    *("train", "--dim", "2", "--context", "8", "--noise", "uniform:1", "--layers", "2"),
    *("--max-seconds", "60", "--restarts", "3", "--explore-steps", "60", "--steps", "60"),
]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    file = tmp_path_factory.mktemp("models") / "m.safetensors"
    assert cli.main([*TRAIN, "--out", str(file)]) == 0
    return file


@pytest.fixture(autouse=True)
def no_lasting_cache(monkeypatch):
    monkeypatch.setattr(cli, "prepare_process", lambda: None)


def test_train_writes_a_checkpoint_that_says_what_it_is(trained):
    checkpoint = load_checkpoint(trained)
    assert checkpoint.parametrization == "diag"
    assert checkpoint.task.dim == 2
    assert checkpoint.model.P.shape == (2, 1, 3, 3)
    assert checkpoint.training["refine_steps"] == 60
    assert checkpoint.metrics["validation_loss"] > checkpoint.metrics["bayes_floor"]


def test_evaluate_prints_layers_baselines_and_floor(trained, capsys):
    assert cli.main(["evaluate", str(trained), "--prompts", "5000"]) == 0
    out = json.loads(capsys.readouterr().out)
    assert len(out["layers"]["mean"]) == 3
    assert out["layers"]["mean"][-1] < out["layers"]["mean"][0]
    assert out["prompts"] == 5000
    assert set(out["baselines"]) == {"const_rr", "ada_rr", "tuned_rr", "bayes_rr"}
    assert all(out["bayes_floor"] <= row["mean"] for row in out["baselines"].values())
    validation = load_checkpoint(trained).metrics["validation_loss"]
    spread = out["layers"]["stderr"][-1] * np.sqrt(1 + 5000 / 4096)
    assert abs(out["layers"]["mean"][-1] - validation) < 5 * spread


@pytest.mark.parametrize("name", ["factors", "blocks_mlp"])
def test_evaluate_takes_a_model_of_any_kind(name, tmp_path, capsys):
    checkpoint = Checkpoint(model=MODELS[name](), task=TASK, seed=0)
    save_checkpoint(tmp_path / "m.safetensors", checkpoint)
    assert cli.main(["evaluate", str(tmp_path / "m.safetensors"), "--prompts", "300"]) == 0
    out = json.loads(capsys.readouterr().out)
    assert len(out["layers"]["mean"]) == checkpoint.model.config()["num_layers"] + 1
    assert out["layers"]["mean"][0] > out["bayes_floor"] > 0


def test_evaluate_on_another_noise_and_a_short_context(trained, capsys):
    arguments = ["--noise", "fixed:0.5", "--context", "2", "--prompts", "500"]
    assert cli.main(["evaluate", str(trained), *arguments, "--inputs", "uniform:1"]) == 0
    captured = capsys.readouterr()
    out = json.loads(captured.out)
    assert out["task"]["inputs"] == {"kind": "uniform", "width": 1.0}
    assert out["task"]["noise"] == {"kind": "fixed", "value": 0.5}
    assert set(out["baselines"]) == {"const_rr", "bayes_rr"}
    assert "AdaRR and TunedRR are left out" in captured.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "--out", "m.pkl"],
        *(
            ["train", "--out", "m.safetensors", option, value]
            for option, value in [
                ("--dim", "0"),
                ("--dim", "ten"),
                ("--context", "-3"),
                ("--noise", "gamma:2"),
                ("--noise", "uniform:nan"),
                ("--inputs", "uniform:wide"),
                ("--layers", "0"),
                ("--layers", "2.5"),
                ("--heads", "99"),
                ("--parametrization", "dense"),
                ("--seed", "-1"),
                ("--max-seconds", "inf"),
                ("--steps", "0"),
            ]
        ),
        ["evaluate", "missing.safetensors"],
        ["figure", "missing.json", "--out", "fig.csv"],
        ["zoo", "build", "--only", "nothing*"],
        ["zoo", "verify", "--prompts", "many"],
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(arguments, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert captured.err.rstrip().endswith(".")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_loses_nothing(trained, tmp_path, monkeypatch, capsys):
    """The target stays as it was and the trained model is kept in the temporary folder."""
    target = tmp_path / "models" / "m.safetensors"
    target.parent.mkdir()
    target.write_bytes(trained.read_bytes())
    before, replace = target.read_bytes(), os.replace

    def full(source, destination):
        if str(destination) == str(target):
            raise OSError(errno.ENOSPC, "No space left on device")
        replace(source, destination)

    monkeypatch.setattr(os, "replace", full)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    assert cli.main([*TRAIN, "--seed", "1", "--out", str(target)]) == 2
    error = capsys.readouterr().err
    assert "No space left on device" in error
    assert target.read_bytes() == before
    assert [file.name for file in target.parent.iterdir()] == ["m.safetensors"]
    kept = load_checkpoint(tmp_path / "m.safetensors")
    assert kept.seed == 1


def test_zoo_list_is_the_manifest(capsys):
    assert cli.main(["zoo", "list"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in listed] == [entry.name for entry in library.read_manifest()]


def test_zoo_verify_measures_models_from_tokens(capsys):
    """2,000 fresh prompts per model against the manifest's 100,000, 5 combined standard errors.

    Of one noise law and three depths, for each depth compiles; all take `zoo verify` some minutes.
    """
    some = "*_L[136]_categorical1-3_d10_n20"
    assert cli.main(["zoo", "verify", "--prompts", "2000", "--only", some]) == 0
    out = json.loads(capsys.readouterr().out)
    assert len(out["models"]) == 9
    assert all(verdict["ok"] for verdict in out["models"])
    assert False not in [claim["holds"] for claim in out["claims"]]


def test_zoo_verify_of_some_models_judges_those(capsys):
    assert cli.main(["zoo", "verify", "--prompts", "100", "--only", "gdpp_L1_*m5_d10_n20"]) == 0
    captured = capsys.readouterr()
    out = json.loads(captured.out)
    assert [verdict["name"] for verdict in out["models"]] == ["gdpp_L1_uniform5_d10_n20"]
    assert {claim["name"]: claim["holds"] for claim in out["claims"]}["deeper is not worse"] is None
    assert "no cell is worse" in captured.err
    assert cli.main(["zoo", "verify", "--only", "nothing*"]) == 2
    assert "zoo list" in capsys.readouterr().err


def test_a_claim_that_fails_is_the_exit_code(monkeypatch, capsys):
    false = Claim(name="a claim", statement="It holds.", holds=False, said="No.")
    monkeypatch.setattr(zoo_commands, "claims", lambda table: (false,))
    assert cli.main(["zoo", "table"]) == 1
    assert json.loads(capsys.readouterr().out)["claims"][0]["holds"] is False


def test_zoo_table_writes_the_document(tmp_path, capsys):
    out = tmp_path / "table1.md"
    code = cli.main(["zoo", "table", "--out", str(out)])
    said = json.loads(capsys.readouterr().out)
    assert code == (False in [claim["holds"] for claim in said["claims"]])
    assert sum(said["cells"].values()) == 210
    assert out.read_text().startswith("# Table 1")
    assert [fault["holds"] for fault in said["published_faults"]] == [False, False, False]
    assert cli.main(["zoo", "table", "--out", str(tmp_path / "table1.csv")]) == 2
    assert "ending in .md" in capsys.readouterr().err


def test_zoo_verify_notices_a_changed_file(tmp_path, monkeypatch):
    entry = library.entries_of(library.MIXED_NOISE)[0]
    shutil.copytree(library.PRETRAINED / "tables", tmp_path / "tables")
    (tmp_path / entry.file).write_bytes((library.PRETRAINED / entry.file).read_bytes() + b" ")
    library.write_manifest((entry,), tmp_path)
    (verdict,) = verify.verify(tmp_path, prompts=100)
    assert not verdict.ok
    assert "SHA-256" in verdict.problem


def test_verify_notices_a_figure_that_tokens_do_not_confirm(tmp_path):
    entry = library.entries_of(library.MIXED_NOISE)[0]
    (tmp_path / entry.file).write_bytes((library.PRETRAINED / entry.file).read_bytes())
    wrong = entry.metrics | {"mean": entry.metrics["mean"] * 1.5 + 1}
    library.write_manifest((dataclasses.replace(entry, metrics=wrong),), tmp_path)
    (verdict,) = verify.verify(tmp_path, prompts=500)
    assert not verdict.ok


@pytest.fixture
def choices(tmp_path):
    file = tmp_path / "choices.json"
    config = LESSONS["weights"].config(layers=2)
    file.write_bytes(config_json(Recipe(page="weights", figure="omegas", config=config)))
    return file


def test_figure_writes_what_it_says(choices, capsys):
    out = choices.with_name("fig.csv")
    assert cli.main(["figure", str(choices), "--out", str(out)]) == 0
    said = json.loads(capsys.readouterr().out)
    data = out.read_bytes()
    assert said["file"] == str(out)
    assert said["bytes"] == len(data)
    assert said["sha256"] == hashlib.sha256(data).hexdigest()
    assert (said["page"], said["figure"]) == ("weights", "omegas")
    view = LESSONS["weights"].view("omegas", LESSONS["weights"].config(layers=2))
    assert data == to_csv(view.figure)


def test_figure_is_drawn_as_it_is_asked_for(choices, capsys):
    """What is hidden is left out; a file of choices keeps the look, and the command line can change
    one part of it."""
    view = LESSONS["weights"].view("omegas", LESSONS["weights"].config(layers=2))
    first, *others = entries(view.figure)
    again, data = choices.with_name("again.json"), choices.with_name("fig.csv")
    asked = ["--hide", first, "--zoom", "x:0,1.5", "--width-mm", "single", "--type-pt", "8"]
    assert cli.main(["figure", str(choices), "--out", str(again), *asked]) == 0
    look = Look(hidden=(first,), zoom=(("x", 0, 1.5),), width=84, type=8)
    assert parse_config(again.read_bytes(), LESSONS).look == look
    assert cli.main(["figure", str(again), "--out", str(data)]) == 0
    assert data.read_bytes() == to_csv(dressed(view, look).figure)
    assert cli.main(["figure", str(again), "--out", str(data), "--hide"]) == 0
    assert data.read_bytes() == to_csv(view.figure)
    capsys.readouterr()
    assert cli.main(["figure", str(again), "--out", str(data), "--hide", "nobody"]) == 2
    assert f"no line 'nobody': expected {first}, {others[0]}" in capsys.readouterr().err


def test_figure_draws_another_figure_of_the_page(choices, capsys):
    out = choices.with_name("fig.html")
    assert cli.main(["figure", str(choices), "--out", str(out), "--figure", "theory"]) == 0
    assert json.loads(capsys.readouterr().out)["figure"] == "theory"
    assert b"Theory beside trained" in out.read_bytes()


def test_figure_exports_its_own_choices_again(choices):
    out = choices.with_name("again.json")
    assert cli.main(["figure", str(choices), "--out", str(out)]) == 0
    assert out.read_bytes() == choices.read_bytes()


@pytest.mark.browser
@pytest.mark.parametrize(
    ("suffix", "start"), [("png", b"\x89PNG"), ("svg", b"<svg"), ("pdf", b"%PDF-"), ("zip", b"PK")]
)
def test_figure_draws_images(choices, suffix, start):
    if missing():
        pytest.skip(missing())
    out = choices.with_name(f"fig.{suffix}")
    assert cli.main(["figure", str(choices), "--out", str(out), "--scale", "1"]) == 0
    assert out.read_bytes().startswith(start)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--out", "fig.eps"],
        ["--out", "fig"],
        ["--out", "fig.csv", "--figure", "depth"],
        ["--out", "fig.png", "--scale", "0"],
        ["--out", "fig.png", "--scale", "large"],
        ["--out", "choices.json/fig.csv"],
    ],
)
def test_figure_refuses_in_one_sentence(choices, capsys, monkeypatch, arguments):
    monkeypatch.chdir(choices.parent)
    assert cli.main(["figure", "choices.json", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert captured.err.rstrip().endswith(".")
    assert [file.name for file in choices.parent.iterdir()] == ["choices.json"]


@pytest.mark.parametrize(
    "changes",
    [
        {"layers": 9},
        {"sigma": 99.0},
        {"task": "uniform9_d10_n20"},
        {"num_context": 0},
        {"statistic": "mode"},
    ],
)
def test_figure_refuses_what_is_not_shipped(choices, capsys, changes):
    whole = {"version": 1, "page": "noise_and_depth", "figure": "layers", "config": changes}
    choices.write_text(json.dumps(whole))
    assert cli.main(["figure", str(choices), "--out", str(choices.with_name("f.csv"))]) == 2
    *gaps, error = capsys.readouterr().err.splitlines()
    assert error.endswith(".")
    assert all(line.startswith("The file does not say") for line in gaps)


def test_figure_without_chromium_says_so(choices, capsys, monkeypatch):
    monkeypatch.setattr(images, "missing", lambda: images.NO_CHROMIUM)
    out = choices.with_name("fig.pdf")
    assert cli.main(["figure", str(choices), "--out", str(out)]) == 2
    assert capsys.readouterr().err.strip() == images.NO_CHROMIUM
    assert not out.exists()


def test_a_gpu_that_is_not_there_is_one_sentence(monkeypatch, capsys):
    def none(kind):
        raise RuntimeError(f"Unknown backend {kind}")

    monkeypatch.setattr(runtime.jax, "devices", none)
    assert cli.main(["zoo", "build", "--devices", "gpu"]) == 2
    assert "JAX sees no GPU" in capsys.readouterr().err
