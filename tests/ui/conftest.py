"""Pages under AppTest: run, checked for every sign of trouble."""

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

APP = str(Path(__file__).parents[2] / "app.py")
Run = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def no_warming(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's preparations would run on beside the tests."""
    monkeypatch.setattr("ui.warm.start_warming", lambda: None)


@pytest.fixture
def open_page(caplog: pytest.LogCaptureFixture) -> Run:
    """open_page("weights", layers="2") runs the page and fails on anything that went wrong."""

    def run(page: str, **link: str) -> AppTest:
        app = AppTest.from_file(APP, default_timeout=120)
        app.switch_page(f"pages/{page}.py")
        for name, value in link.items():
            app.query_params[name] = value
        app.run()
        check(app)
        return app

    def check(app: AppTest) -> None:
        assert not app.exception
        assert [error.value for error in app.error] == []
        assert [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR] == []

    return run
