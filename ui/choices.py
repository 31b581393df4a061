"""A page's frozen config as the session holds it, and the link, kept in step in one place.

A link's values are text and pass the config's own validation; a bad one falls back to the default
and is told in one sentence. Widget values live in the session under "PAGE_FIELD"; only values that
differ from the defaults stand in the URL.

Why not `bind="query-params"`: it puts the labels of options in the link, and a link or the back
button opened on the page itself would not reach widgets that already have a value.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import streamlit as st

from icl_core.errors import InputError
from icl_core.export.recipe import LINK_VERSION, link_values
from icl_core.lessons.catalog import LESSONS
from icl_core.lessons.shared.fields import OfModel
from icl_core.lessons.shared.named import opened
from icl_core.lessons.shared.shipped import KINDS
from icl_core.live import Values
from icl_core.validation import Config, Reach
from ui.links import look_problems, mend_names, unknown_names
from ui.values import escaped, said

C = TypeVar("C", bound=Config)
NAMED = "model"
"""In the link of a page that shows a model: the name of one, in the place of the choices that open
it. Some lessons have a choice of that name, which takes what a model can be."""
WHATEVER = next(iter(KINDS))


class Choices(Generic[C]):
    """One page's choices, in the session and in the link."""

    def __init__(self, page: str, default: C) -> None:
        self.page = page
        self.default = default
        self.arrived = False
        """Whether this run comes to the page by no link with choices: from the menu, say."""
        self._adopted = False
        self._drawn: set[str] = set()
        self._moved: dict[str, str] = {}
        self._refused: dict[str, str] = {}
        self._adopt_link()

    @property
    def _of_model(self) -> bool:
        return isinstance(self.default, OfModel)

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

    def puts(self, **reads: Callable[[float], Any]) -> Callable[[Values], None]:
        """A chart's `on_change` that sets these fields to what is read of the chart's values."""

        def moved(values: Values) -> None:
            for field in reads.keys() & values.keys():
                self.put(field, reads[field](values[field]))

        return moved

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
        self._adopted, self.arrived = bool(link), not link
        for name in fields:
            st.session_state[self.key(name)] = getattr(config, name)

    def _link(self) -> dict[str, str]:
        """The part of the URL that is this page's."""
        fields = dict.fromkeys(("v", *self.default.to_dict(), *[NAMED] * self._of_model))
        return {name: st.query_params[name] for name in fields if name in st.query_params}

    def _written(self) -> dict[str, str]:
        return st.session_state.get(f"{self.page}:link", {})

    def _read_link(self, link: Mapping[str, str]) -> C:
        config = self.default
        problems = []
        if link.get("v", LINK_VERSION) != LINK_VERSION:
            problems.append(f"It was made by another version of the app ({link['v'][:20]!r}).")
        if isinstance(config, OfModel) and link.get(NAMED, WHATEVER) not in KINDS:
            link = dict(link)
            try:
                choices, caveat = opened(type(config), link.pop(NAMED))
                config = config.replace(**choices)
                _tell_of_link("", [caveat] * bool(caveat))
            except InputError as error:
                problems.append(str(error))
        for name, value in link.items():
            try:
                if name != "v":
                    config = self._checked(config.to_dict() | {name: value})
            except InputError as error:
                problems.append(str(error))
        problems += look_problems(LESSONS[self.page].views) if self.page in LESSONS else []
        _tell_of_link(
            "The link holds something that cannot be used, so the default stands in its place.",
            problems,
        )
        _tell_of_link(
            "The link names something that is not here.",
            unknown_names(["v", *config.to_dict(), *[NAMED] * self._of_model]),
        )
        return config

    def _checked(self, values: Mapping[str, Any]) -> C:
        return type(self.default).from_dict(dict(values))

    def _write_link(self, config: C) -> None:
        wanted = link_values(config, self.default)
        # A link to the page from itself leaves the browser's address as it was.
        if self._adopted or self._link() != wanted:
            kept = {k: v for k, v in st.query_params.to_dict().items() if k not in self._link()}
            st.query_params.from_dict(kept | wanted)
        st.session_state[f"{self.page}:link"] = wanted


def _tell_of_link(what: str, problems: Sequence[str]) -> None:
    if problems:
        more = f" There are {len(problems)} such things." if len(problems) > 1 else ""
        st.info(f"{what} {escaped(problems[0])}{more}".strip(), icon=":material/link_off:")
