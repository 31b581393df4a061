"""Choices of the lesson on a visitor's own data, and its named states."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from icl_core.data.prepare import FITS, LONGEST, SPLITS, Fit, Scale
from icl_core.data.table import EXAMPLES, KEY_DIGITS
from icl_core.errors import InputError
from icl_core.lessons.shared.fields import OfModel, name_or_none, text
from icl_core.lessons.shared.parts import Part
from icl_core.lessons.shared.shipped import Kin
from icl_core.models.linear import PARAMETRIZATIONS, Parametrization
from icl_core.validation import LIMITS, checked, choice, integer

SCALES: Mapping[Scale, str] = {
    "raw": "raw",
    "standard": "standardised",
    "white": "whitened",
}
"""How inputs can be prepared, in words."""
CONTEXTS = (3, 5, 8, 12, 20, 30, 50, 100, LONGEST)
"""Numbers of context rows on offer, beside that of the model's training."""
COLUMN = (1, int(LIMITS["table_columns"][1]))
TARGET = 11
"""The last column of the diabetes data."""


def _key(what: str, value: Any) -> str:
    """The name of an example, or a hash of content."""
    known = isinstance(value, str) and value in EXAMPLES
    if known or re.fullmatch(f"[0-9a-f]{{{KEY_DIGITS}}}", str(value)):
        return str(value)
    raise InputError(
        f"{what} {value!r:.40} are neither {' nor '.join(EXAMPLES)} nor the {KEY_DIGITS} digits "
        "of a table that was pasted: open the page and paste it."
    )


def _columns(what: str, value: Any) -> tuple[int, ...]:
    """Different columns by number, ascending; "1,2" is (1, 2)."""
    given = value.split(",") if isinstance(value, str) else value
    if not isinstance(given, (list, tuple)) or not 0 < len(given) <= COLUMN[1]:
        raise InputError(f"{what} are {value!r:.40}: expected numbers of columns, like 1,2,3.")
    return tuple(sorted({integer("A feature's column", number, COLUMN) for number in given}))


PARTS = {
    "rows": Part("More rows", ("rows", "predictions"), (3, 2)),
    "scales": Part("The scale of the inputs", ("scales",)),
    "distribution": Part("Beside the prompts of training", ("distribution",)),
}
"""What is below the first picture."""


@dataclass(frozen=True, kw_only=True)
class Data(OfModel):
    """Choices of the lesson. data: an example, or the hash of a table that the server keeps;
    target, features: columns, from 1; rows: n; fit: by which rows inputs are standardised or
    whitened; seed: of the random splits; split: the one that is shown;
    beside: a second model by its name, "" for none."""

    data: str = checked("diabetes", _key, "The data")
    target: int = checked(TARGET, integer, "The target's column", COLUMN)
    features: tuple[int, ...] = checked(tuple(range(1, TARGET)), _columns, "The features")
    scale: Scale = checked("standard", choice, "The scale of the inputs", SCALES)
    rows: int = checked(20, integer, "The number of context rows n", (2, LONGEST))
    task: str = checked("uniform5_d10_n20", text, "The task")
    parametrization: Parametrization = checked(
        "diag", choice, "The parametrization", PARAMETRIZATIONS
    )
    layers: int = checked(4, integer, "The number of layers L", "num_layers")
    fit: Fit = checked("context", choice, "What scales the inputs", FITS)
    seed: int = checked(0, integer, "The number of the draw", "seed")
    beside: str = checked("", name_or_none, "The model beside")
    part: str = checked("rows", choice, "The part looked at", PARTS)
    split: int = checked(14, integer, "The split", (1, SPLITS))

    of_one_head: ClassVar[bool] = True

    @staticmethod
    def picks(kin: Kin, layers: int) -> dict[str, Any]:
        return {"parametrization": kin.parametrization, "layers": layers}


PRESETS: dict[str, Data] = {
    "Diabetes": Data(),
    "Raw inputs": Data(scale="raw"),
    "Few rows": Data(rows=8),
    "Many rows": Data(rows=50),
    "Whitened": Data(scale="white"),
    "Wine": Data(data="wine", target=1, features=tuple(range(2, 14))),
}
"""Named states of the lesson; the first is its default."""
