"""Results that are computed once."""

import threading
import time

import pytest

from icl_core.remember import remember


def test_arguments_are_the_same_however_they_are_given() -> None:
    calls = []

    @remember(4)
    def add(one: int, other: int = 2) -> list[int]:
        """Both."""
        calls.append((one, other))
        return [one + other]

    assert add(1) is add(1, 2) is add(one=1, other=2)
    assert add(2) == [4]
    assert calls == [(1, 2), (2, 2)]
    assert add.__doc__ == "Both."


def test_what_was_not_asked_for_longest_is_forgotten() -> None:
    @remember(2)
    def own(value: int) -> object:
        return object()

    one, two = own(1), own(2)
    assert own(1) is one
    own(3)
    assert own(1) is one
    assert own(2) is not two


def test_another_version_is_computed_anew() -> None:
    version = {"a": 1, "b": 1}

    @remember(4, lambda given: version[given["name"]])
    def own(name: str = "a") -> object:
        return object()

    one, other = own(), own("b")
    version["a"] = 2
    assert own() is own("a") is not one
    assert own("b") is other


def test_threads_that_ask_at_once_wait_for_one_of_them() -> None:
    started, calls, found = threading.Barrier(8), [], []

    @remember(4)
    def slow(value: int) -> object:
        calls.append(value)
        time.sleep(0.1)
        return object()

    def ask() -> None:
        started.wait()
        found.append(slow(1))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert calls == [1]
    assert len(set(map(id, found))) == 1


def test_an_error_is_not_remembered() -> None:
    failing = [True]

    @remember(4)
    def own() -> str:
        if failing:
            raise ValueError(failing.pop())
        return "done"

    with pytest.raises(ValueError, match="True"):
        own()
    assert own() == "done"
