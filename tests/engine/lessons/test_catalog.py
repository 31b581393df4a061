"""What holds for every lesson of the catalog."""

import pytest

from icl_core.errors import InputError
from icl_core.lessons.catalog import LESSONS
from icl_core.lessons.several_layers.config import SeveralLayers
from icl_core.lessons.shared.shipped import families
from icl_core.lessons.weights.config import Weights
from icl_core.validation import Config, within_reach
from tests.hostile import assert_one_sentence

MISFITS = [
    ("several_layers", "layers", SeveralLayers(kind="blocks12", seed=4)),
    ("several_layers", "weights", SeveralLayers(kind="untied5", seed=4)),
    ("weights", "heatmaps", Weights(layers=2, layer=3)),
]


@pytest.mark.parametrize("task", families())
@pytest.mark.parametrize("lesson", ["noise_and_depth", "one_prompt", "weights", "algorithm"])
def test_defaults_are_within_reach_for_every_task(lesson: str, task: str) -> None:
    found = LESSONS[lesson]
    sigma = {"sigma": 1.0} if lesson == "one_prompt" else {}  # the most there is without noise
    config = found.config(task=task, layers=1, **sigma)  # type: ignore[call-arg]
    within_reach(config, found.reach(config, found.measure(config)))


@pytest.mark.parametrize(("lesson", "view", "config"), MISFITS)
def test_a_file_shows_no_other_choice_than_the_one_asked_for(
    lesson: str, view: str, config: Config
) -> None:
    with pytest.raises(InputError, match="out of reach") as caught:
        LESSONS[lesson].view(view, config)
    assert_one_sentence(caught.value)
