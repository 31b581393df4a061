"""All that the lesson shows, by name."""

from collections.abc import Callable, Mapping

from icl_core.lessons.sine.config import Sine
from icl_core.lessons.sine.inside import features_view, kernel_view
from icl_core.lessons.sine.measure import Learned
from icl_core.lessons.sine.prompt import prompt_view
from icl_core.lessons.sine.training import depth_view, learning_view, likeness_view, losses_view
from icl_core.live import View

VIEWS: Mapping[str, Callable[[Sine, Learned], View]] = {
    "prompt": prompt_view,
    "kernel": kernel_view,
    "features": features_view,
    "losses": losses_view,
    "learning": learning_view,
    "likeness": likeness_view,
    "depth": depth_view,
}
