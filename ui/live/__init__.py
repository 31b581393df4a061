"""Charts that redraw while a control moves. One function shows one: `live_chart`."""

from ui.live.chart import Link, Readout, asked_values, live_chart
from ui.live.controls import Control, Player, Slider, Values
from ui.live.figure import Figure
from ui.live.grid import LAYOUT, READOUT, Grid, Quantity

__all__ = [
    "LAYOUT",
    "READOUT",
    "Control",
    "Figure",
    "Grid",
    "Link",
    "Player",
    "Quantity",
    "Readout",
    "Slider",
    "Values",
    "asked_values",
    "live_chart",
]
