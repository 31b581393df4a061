"""The app: its frame, and the error boundary around the page that is open."""

from ui.boundary import guarded
from ui.frame import enter
from ui.warm import start_warming

page = enter()
with guarded():
    page.run()
start_warming()
