"""Figures with what moves on them, whatever draws them: the app, a file, the command line."""

from icl_core.live.chart import Chart
from icl_core.live.controls import Carried, Control, Player, Slider, Switch, Values
from icl_core.live.engine import Engine
from icl_core.live.grid import LAYOUT, READOUT, Grid, Quantity
from icl_core.live.points import Points
from icl_core.live.view import Link, Readout, View
