"""Widgets by field name, and the frozen config they make.

A page opens its `Controls`, draws widgets and reads `config()`; see `ui.choices` for the rest.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import streamlit as st

from icl_core.errors import InputError
from icl_core.validation import Reach, integer, number
from ui.choices import C, Choices
from ui.values import escaped, said, written

MENU_WIDTH, SLIDER_WIDTH, NUMBER_WIDTH = 210, 195, 104
"""Pixels, where nothing else is said; less on a narrow screen."""


@contextmanager
def control_row(name: str = "") -> Iterator[None]:
    """Widgets side by side, each as wide as it must be, in as many lines as the screen needs; a
    `name` tells several rows of a page apart."""
    key = f"controls_{name}" if name else "controls"
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom", key=key):
        yield


FOLDED: ContextVar[bool] = ContextVar("folded", default=False)
"""Whether widgets are being drawn that the browser may not have made yet."""


@contextmanager
def folded(label: str, *, key: str, **looks: Any) -> Iterator[None]:
    """Widgets behind a button. The browser makes them when it is first pressed, perhaps many runs
    later, and from what the last run said: so every run says their values."""
    within = FOLDED.set(True)
    try:
        with st.popover(label, key=key, **looks), st.container(gap="small"):
            yield
    finally:
        FOLDED.reset(within)


class Controls(Choices[C]):
    """One page's widgets."""

    def _widget(self, field: str) -> str:
        """The key of a widget about to be drawn. One that was hidden begins anew in the browser,
        which is told its value only if it is set in this run."""
        self._drawn.add(field)
        if FOLDED.get() or field in st.session_state.get(f"{self.page}:hidden", ()):
            self.put(field, self[field])
        return self.key(field)

    def slider(
        self, field: str, label: str, low: Any, high: Any, step: Any = None, **options: Any
    ) -> None:
        """A number between bounds, a whole number of steps from the lower one."""
        self.within(field, Reach(label, low, high))
        if step:
            at = type(low)(f"{low + step * round((self[field] - low) / step):.12g}")
            if not math.isclose(at, self[field], abs_tol=1e-12):
                self.move(field, label, at, f"steps of {step:g}")
        if low < high:
            options.setdefault("width", SLIDER_WIDTH)
            st.slider(label, low, high, step=step, key=self._widget(field), **options)
        else:
            st.slider(label, low, high + (step or 1), key=f"{self.key(field)}_fixed", disabled=True)

    def steps(self, field: str, label: str, values: Mapping[Any, str], **options: Any) -> None:
        """A slider over given values and their labels; any other value moves to the nearest."""
        now, numbers = self[field], [value for value in values if value is not None]
        # What training had stands in the list as None.
        if now not in values and values.get(None) == f"{now:g}":
            self[field] = now = None
        if now not in values:
            self.move(field, label, min(numbers, key=lambda value: abs(value - now)))
        options.setdefault("width", SLIDER_WIDTH)
        st.select_slider(
            label,
            list(values),
            format_func=lambda value: values[value],
            key=self._widget(field),
            **options,
        )

    def one_of(
        self, field: str, label: str, options: Mapping[Any, str], *, menu: bool = False, **more: Any
    ) -> None:
        """A choice; `options` maps values to what the visitor reads."""
        values = list(options)
        if (now := self[field]) not in values:
            counts = isinstance(now, int) and all(isinstance(value, int) for value in values)
            to = min(values, key=lambda v: abs(v - now)) if counts else values[0]
            # An empty name asks for whatever is first.
            self.move(field, label, to, quiet=now == "")
        more |= {"format_func": lambda value: options[value], "key": self._widget(field)}
        if menu:
            more.setdefault("width", MENU_WIDTH)
            st.selectbox(label, values, **more)
        else:
            st.segmented_control(label, values, required=True, **more)

    def some_of(self, field: str, label: str, options: Mapping[Any, str], **more: Any) -> None:
        """Several choices, at least one."""
        values = [value for value in self[field] if value in options] or list(options)
        # The default stands for all there are; pills that were all let go are all on again.
        if self[field] and set(self[field]) != set(values):
            everything = tuple(self[field]) == getattr(self.default, field)
            self.move(field, label, values, quiet=everything)
        self[field] = values
        st.pills(
            label,
            list(options),
            selection_mode="multi",
            format_func=lambda value: options[value],
            key=self._widget(field),
            **more,
        )

    def number(self, field: str, label: str, low: Any, high: Any, **options: Any) -> None:
        """A number to type; none, where that is the default.

        Not `st.number_input`: a browser's own number box drops what it does not know before anybody
        can look at it, so that 0,4 becomes 4 and −2 becomes 2.
        """
        self.within(field, Reach(label, low, high))
        check = integer if isinstance(low, int) else number
        optional = getattr(self.default, field) is None

        def read(text: str) -> dict[str, Any]:
            none = optional and not text.strip()
            return {field: None if none else check(label, text, (low, high))}

        self._typed(field, label, read, **options)

    def text(self, field: str, label: str, *, yields: Sequence[str] = (), **options: Any) -> None:
        """A line to type, which the config checks; the fields `yields` go back to their defaults
        where they do not fit it."""

        def read(text: str) -> dict[str, Any]:
            given = {name: self[name] for name in self.default.to_dict()} | {field: text}
            freed = {name: getattr(self.default, name) for name in yields}
            try:
                return {field: getattr(self._checked(given), field)}
            except InputError:
                if not yields:
                    raise
                return {field: getattr(self._checked(given | freed), field)} | freed

        self._typed(field, label, read, **options)

    def _typed(
        self, field: str, label: str, read: Callable[[str], dict[str, Any]], **options: Any
    ) -> None:
        """A line whose text becomes values by `read`. What is refused stays in the line, with a
        sentence, and the last good value stays in effect."""
        key = f"{self.key(field)}:typed"
        refused = st.session_state.setdefault(f"{key}:refused", {})

        def changed() -> None:
            refused.clear()
            try:
                values = read(st.session_state[key])
            except InputError as error:
                refused.update(text=st.session_state[key], beside=self[field], why=str(error))
            else:
                for name, value in values.items():
                    self.put(name, value)

        # Neither beside another value nor on a page that was left.
        if key not in st.session_state or refused.get("beside") != self[field]:
            refused.clear()
        if refused:
            self._refused[field] = (
                f"{escaped(refused['why'])} Until then {said(self[field])} stays."
            )
        text = refused.get("text", written(self[field]))
        if FOLDED.get() or st.session_state.get(key) != text:
            st.session_state[key] = text
        options.setdefault("width", NUMBER_WIDTH)
        st.text_input(label, key=key, on_change=changed, **options)

    def switch(self, field: str, label: str, **options: Any) -> None:
        st.toggle(label, key=self._widget(field), **options)
