"""All that a chart shows, whatever draws it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from icl_core.errors import InputError
from icl_core.live.controls import Control, check_controls
from icl_core.live.engine import Engine
from icl_core.live.figure import plain_figure, readable
from icl_core.live.grid import READOUT, Grid
from icl_core.plots import Figure
from icl_core.plots.figure import alt_text, figure_name, figure_title


@dataclass(frozen=True, kw_only=True)
class Readout:
    """A number written under the chart; in a grid, the quantity of trace READOUT, field `name`."""

    name: str
    label: str
    value: float
    format: str = ".3g"


@dataclass(frozen=True, kw_only=True)
class Link:
    """Charts of one `group` answer each other's hover.

    `by` says what makes two points the same: "x" their abscissa (a layer), "point" their place in
    the trace (an eigenvalue), "trace" the uid of their trace (a method).
    """

    group: str
    by: Literal["x", "point", "trace"]


@dataclass(frozen=True, kw_only=True, eq=False)
class View:
    """A figure for its controls' own values, and what it is between them.

    The figure's traces need a uid or distinct names, its axes fixed ranges where a grid should draw
    fast. `title` holds wherever the controls stand, while the figure's own, its default, may name
    their values. `caption` is Markdown.
    """

    figure: Figure
    title: str = ""
    caption: str = ""
    controls: Sequence[Control] = ()
    follows: Mapping[str, float] = field(default_factory=dict)
    """Where controls of other charts of the page stand, which the engine reads too."""
    grid: Grid | None = None
    engine: Engine | None = None
    """In the place of a grid."""
    readouts: Sequence[Readout] = ()
    link: Link | None = None
    said: str = ""
    """A sentence about what is drawn, **strong** in places; an engine says it anew as "said"."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", self.title or figure_title(self.figure))
        if self.grid is not None and self.engine is not None:
            raise InputError("A view has a grid or an engine, not both: leave one out.")

    @property
    def source(self) -> Grid | Engine | None:
        """What a browser draws from while a control moves."""
        return self.engine if self.grid is None else self.grid

    @property
    def alt(self) -> str:
        """What the picture shows, for those who cannot see it."""
        return alt_text(self.figure)

    @property
    def name(self) -> str:
        """Of files, without extension."""
        return figure_name(self.figure)

    def plain(self) -> dict[str, Any]:
        """The figure as plain data.

        Raises:
            InputError: Grid, controls, readouts and figure do not fit together.
        """
        check_controls(self.controls)
        known = {readout.name for readout in self.readouts}
        if len(known) < len(self.readouts):
            raise InputError("Two readouts share a name: each needs its own.")
        plain = plain_figure(self.figure)
        if self.grid is not None:
            fields = {trace["uid"]: readable(trace) for trace in plain["data"]}
            self.grid.check_against(self.controls, fields)
            _check_readouts(self.grid, known)
        if self.engine is not None:
            self.engine.check_against(self.controls, self.follows)
        return plain


def _check_readouts(grid: Grid, known: set[str]) -> None:
    for quantity in grid.quantities:
        if quantity.trace == READOUT and quantity.field not in known:
            raise InputError(
                f"The grid has values for the readout {quantity.field!r}, but the chart has "
                f"{sorted(known)}: name one of them."
            )
