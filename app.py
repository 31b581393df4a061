"""The app: its frame, and the error boundary around the page that is open."""

from ui.boundary import answer
from ui.frame import enter
from ui.warm import start_warming

answer(lambda: enter().run())
start_warming()
