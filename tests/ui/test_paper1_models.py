"""Paper 1's linear transformers on the pages that show a model."""

import numpy as np
import pytest

from icl_core.analysis.loss import evaluate
from icl_core.errors import InputError
from icl_core.lessons.catalog import LESSONS
from icl_core.lessons.shared import paper1
from icl_core.lessons.shared.fields import OfModel
from icl_core.lessons.shared.named import find_named
from icl_core.lessons.shared.shipped import find_family
from icl_core.zoo.library import find_entry, load_entry, load_model

PAGES = [page for page, lesson in LESSONS.items() if issubclass(lesson.config, OfModel)]
TIED = "several_layers_tied2_seed3"


def test_its_matrices_are_the_products_of_the_shipped_weights():
    """So that it answers every prompt as the shipped one does."""
    found = find_named(TIED)
    own = load_entry(found.entry, found.folder)
    shipped = load_model(find_entry(TIED)).model
    losses = evaluate({"own": own.model, "shipped": shipped}, found.entry.linear_task, prompts=500)
    assert losses["own"].mean.shape == (3,)
    np.testing.assert_allclose(losses["own"].mean, losses["shipped"].mean, rtol=1e-5)
    assert find_family(found.task).task == find_entry(TIED).task


def test_every_one_has_a_name_and_the_first_seeds_are_offered():
    names = {one.shipped for one in paper1.examples().values()}
    assert {TIED, "one_layer_n10_seed0", "several_layers_untied5_seed1"} <= names
    assert "Paper 1: 1 layer, d = 10, n = 10, seed 0" in paper1.labels().values()
    assert not any("seed 1" in label for label in paper1.labels().values())


@pytest.mark.parametrize(
    ("name", "lesson"),
    [
        ("variations_norm1_seed0", "When training struggles"),
        ("several_layers_blocks12_seed0", "Deeper"),
        ("sine_coded_seed0", "The sine with an MLP"),
    ],
)
def test_what_is_more_than_linear_attention_says_why_and_where(name, lesson):
    with pytest.raises(InputError, match=rf"more than linear attention .* see \*{lesson}\*\.$"):
        find_named(name)


@pytest.mark.parametrize("page", PAGES)
def test_a_link_by_the_manifests_name_opens_it(page, open_page):
    app = open_page(page, v="1", model="one_layer_n10_seed0")
    assert app.session_state[f"{page}_task"] == paper1.name_of("one_layer_n10_seed0")


def test_weights_compare_with_one_of_the_same_shape(open_page):
    one, other = map(paper1.name_of, ("one_layer_n10_seed0", "one_layer_n10_seed1"))
    app = open_page("weights", v="1", model="one_layer_n10_seed0", study="compare", other=other)
    assert app.session_state["weights_task"] == one
    assert app.session_state["weights_other"] == other
