"""Models of one's own: on every page that shows a model, and in its link."""

import numpy as np
import pytest

from icl_core.algorithms.descent import GDPlusPlus
from icl_core.analysis.loss import evaluate
from icl_core.checkpoints import Checkpoint, load_checkpoint
from icl_core.constructions import gdpp_model
from icl_core.lessons.catalog import LESSONS
from icl_core.lessons.noise_and_depth.config import NoiseAndDepth
from icl_core.lessons.shared import theory
from icl_core.lessons.shared.fields import OfModel
from icl_core.lessons.shared.shipped import Kin, find_family, found_own
from icl_core.lessons.shared.tables import FEW
from icl_core.models.linear import LinearTransformer
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.noise import CategoricalNoise, NoiseLaw, UniformNoise
from icl_core.zoo.library import find_entry
from icl_core.zoo.shelf import OWN, Kept, shelf
from tests.cases import full_model

PAGES = [page for page, lesson in LESSONS.items() if issubclass(lesson.config, OfModel)]
NOISE, TWO = UniformNoise(sigma_max=2.0), CategoricalNoise(values=(0.3, 1.5))


def kept(model: LinearTransformer, noise: NoiseLaw, kind: str, dim: int, num_context: int) -> Kept:
    task = LinearTask(dim=dim, num_context=num_context, noise=noise)
    made = Checkpoint(model=model, parametrization=kind, task=task, seed=0)
    return shelf().keep(made, "", label=f"{kind} of d = {dim}", origin="uploaded")


def steps(dim: int, num_context: int, layers: int = 3) -> LinearTransformer:
    method = GDPlusPlus(etas=(0.8,) * layers, gammas=(0.1 / num_context,) * layers)
    return gdpp_model(method, dim=dim, num_context=num_context)


def two_heads(dim: int, num_context: int) -> LinearTransformer:
    """Half a step a head."""
    model = steps(dim, num_context, 2)
    P, Q = (np.repeat(np.asarray(weights), 2, axis=1) for weights in (model.P, model.Q))
    return LinearTransformer(P=P / 2, Q=Q)


MODELS = {
    "DIAG of three layers": lambda: kept(steps(5, 12), NOISE, "diag", 5, 12),
    "FULL": lambda: kept(full_model(7), TWO, "full", 7, 7),
    "two heads": lambda: kept(two_heads(4, 9), NOISE, "diag", 4, 9),
    "one dimension": lambda: kept(steps(1, 4, 1), NOISE, "gdpp", 1, 4),
    "as large as can be": lambda: kept(full_model(20, layers=12, heads=4), NOISE, "full", 20, 15),
}


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("which", MODELS)
def test_every_page_shows_it(which, page, open_page):
    """Through a link with nothing but the model, in a session that never saw it; and the page says
    nothing of choices that were moved."""
    own = MODELS[which]()
    app = open_page(page, v="1", task=own.name)
    family = found_own(own.id)
    if page == "data" and family.task.dim > 10:
        assert any(f"has d = {family.task.dim}, and" in info.value for info in app.info)
        return
    assert app.session_state[f"{page}_task"] == own.name
    picks = LESSONS[page].config.picks(family.only_kin, family.only.num_layers)
    for field, value in picks.items():
        assert app.session_state[f"{page}_{field}"] == value
    # Nothing was moved, but a noise level or a layer that the default has and this model has not.
    moved = [info.value for info in app.info if "out of reach" in info.value]
    assert len(moved) <= 1
    assert app.query_params["task"] == own.name


def test_its_losses_are_those_of_a_fresh_evaluation():
    own = MODELS["DIAG of three layers"]()
    family = found_own(own.id)
    config = NoiseAndDepth(task=own.name, layers=3)
    losses = LESSONS["noise_and_depth"].result(config)
    again = evaluate({"model": steps(5, 12)}, family.task, prompts=FEW.law, seed=7)["model"]
    known = losses.over_noise["diag", 3]
    gap = np.abs(known.mean - again.mean)[1:]
    assert (gap < 5 * np.hypot(known.stderr, again.stderr)[1:]).all()


def test_what_is_chosen_stays_chosen_on_the_next_page(open_page):
    own = MODELS["DIAG of three layers"]()
    app = open_page("weights", v="1", task=own.name)
    app.query_params.clear()
    app.switch_page("pages/noise_and_depth.py").run()
    assert app.session_state["noise_and_depth_task"] == own.name
    assert app.query_params["task"] == own.name
    assert not app.exception
    assert not app.error


def test_a_model_that_is_gone_is_one_sentence(open_page):
    app = open_page("algorithm", v="1", task=f"{OWN}{'0' * 16}")
    assert any("not on this server" in info.value for info in app.info)
    assert app.session_state["algorithm_task"] == LESSONS["algorithm"].default.task


