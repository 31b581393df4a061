"""Steps through a lesson: a question is asked of a picture that keeps its answer back, the reader
guesses, and the answer is computed from the same results."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from icl_core.errors import InputError
from icl_core.lessons.shared.words import short
from icl_core.live import View
from icl_core.live.guess import held_back, marked
from icl_core.validation import Config

C = TypeVar("C", bound=Config)
R = TypeVar("R")
CLOSE = 0.25
"""A guessed number counts as right if it is off by at most this part of the answer, or of the range
where that is linear."""


@dataclass(frozen=True, kw_only=True)
class Range:
    """A number to guess, between `low` and `high`: its abscissa on the chart, if it has one, is
    `at`. `log` says that ratios count."""

    label: str
    low: float
    high: float
    log: bool = False
    at: float | None = None

    def is_close(self, guess: float, answer: float) -> bool:
        """Whether a guess is as good as the answer."""
        if self.log:
            return abs(math.log(guess / answer)) <= math.log1p(CLOSE)
        return abs(guess - answer) <= CLOSE * (self.high - self.low) / 2

    def stops(self, count: int = 60) -> tuple[float, ...]:
        """Numbers to choose from, of three digits, evenly or by ratio."""
        parts = [i / count for i in range(count + 1)]
        if self.log:
            found = [self.low * (self.high / self.low) ** part for part in parts]
        else:
            found = [self.low + (self.high - self.low) * part for part in parts]
        return tuple(dict.fromkeys(float(f"{number:.3g}") for number in found))


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What is found: the number of the option that is right, or the number itself, and a sentence
    that says so with its numbers (Markdown)."""

    right: float
    said: str


@dataclass(frozen=True, kw_only=True)
class Step(Generic[C, R]):
    """A question about one state of a lesson.

    config: the state; views: the charts that it speaks of, all of the page's first picture or all
    of one part of it. hides: what is kept back until the answer, by the uid (bands of one
    included), name or group of traces, and how many points of each are shown all the same. The
    guess is one of `options`, or a number within `range`. choices: whether the page's widgets are
    there once it is answered, as they must where one of them is what there is to try.
    """

    question: str
    config: C
    views: tuple[str, ...]
    answer: Callable[[C, R], Answer]
    options: tuple[str, ...] = ()
    range: Range | None = None
    hides: Mapping[str, int] = field(default_factory=dict)
    choices: bool = False

    def __post_init__(self) -> None:
        if bool(self.options) == bool(self.range):
            raise InputError(
                f"The step {self.question!r} needs options or a range to guess in, one of both."
            )

    def is_right(self, guess: float, answer: Answer) -> bool:
        """Whether a guess, the number of an option or a number, is as good as the answer."""
        if self.range is None:
            return guess == answer.right
        return self.range.is_close(guess, answer.right)

    def told(self, guess: float | None, answer: Answer) -> str:
        """The answer in a sentence, after a word on the guess if there is one."""
        right = short(answer.right) if self.range else self.options[int(answer.right)]
        if guess is None:
            verdict = f"{right}."
        elif self.is_right(guess, answer):
            verdict = f"Close: {right}." if self.range else f"Right: {right}."
        else:
            verdict = f"Not so: {right}."
        return f"**{verdict}** {answer.said}"

    def asked(self, view: View) -> View:
        """A view as it is before the answer: without what is kept back, and then nothing of it
        moves, and it says no more than its title."""
        return held_back(view, self.hides)

    def guessed(self, view: View, guess: float) -> View:
        """A view with the number that was guessed, where its chart has a place for it."""
        if self.range is None or self.range.at is None:
            return view
        return marked(view, self.range.at, guess)
