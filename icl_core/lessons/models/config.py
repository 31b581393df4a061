"""Choices of the page on all shipped models, and its named states."""

from dataclasses import dataclass

from icl_core.lessons.shared.bands import STATISTICS, Statistic
from icl_core.lessons.shared.fields import name_or_none, text
from icl_core.lessons.shared.model_map import QUANTITIES, Quantity
from icl_core.models.linear import PARAMETRIZATIONS
from icl_core.validation import Config, checked, choice, integer

ALL = "all"


@dataclass(frozen=True, kw_only=True)
class Models(Config):
    """Choices of the lesson. other "" compares with nothing; noise (a task), parametrization and
    layers (0 is any) narrow the list of models."""

    quantity: Quantity = checked("gain", choice, "The quantity", QUANTITIES)
    model: str = checked("full_L7_uniform5_d10_n20", text, "The model")
    other: str = checked("gdpp_L7_uniform5_d10_n20", name_or_none, "The model to compare with")
    statistic: Statistic = checked("mean", choice, "The statistic", STATISTICS)
    noise: str = checked(ALL, text, "The task of the list")
    parametrization: str = checked(
        ALL, choice, "The parametrization of the list", (ALL, *PARAMETRIZATIONS)
    )
    layers: int = checked(0, integer, "The number of layers of the list", (0, 12))


PRESETS: dict[str, Models] = {
    "Better than published?": Models(),
    "How far from Bayes": Models(quantity="bayes", other="diag_L7_uniform5_d10_n20"),
    "What more depth buys": Models(
        model="full_L7_categorical1-3_d10_n20", other="full_L3_categorical1-3_d10_n20"
    ),
    "Two noise laws": Models(
        quantity="loss", model="diag_L7_uniform5_d10_n20", other="diag_L7_categorical1-3_d10_n20"
    ),
    "GD++ stops early": Models(
        quantity="bayes", model="gdpp_L7_uniform5_d10_n20", other="gdpp_L2_uniform5_d10_n20"
    ),
}
"""Named states of the lesson; the first is its default."""
