"""Charts that redraw while a control moves. One function shows one: `live_chart`."""

from ui.live.chart import asked_values, live_chart, look_on_screen
