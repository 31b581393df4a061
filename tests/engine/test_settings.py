"""Settings: from the environment and a file, each wrong one told in one sentence."""

import logging

import pytest

from icl_core.errors import InputError
from icl_core.settings import NAMES, Settings, settings
from tests.hostile import assert_one_sentence


@pytest.fixture(autouse=True)
def bare(monkeypatch):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def written(tmp_path, monkeypatch):
    """`written(text)` writes the settings file."""

    def write(text: str) -> None:
        (path := tmp_path / "settings.toml").write_text(text)
        monkeypatch.setenv("ICL_SETTINGS", str(path))

    return write


def test_nothing_said_is_every_default_and_an_empty_variable_says_nothing(monkeypatch):
    assert settings() == Settings()
    monkeypatch.setenv("ICL_WAITING", "")
    assert settings() == Settings()


def test_the_environment_goes_before_the_file(written, monkeypatch):
    written("waiting = 5\nmodels = 7\nscheduler = 'tcp://one:8786'")
    monkeypatch.setenv("ICL_WAITING", "4")
    known = settings()
    assert (known.waiting, known.models, known.scheduler) == (4, 7, "tcp://one:8786")
    monkeypatch.setenv("ICL_WAITING", "3")
    assert settings().waiting == 3


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ICL_WAITING", "many", "ICL_WAITING is 'many', which is no whole number"),
        ("ICL_WORKERS", "-1", "ICL_WORKERS is '-1', out of range"),
        ("ICL_RUN_DAYS", "nan", "ICL_RUN_DAYS"),
        ("ICL_DATA_DIR", "a\nb", "expected one line of text"),
        ("ICL_SETTINGS", "/nowhere/at/all.toml", "'all.toml' cannot be read"),
    ],
)
def test_a_wrong_variable_is_one_sentence(monkeypatch, name, value, said):
    monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match=said) as caught:
        settings()
    assert_one_sentence(str(caught.value))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("waiting = ", "settings.toml is no TOML"),
        ("wating = 3", "settings.toml: Settings has no entry 'wating'"),
        ("waiting = [3]", "settings.toml: ICL_WAITING is"),
        ("models = 0", "settings.toml: ICL_MODELS is 0, out of range"),
    ],
)
def test_a_wrong_file_is_one_sentence(written, text, said):
    written(text)
    with pytest.raises(InputError, match=said) as caught:
        settings()
    assert_one_sentence(str(caught.value))


def test_a_variable_that_is_no_setting_is_told(monkeypatch, caplog):
    monkeypatch.setenv("ICL_WATING", "3")
    with caplog.at_level(logging.WARNING, "icl.settings"):
        assert settings() == Settings()
    assert "ICL_WATING is no setting" in caplog.text