def test_mine_is_listed_renamed_deleted_and_restored(open_page, monkeypatch):
    monkeypatch.setattr("ui.shelf_view.owner", lambda: "")
    monkeypatch.setattr("ui.own.owner", lambda: "")
    for kept in shelf().of(""):
        shelf().remove("", kept.id)
    own, other = MODELS["two heads"](), MODELS["one dimension"]()
    app = open_page("models", v="1", model=own.name, other=other.name)
    (listed,) = [frame.value for frame in app.dataframe if "saved" in frame.value]
    assert list(listed["name"]) == [other.label, own.label]
    assert list(listed["heads"]) == [1, 2]
    assert any("Adjusted loss" in part.value for part in app.markdown)
    shelf().rename("", own.id, "halves")
    app.run()
    (button,) = [button for button in app.button if button.label == "Delete"]
    button.click().run()
    assert [kept.id for kept in shelf().of("")] == [other.id]
    assert not app.exception
    (undo,) = [button for button in app.button if button.label == "Undo"]
    undo.click().run()
    assert [kept.label for kept in shelf().of("")] == ["halves", other.label]
    assert not app.exception
    assert not app.error


def test_one_is_made_by_hand(open_page, monkeypatch):
    monkeypatch.setattr("ui.shelf_view.owner", lambda: "hand")
    monkeypatch.setattr("ui.own.owner", lambda: "hand")
    app = open_page("models")
    boxes = {box.label: box for box in app.text_input}
    boxes["Layers L"].set_value("99")
    (make,) = [button for button in app.button if button.label == "Make it"]
    make.click().run()
    assert any("number of layers" in error.value for error in app.error)
    boxes = {box.label: box for box in app.text_input}
    for label, value in {"Layers L": "3", "Dimension d": "4", "nγ (0: plain GD)": "0"}.items():
        boxes[label].set_value(value)
    (make,) = [button for button in app.button if button.label == "Make it"]
    make.click().run()
    assert [error.value for error in app.error] == []
    (own,) = shelf().of("hand")
    assert app.session_state["models_model"] == own.name
    entry = found_own(own.id).only
    assert (entry.num_layers, entry.linear_task.dim) == (3, 4)
    assert own.label == "GD by hand: 3 steps, η = 0.5"


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("which", theory.examples())
def test_what_theory_gives_is_a_model_like_any_other(which, page, open_page):
    app = open_page(page, v="1", task=which)
    assert app.session_state[f"{page}_task"] == which
    made = theory.examples()[which]
    path = find_family(which).folder / found_own(which.removeprefix(OWN)).only.file
    np.testing.assert_array_equal(load_checkpoint(path).model.P, made.checkpoint.model.P)
    if page != "data":
        (menu,) = [box for box in app.selectbox if box.key == f"{page}_task"]
        assert f"Theory: {made.label}" in menu.options


def test_theory_needs_nobody_to_have_kept_it(tmp_path, monkeypatch):
    monkeypatch.setenv("ICL_DATA_DIR", str(tmp_path))
    name = next(iter(theory.examples()))
    assert not shelf().has(name.removeprefix(OWN))
    assert find_family(name).only.num_layers == 2
    assert shelf().of("") == []


NAMES = {
    "by its name": lambda entry: entry.name,
    "by its hash": lambda entry: entry.sha256[:12],
}


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("how", NAMES)
def test_a_link_can_name_the_model(how, page, open_page):
    entry = find_entry("full_L3_categorical1-3_d10_n20")
    app = open_page(page, v="1", model=NAMES[how](entry))
    assert app.session_state[f"{page}_task"] == "categorical1-3_d10_n20"
    for field, value in LESSONS[page].config.picks(Kin("full"), 3).items():
        assert app.session_state[f"{page}_{field}"] == value
    assert not [info.value for info in app.info if "link" in info.value]
    assert app.query_params.get("model", "full") == "full"


def test_a_link_can_name_a_model_of_ones_own(open_page):
    own = MODELS["two heads"]()
    digits = found_own(own.id).only.sha256
    for name in (own.name, digits, digits[:20]):
        app = open_page("algorithm", v="1", model=name)
        assert app.session_state["algorithm_task"] == own.name
        assert app.session_state["algorithm_model"] == "diag_H2"


def test_a_page_says_what_it_cannot_show(open_page):
    app = open_page("noise_and_depth", v="1", model="diag_L2_H2_categorical1-3_d10_n20")
    assert any("compares models of one head" in info.value for info in app.info)
    app = open_page("algorithm", v="1", model="diag_L1_uniform5_d10_n20_s1")
    assert any("models of the first seed" in info.value for info in app.info)
    app = open_page("weights", v="1", model="diag_L1_uniform5_d10_n20_s1")
    assert app.session_state["weights_seed"] == 1
    for nothing in ("nobody", "0" * 12, f"{OWN}{'0' * 16}"):
        app = open_page("weights", v="1", model=nothing)
        assert app.session_state["weights_task"] == LESSONS["weights"].default.task
        assert any("cannot be used" in info.value for info in app.info)
        assert not app.exception
