"""Results that are computed once."""

import threading
import time

import numpy as np
import pytest

from icl_core.remember import Store, bytes_of, remember


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


def test_a_store_holds_no_more_than_its_limit_and_forgets_what_was_not_asked_for_longest() -> None:
    store = Store(lambda: 100, lambda key, value: len(value))
    made = []

    def get(key: str, size: int) -> str:
        return store.get(key, lambda: made.append(key) or key * size)

    assert (get("a", 40), get("b", 40)) == ("a" * 40, "b" * 40)
    get("a", 40)
    get("c", 40)
    assert store.held == 80
    get("a", 40)
    assert made == ["a", "b", "c"]
    get("b", 40)
    assert made == ["a", "b", "c", "b"]
    assert get("d", 101) == "d" * 101, "too large to be kept, and answered all the same"
    assert store.held == 0


def test_a_limit_may_sink() -> None:
    limit = 100
    store = Store(lambda: limit, lambda key, value: 10)
    for key in range(10):
        store.get(key, str)
    limit = 30
    store.get("one more", str)
    assert store.held == 30


def test_nothing_is_left_of_an_error() -> None:
    store = Store(lambda: 100, lambda key, value: 1)
    for key in range(5):
        with pytest.raises(ZeroDivisionError):
            store.get(key, lambda: 1 // 0)
    assert (len(store._places), store.held) == (0, 0)


def test_a_store_is_true_to_its_limit_when_many_threads_ask_at_once() -> None:
    store = Store(lambda: 50, lambda key, value: value)
    wrong = []

    def ask(seed: int) -> None:
        rng = np.random.default_rng(seed)
        for key in rng.integers(1, 20, 2000).tolist():
            if store.get(key, lambda key=key: key) != key:
                wrong.append(key)

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert store.held == sum(place.size for place in store._places.values()) <= 50


def test_bytes_are_counted_with_all_that_a_value_holds() -> None:
    text, numbers = "x" * 10_000, np.zeros(5_000)
    assert 40_000 <= bytes_of(numbers) < 40_500
    assert bytes_of(numbers[::50]) >= 40_000, "a view holds the whole array"
    assert 50_000 <= bytes_of({"one": [text, text], "other": (numbers, numbers[:3])}) < 52_000
    assert bytes_of([text] * 3 + [np.array([text], object)]) < 11_000
