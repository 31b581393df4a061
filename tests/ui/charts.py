"""What the live charts of a page were sent."""

from typing import Any

from streamlit.testing.v1 import AppTest

from ui.live.chart import told_of


def told(app: AppTest) -> list[dict[str, Any]]:
    """The message of every chart, in the page's order."""
    found = (told_of(element.proto.bytes) for element in app.get("bidi_component"))
    return [message for message in found if message is not None]
