"""Files that visitors open: models and choices, good and hostile."""

import io
import json
import pickle
import zipfile

import numpy as np
import pytest
from safetensors.numpy import save

from icl_core.checkpoints import checkpoint_bytes
from icl_core.export.recipe import Recipe, config_json
from icl_core.lessons.weights.config import Weights
from icl_core.zoo.library import PRETRAINED, find_entry, load_entry
from tests.hostile import assert_one_sentence

NAME = "diag_L2_uniform1_d1_n10"
GOOD = (PRETRAINED / f"{NAME}.safetensors").read_bytes()


def with_weights(**changes: np.ndarray) -> bytes:
    """The good file with other tensors."""
    model = load_entry(find_entry(NAME)).model
    tensors = {"P": np.asarray(model.P), "Q": np.asarray(model.Q)} | changes
    header = json.loads(GOOD[8 : 8 + int.from_bytes(GOOD[:8], "little")])
    return save(tensors, metadata=header["__metadata__"])


def zipped() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("P", "x")
    return data.getvalue()


HOSTILE = {
    "empty": b"",
    "truncated": GOOD[: len(GOOD) // 2],
    "random": bytes(range(256)) * 8,
    "pickle": pickle.dumps({"P": 1}),
    "zip": zipped(),
    "huge header": (2**62).to_bytes(8, "little") + b"{}",
    "no metadata": save({"P": np.zeros((1, 1, 2, 2)), "Q": np.zeros((1, 1, 2, 2))}),
    "wrong shape": with_weights(P=np.zeros((2, 1, 3, 3))),
    "wrong type": with_weights(P=np.zeros((2, 1, 2, 2), np.int32)),
    "NaN": with_weights(P=np.full((2, 1, 2, 2), np.nan)),
}


def upload(app, name: str, data: bytes):
    app.file_uploader[0].set_value((name, data, "application/octet-stream"))
    app.run()
    assert not app.exception
    return app


@pytest.mark.slow
def test_a_model_from_a_file_is_measured_and_shown(open_page):
    app = upload(open_page("train"), "model.safetensors", GOOD)
    assert [error.value for error in app.error] == []
    said = " ".join(text.value for text in (*app.markdown, *app.caption))
    assert "DIAG, 2 layers" in said
    assert "times the Bayes floor" in said


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_model_is_one_sentence(open_page, kind):
    app = upload(open_page("train"), "model.safetensors", HOSTILE[kind])
    assert len(app.error) == 1
    assert_one_sentence(ValueError(app.error[0].value))
    assert app.header[-1].value == "What to try"


def test_a_saved_choice_leads_to_its_page(open_page):
    config = Weights(layers=2)
    recipe = Recipe(page="weights", figure="omegas", config=config)
    app = upload(open_page("home"), "weights.json", config_json(recipe))
    link = app.get("page_link")[-1].proto
    assert link.label == "Go there"
    assert "layers=2" in link.query_string


def test_a_choice_that_the_file_leaves_out_is_told(open_page):
    file = json.loads(config_json(Recipe(page="weights", figure="omegas", config=Weights())))
    del file["config"]["layers"]
    app = upload(open_page("home"), "weights.json", json.dumps(file).encode())
    assert [info.value for info in app.info if "does not say layers" in info.value]


@pytest.mark.parametrize("data", [b"", b"\xff", b"[]", b"{}", b'{"version": 1, "page": "x"}'])
def test_a_hostile_choice_is_one_sentence(open_page, data):
    app = upload(open_page("home"), "weights.json", data)
    assert len(app.error) == 1
    assert_one_sentence(ValueError(app.error[0].value))


def test_the_files_of_the_zoo_come_back_unchanged():
    assert checkpoint_bytes(load_entry(find_entry(NAME))) == GOOD
