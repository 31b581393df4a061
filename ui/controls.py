"""Widgets, the frozen config they make, and the URL, kept in step in one place.

A page opens its `Controls`, draws widgets by field name and reads `config()`. A link's values are
text and pass the config's own validation; a bad one falls back to the default and is told in one
sentence. Widget values live in the session under "PAGE_FIELD"; only values that differ from the
defaults stand in the URL.

Why not `bind="query-params"`: it puts the labels of options in the link, and a link or the back
button opened on the page itself would not reach widgets that already have a value.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

import streamlit as st

from icl_core.errors import InputError
from icl_core.export.recipe import LINK_VERSION, link_values
from icl_core.validation import Config, Reach, integer, number
from ui.links import mend_names, unknown_names
from ui.values import escaped, said, written

C = TypeVar("C", bound=Config)
Check = Callable[[Any], Any]
MENU_WIDTH, SLIDER_WIDTH, NUMBER_WIDTH = 210, 195, 104
"""Pixels, where nothing else is said; less on a narrow screen."""


@contextmanager
def control_row() -> Iterator[None]:
    """Widgets side by side, each as wide as it must be, in as many lines as the screen needs."""
    with st.container(
        border=True, horizontal=True, gap="medium", vertical_alignment="top", key="controls"
    ):
        yield


class Controls(Generic[C]):
    """One page's choices."""

    def __init__(self, page: str, default: C, checks: Mapping[str, Check] | None = None) -> None:
        """`checks` are further validations by field: of what only the page knows to exist."""
        self.page = page
        self.default = default
        self.checks = dict(checks or {})
        self._adopted = False
        self._drawn: set[str] = set()
        self._moved: dict[str, str] = {}
        self._refused: dict[str, str] = {}
        self._adopt_link()

    # --- state -----------------------------------------------------------------------------

    def key(self, field: str) -> str:
        return f"{self.page}_{field}"

    def __getitem__(self, field: str) -> Any:
        return st.session_state[self.key(field)]

    def __setitem__(self, field: str, value: Any) -> None:
        if self[field] != value:
            st.session_state[self.key(field)] = value

    def put(self, field: str, value: Any) -> None:
        """Set a value from a callback, which runs before the widgets of the next run."""
        st.session_state[self.key(field)] = value

    def within(self, field: str, reach: Reach) -> None:
        """Move a value that is out of reach (of another task, say) to the nearest, and say so."""
        now = self[field]
        if now is None or (reach.quiet and now == getattr(self.default, field)):
            return
        if (nearest := reach.nearest(now)) != now:
            self.move(field, reach.label, nearest, str(reach))

    def move(
        self, field: str, label: str, value: Any, possible: str = "", *, quiet: bool = False
    ) -> None:
        """Put a value in the place of one that cannot be here, and say so."""
        asked, self[field] = self[field], value
        if not quiet:
            reach = f" (possible: {possible})" if possible else ""
            self._moved[field] = (
                f"{label}: {said(asked)} is out of reach here, so {said(value)} stands in its "
                f"place{reach}."
            )

    def fit(self, reach: Mapping[str, Reach]) -> C:
        """The choices within what their results allow: moved, told and written to the URL."""
        for field, limits in reach.items():
            self.within(field, limits)
        return self.config()

    def tell(self) -> None:
        """Say what was moved, and what was typed and is not used."""
        if self._refused:
            st.error("\n\n".join(self._refused.values()), icon=":material/edit_off:")
        if self._moved:
            st.info("\n\n".join(self._moved.values()), icon=":material/move_down:")
        self._refused.clear()
        self._moved.clear()

    def config(self) -> C:
        """What the widgets hold, validated; the URL follows."""
        self.tell()
        values = {name: self[name] for name in self.default.to_dict()}
        # Streamlit forgets a widget that a run leaves out, unless its value was set by hand.
        st.session_state[f"{self.page}:hidden"] = hidden = values.keys() - self._drawn
        for name in hidden:
            self.put(name, values[name])
        config = self._checked(values)
        st.session_state[f"{self.page}:config"] = config
        self._write_link(config)
        return config

    # --- links -----------------------------------------------------------------------------

    def _adopt_link(self) -> None:
        """Fill the widgets: from a link newly opened, else from what the page held when left.

        A link is new if it is not the one that this page wrote itself: pasted, a preset, or the
        back button.
        """
        fields = self.default.to_dict()
        mend_names()
        link = self._link()
        remembered: C | None = st.session_state.get(f"{self.page}:config")
        left = not all(self.key(name) in st.session_state for name in fields)
        if remembered is None or (left and link) or (not left and link != self._written()):
            config = self._read_link(link)
        elif left:
            config = remembered
        else:
            return
        self._adopted = bool(link)
        for name in fields:
            st.session_state[self.key(name)] = getattr(config, name)

    def _link(self) -> dict[str, str]:
        """The part of the URL that is this page's."""
        fields = ["v", *self.default.to_dict()]
        return {name: st.query_params[name] for name in fields if name in st.query_params}

    def _written(self) -> dict[str, str]:
        return st.session_state.get(f"{self.page}:link", {})

    def _read_link(self, link: Mapping[str, str]) -> C:
        config = self.default
        problems = []
        if link.get("v", LINK_VERSION) != LINK_VERSION:
            problems.append(f"It was made by another version of the app ({link['v'][:20]!r}).")
        for name, value in link.items():
            try:
                if name != "v":
                    config = self._checked(config.to_dict() | {name: value})
            except InputError as error:
                problems.append(str(error))
        _tell_of_link(
            "The link holds something that cannot be used, so the default stands in its place.",
            problems,
        )
        _tell_of_link(
            "The link names something that is not here.", unknown_names(["v", *config.to_dict()])
        )
        return config

    def _checked(self, values: Mapping[str, Any]) -> C:
        config = type(self.default).from_dict(dict(values))
        for name, check in self.checks.items():
            check(getattr(config, name))
        return config

    def _write_link(self, config: C) -> None:
        wanted = link_values(config, self.default)
        # A link to the page from itself leaves the browser's address as it was.
        if self._adopted or self._link() != wanted:
            kept = {k: v for k, v in st.query_params.to_dict().items() if k not in self._link()}
            st.query_params.from_dict(kept | wanted)
        st.session_state[f"{self.page}:link"] = wanted

    # --- widgets ---------------------------------------------------------------------------

    def _widget(self, field: str) -> str:
        """The key of a widget about to be drawn. One that was hidden begins anew in the browser,
        which is told its value only if it is set in this run."""
        self._drawn.add(field)
        if field in st.session_state.get(f"{self.page}:hidden", ()):
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

    def some_of(self, field: str, label: str, options: Mapping[str, str], **more: Any) -> None:
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
        """A number to type.

        Not `st.number_input`: a browser's own number box drops what it does not know before anybody
        can look at it, so that 0,4 becomes 4 and −2 becomes 2.
        """
        self.within(field, Reach(label, low, high))
        check = integer if isinstance(low, int) else number
        self._typed(field, label, lambda text: {field: check(label, text, (low, high))}, **options)

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
        if st.session_state.get(key) != text:
            st.session_state[key] = text
        options.setdefault("width", NUMBER_WIDTH)
        st.text_input(label, key=key, on_change=changed, **options)

    def switch(self, field: str, label: str, **options: Any) -> None:
        st.toggle(label, key=self._widget(field), **options)


def _tell_of_link(what: str, problems: Sequence[str]) -> None:
    if problems:
        more = f" There are {len(problems)} such things." if len(problems) > 1 else ""
        st.info(f"{what} {escaped(problems[0])}{more}", icon=":material/link_off:")
