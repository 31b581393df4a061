"""Lesson: the construction. Words -> controls -> cached call -> figures."""

from contextlib import suppress

import pandas as pd
import streamlit as st

from icl_core.errors import InputError
from icl_core.lessons import construction as lesson
from icl_core.lessons.construction.config import Construction, starts_at_zero
from icl_core.lessons.construction.prompt import MAX_DIM, edited, parse_prompt
from ui.page import (
    Controls,
    begin,
    control_row,
    course,
    first_picture,
    fragment,
    more_choices,
    part_choice,
    result,
    show_part,
)
from ui.steps import step_of
from ui.values import digits, written

PAGE = "construction"


def prompt_table(controls: Controls[Construction]) -> None:
    """The prompt as a table to edit; the last row is the query, whose target is not known."""
    text = controls["prompt"]
    prompt = parse_prompt(text)
    columns = [f"x{i}" for i in range(1, prompt.dim + 1)] + ["y"]
    names = [str(i) for i in range(1, prompt.num_context + 1)] + ["query"]
    # Another key for another prompt: the table then begins from what it shows.
    key = f"{PAGE}:table:{text}"

    def changed() -> None:
        # What is refused stays in the table until it is mended: see below.
        with suppress(InputError):
            controls.put("prompt", edited(text, st.session_state[key]))

    # As text, for a column of numbers makes 4 of what is typed as 0,4.
    rows = [[*map(written, row), None][: len(columns)] for row in prompt.rows()]
    st.data_editor(
        pd.DataFrame(rows, names, columns),
        key=key,
        on_change=changed,
        column_config={x: st.column_config.TextColumn(alignment="right") for x in columns},
        num_rows="fixed",
        width="content",
        placeholder="?",
    )
    try:
        edited(text, st.session_state[key])
    except InputError as error:
        st.error(f"{error} Until then the last good prompt stays.", icon=":material/edit_off:")


@fragment()
def explore() -> None:
    controls = Controls(PAGE, Construction())
    with control_row():
        # GD++ starts at 0 only.
        if starts_at_zero(controls["start"]):
            controls.slider("gamma", "GD++ strength γ", 0.0, 2.0, 0.05)
        with more_choices():
            controls.text("start", "Start W₀", yields=["gamma"], width=150)
            controls.text("prompt", "The prompt as text: x1 … y; …; query", width=430)
    config = controls.config()
    config = controls.fit(lesson.reach(config, result(config)))
    run = result(config)

    first_picture(config, run, {"descent": controls.puts(eta=digits(5))})
    part = part_choice(controls)
    moved = {"step": controls.puts(layer=lambda at: int(at) + 1)}
    config = controls.config()
    if "step" not in part.views or step_of(PAGE):
        show_part(part, config, run, moved)
        return
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.markdown("**The prompt** (edit any number)")
        prompt_table(controls)
        st.markdown(
            "A token is $e_j = (x_j, y_j)$; the query starts as $(x, -W_0 x)$. A layer adds to "
            "every token, the query too,\n\n"
            r"$$P\,W_V \sum_{i \le n} e_i\, (W_K e_i)^\top (W_Q e_j),$$"
            "\n\nso that targets become residuals, and minus the query's last entry is the answer "
            r"$Wx$: one step of gradient descent on $\frac{1}{2n}\sum_i (W x_i - y_i)^2$. Inputs "
            f"may have up to {MAX_DIM} entries."
        )
    with right:
        show_part(part, config, run, moved)


begin(
    PAGE,
    "**One layer is one step of gradient descent: drag η.** Do a hundred layers still go where a "
    "hundred steps go?",
)
explore()
course(PAGE)
