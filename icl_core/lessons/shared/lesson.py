"""What a lesson is."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Generic, Literal, ParamSpec, Protocol, TypeVar

import numpy as np

from icl_core.lessons.shared.memo import kept_names
from icl_core.lessons.shared.parts import Part
from icl_core.lessons.shared.steps import Answer, Step
from icl_core.lessons.shared.words import meanings
from icl_core.live import Chart, View
from icl_core.remember import remember
from icl_core.validation import Config, Reach, within_reach
from icl_core.zoo.library import version_of

C = TypeVar("C", bound=Config)
R = TypeVar("R")
S = TypeVar("S")
P = ParamSpec("P")
Section = Literal["Start", "Gradient descent inside", "Beyond linear", "Noise", "Lab"]
Names = tuple[str, ...]


class Face(Protocol[C, R]):
    """What every lesson's package offers, with constants in capitals as modules have them."""

    @property
    def PRESETS(self) -> Mapping[str, C]: ...  # noqa: N802
    @property
    def VIEWS(self) -> Mapping[str, Callable[[C, R], View]]: ...  # noqa: N802
    @property
    def measure(self) -> Callable[[C], R]: ...
    @property
    def finding(self) -> Callable[[C, R], str]: ...


def _calm(function: Callable[P, S]) -> Callable[P, S]:
    """Without numpy's warnings: a model that somebody brings may grow beyond all numbers, and what
    overflows is infinite and drawn as such."""

    @wraps(function)
    def calm(*given: P.args, **named: P.kwargs) -> S:
        with np.errstate(all="ignore"):
            return function(*given, **named)

    return calm


@dataclass(frozen=True, kw_only=True, eq=False)
class Lesson(Generic[C, R]):
    """What a page needs, and what its figures can be made of without it.

    face: named choices, the default first, `measure`, which turns choices into results, and what is
    made of both: views by name, and a sentence with its numbers. about: what the home page says.
    methods, terms: names that the page explains, as `meanings` takes them. reads: the choices that
    results follow from, where that depends on the choices by them; `kept` results are remembered.
    reach: what choices can be, where that follows from results. first: the views of the first
    picture, above one of the face's PARTS, which the choice `part` names; `offers` are the parts of
    a state, all, if nothing is said.
    shows: the views that the page has of a state, where there are no parts; all, if nothing is
    said. prepare: states beside the presets that are worth computing
    beforehand, the most urgent first, each with the views to build.
    """

    face: Face[C, R]
    title: str
    about: str
    section: Section
    icon: str
    methods: str
    terms: Names
    reads: Names | Callable[[C], Names]
    kept: int = 32
    reach: Callable[[C, R], Mapping[str, Reach]] = lambda config, found: {}
    first: Names = ()
    part: str = "part"
    offers: Callable[[C], Names] | None = None
    shows: Callable[[C], Names] | None = None
    prepare: Callable[[], Iterable[tuple[C, Names]]] = lambda: ()
    views: Mapping[str, Callable[[C, R], View]] = field(init=False)
    """What is shown of choices and results, by name."""
    _remembered: Callable[[C], R] = field(init=False)

    def __post_init__(self) -> None:
        remembered = remember(self.kept, lambda given: version_of())(_calm(self.face.measure))
        object.__setattr__(self, "_remembered", remembered)
        views = {name: _calm(view) for name, view in self.face.VIEWS.items()}
        object.__setattr__(self, "views", views)

    @property
    def names(self) -> Mapping[str, str]:
        """What names in legends and symbols mean."""
        return meanings(self.methods.split(), self.terms)

    @property
    def presets(self) -> Mapping[str, C]:
        """Named choices, the default first."""
        return self.face.PRESETS

    @property
    def steps(self) -> tuple[Step[C, R], ...]:
        """Questions in their order, each of a state; a page for reference has none."""
        return getattr(self.face, "STEPS", ())

    def answer(self, step: Step[C, R]) -> Answer:
        """What a step finds, of the results of its own state."""
        return _calm(step.answer)(step.config, self.result(step.config))

    @property
    def measure(self) -> Callable[[C], R]:
        """What turns choices into results; see `result`."""
        return self.face.measure

    @property
    def finding(self) -> Callable[[C, R], str]:
        """What the figures show, in a sentence with its numbers."""
        return _calm(self.face.finding)

    @property
    def default(self) -> C:
        """The choices of a page that is opened without any."""
        return next(iter(self.presets.values()))

    @property
    def config(self) -> type[C]:
        """What holds a reader's choices."""
        return type(self.default)

    def result(self, config: C) -> R:
        """What `measure` makes of the choices that are read, remembered as long as the shipped
        models are the same."""
        names = self._read(config)
        return self._remembered(self.config(**{name: getattr(config, name) for name in names}))

    def _read(self, config: C) -> Names:
        """The choices that the result follows from."""
        return self.reads(config) if callable(self.reads) else self.reads

    def chart(self, name: str, config: C, found: R) -> Chart:
        """One view of choices and their result, made once for all who ask for it as long as the
        shipped models are the same."""
        view = self.views[name]
        own = kept_names(view)
        # What differs in other choices alone is the same chart.
        names = config.to_dict() if own is None else sorted({*own, *self._read(config)})
        chosen = tuple((name, getattr(config, name)) for name in names)
        key = self.config, name, chosen, version_of()
        return Chart(build=lambda: view(config, found), key=key)

    def view(self, name: str, config: C) -> View:
        """One view from choices alone.

        Raises:
            InputError: A choice is out of reach, and another would be shown in its place.
        """
        found = self.result(config)
        within_reach(config, self.reach(config, found))
        return self.views[name](config, found)

    def shown(self, config: C) -> Names:
        """The views that the page shows of a state."""
        if self.shows is not None:
            return self.shows(config)
        offered = self.parts_of(config)
        if not offered:
            return tuple(self.views)
        chosen = getattr(config, self.part)
        part = offered[chosen] if chosen in offered else next(iter(offered.values()))
        return self.first + part.views

    def parts_of(self, config: C) -> Mapping[str, Part]:
        """The parts below the first picture that a state has, by the name that a choice has."""
        known: Mapping[str, Part] = getattr(self.face, "PARTS", {})
        names = known if self.offers is None else self.offers(config)
        return {name: known[name] for name in names}

    def states(self) -> Iterator[tuple[C, Names]]:
        """States worth preparing, with views of them: the default, the other presets, the rest."""
        for config in self.presets.values():
            if shown := self.shown(config):
                yield config, shown
        yield from self.prepare()
