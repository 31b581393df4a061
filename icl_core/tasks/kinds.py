"""Every kind of task that a file can name; a new kind is a `Task` and its place here."""

from collections.abc import Mapping
from typing import Any

from icl_core.errors import InputError
from icl_core.tasks.linear import LinearTask
from icl_core.tasks.sine import SineTask
from icl_core.validation import choice, mapping

AnyTask = LinearTask | SineTask
KINDS: Mapping[str, type[AnyTask]] = {"linear": LinearTask, "sine": SineTask}


def linear(task: AnyTask) -> LinearTask:
    """The task, known to be noisy linear regression."""
    if not isinstance(task, LinearTask):
        raise InputError("The model's task is no linear regression: choose another model.")
    return task


def task_to_dict(task: AnyTask) -> dict[str, Any]:
    """The task as plain JSON-able values; a linear one does not say so, as in files from before
    there were others."""
    kind = next(name for name, known in KINDS.items() if type(task) is known)
    return ({} if kind == "linear" else {"kind": kind}) | task.to_dict()


def task_from_dict(values: Any) -> AnyTask:
    """The inverse of `task_to_dict`, validated."""
    given = mapping("The task", values)
    return KINDS[choice("The kind of task", given.pop("kind", "linear"), KINDS)].from_dict(given)
