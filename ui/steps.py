"""Steps of a lesson on its page: the question, the guess, the answer; the link says which."""

from typing import Any

import streamlit as st

from icl_core.errors import InputError
from icl_core.lessons.catalog import LESSONS
from icl_core.lessons.paths import COURSE
from icl_core.lessons.shared.steps import Step
from icl_core.lessons.shared.words import short
from icl_core.live import Chart, View
from icl_core.validation import integer
from ui.links import STEP
from ui.presets import preset_link
from ui.screen import kept, listen, present_button, presented
from ui.values import escaped


def step_link(page: str, number: int) -> dict[str, str]:
    """Query parameters of a lesson's step, counted from 1."""
    return kept() | {STEP: str(number)} | preset_link(LESSONS[page].steps[number - 1].config)


def open_steps(page: str) -> None:
    """Bring a link that names a step to the step's choices, if it holds none; one that names no
    step of the page is told of. Call it before the choices are read."""
    before, given = st.session_state.get(f"{page}:step"), st.query_params.get(STEP)
    st.session_state[f"{page}:step"] = given
    if given == before:
        return
    # A link to the page from itself leaves the browser's address as it was.
    st.query_params.from_dict(st.query_params.to_dict())
    if given is None:
        return
    try:
        number = integer("The step in the link", given, (1, max(1, len(LESSONS[page].steps))))
        if not LESSONS[page].steps:
            raise InputError("The link names a step, but this page has none.")
    except InputError as error:
        del st.query_params[STEP]
        st.info(f"{escaped(str(error))} The whole page is shown.", icon=":material/link_off:")
        return
    if "v" not in st.query_params:
        st.query_params.update(step_link(page, number))


def number_of(page: str) -> int:
    """Which step the page is in, counted from 1; 0 if in none."""
    steps, given = LESSONS[page].steps if page in LESSONS else (), st.query_params.get(STEP, "")
    return int(given) if given.isdecimal() and 1 <= int(given) <= len(steps) else 0


def step_of(page: str) -> Step[Any, Any] | None:
    """The step that the page is in."""
    number = number_of(page)
    return LESSONS[page].steps[number - 1] if number else None


def invitation(page: str) -> None:
    """A link to the first step."""
    if steps := LESSONS[page].steps:
        with st.container(key="steps", width="content"):
            _link(page, 1, f"Guess first: {len(steps)} questions", ":material/quiz:")


def _link(page: str, number: int, label: str, icon: str = "") -> None:
    st.page_link(f"pages/{page}.py", label=label, icon=icon, query_params=step_link(page, number))


def _answered(page: str) -> dict[int, float | None]:
    """What was guessed, of the steps that were answered."""
    return st.session_state.setdefault(f"{page}:answered", {})


def as_asked(page: str, made: Chart) -> Chart:
    """A chart as the page's step shows it."""
    step, number = step_of(page), number_of(page)
    if step is None:
        return made
    answered = _answered(page)
    guess = answered.get(number, st.session_state.get(_guess_key(page, number)))
    if number in answered and guess is None:
        return made

    def build() -> View:
        view = made.build() if number in answered else step.asked(made.build())
        return view if guess is None else step.guessed(view, guess)

    # A class is in the same step, and what is shown follows from it.
    asked = "step", number, number in answered, guess
    return Chart(build=build, key=None if made.key is None else (asked, made.key))


def is_asked(page: str) -> bool:
    """Whether the page is in a step whose answer is not yet shown."""
    number = number_of(page)
    return bool(number) and number not in _answered(page)


def _guess_key(page: str, number: int) -> str:
    return f"{page}:guess:{number}"


def panel(page: str) -> None:
    """The question of the step that the page is in, a guess, and the answer."""
    step, number = step_of(page), number_of(page)
    if step is None:
        return
    answered = _answered(page)
    with st.container(
        border=True, key="step_with_choices" if step.choices else "step", gap="xsmall"
    ):
        _numbers(page, number)
        widths = [4, 1] if number in answered else [5, 4]
        left, right = st.columns(widths, gap="medium", vertical_alignment="center")
        with left:
            st.markdown(f"**{step.question}**")
            if number in answered:
                st.markdown(step.told(answered[number], LESSONS[page].answer(step)))
        with right:
            if number in answered:
                _onward(page, number)
            else:
                _ask(page, step, number)
    if not presented():
        listen()


def _numbers(page: str, number: int) -> None:
    """Which of how many, as links, and the way out, which keeps what stands."""
    count, own = len(LESSONS[page].steps), {number - 1: "step_back", number: "step_now"}
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key="step_row"):
        st.caption(f"Question {number} of {count}", width="content")
        for at in range(1, count + 1):
            with st.container(key=own.get(at, f"step_{at}"), width="content"):
                _link(page, at, str(at))
        if presented():
            return
        st.space("stretch")
        present_button("step")
        with st.container(key="step_leave", width="content"):
            now = st.session_state.get(f"{page}:config", LESSONS[page].steps[number - 1].config)
            looks: dict[str, Any] = {"icon": ":material/close:", "query_params": preset_link(now)}
            st.page_link(f"pages/{page}.py", label="Whole page", **looks)


def _ask(page: str, step: Step[Any, Any], number: int) -> None:
    key, answered = _guess_key(page, number), _answered(page)

    def reveal() -> None:
        answered[number] = st.session_state.get(key)

    with st.container(horizontal=True, vertical_alignment="center"):
        if step.range is None:
            options = dict(enumerate(step.options))
            looks: dict[str, Any] = {"horizontal": True, "label_visibility": "collapsed"}
            st.radio("Your guess", options, None, options.get, key=key, **looks)
        else:
            stops = step.range.stops()
            st.select_slider(step.range.label, stops, stops[len(stops) // 2], short, key=key)
        with st.container(key="step_reveal", width="content"):
            st.button("Reveal", on_click=reveal, type="primary")


def _onward(page: str, number: int) -> None:
    """The next question, or the first of the next lesson, or what was asked about."""
    with st.container(key="step_onward"):
        if number < len(LESSONS[page].steps):
            _link(page, number + 1, "**Next question**", ":material/arrow_forward:")
        elif page in COURSE[:-1]:
            following = COURSE[COURSE.index(page) + 1]
            label, icon = f"**Next lesson: {LESSONS[following].title}**", ":material/arrow_forward:"
            if LESSONS[following].steps:
                _link(following, 1, label, icon)
            else:
                st.page_link(f"pages/{following}.py", label=label, icon=icon, query_params=kept())
        else:
            here = kept() | preset_link(LESSONS[page].steps[-1].config)
            st.page_link(f"pages/{page}.py", label="**The whole page**", query_params=here)
