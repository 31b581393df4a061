"""Choices of the page on all shipped models, and its named states."""

from dataclasses import dataclass

from icl_core.lessons.shared.bands import STATISTICS, Statistic
from icl_core.lessons.shared.fields import text
from icl_core.lessons.shared.model_map import QUANTITIES, Quantity
from icl_core.models.linear import PARAMETRIZATIONS
from icl_core.validation import Config, choice, integer

ALL = "all"


@dataclass(frozen=True, kw_only=True)
class Models(Config):
    """Choices of the lesson. other "" compares with nothing; noise (a task), parametrization and
    layers (0 is any) narrow the list of models."""

    quantity: Quantity = "gain"
    model: str = "full_L7_uniform5_d10_n20"
    other: str = "gdpp_L7_uniform5_d10_n20"
    statistic: Statistic = "mean"
    noise: str = ALL
    parametrization: str = ALL
    layers: int = 0

    def __post_init__(self) -> None:
        kinds = (ALL, *PARAMETRIZATIONS)
        self._set(
            quantity=choice("The quantity", self.quantity, QUANTITIES),
            model=text("The model", self.model),
            other="" if self.other == "" else text("The model to compare with", self.other),
            statistic=choice("The statistic", self.statistic, STATISTICS),
            noise=text("The task of the list", self.noise),
            parametrization=choice("The parametrization of the list", self.parametrization, kinds),
            layers=integer("The number of layers of the list", self.layers, (0, 12)),
        )


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
