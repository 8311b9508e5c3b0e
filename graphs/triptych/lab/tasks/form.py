"""How a task is written: a line of a JSONL file, or ``task.yaml`` of a folder.

These words are the published schema (``docs/schemas/tasks.schema.json``). Errors never show what a
file holds: it may be a hidden test.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from triptych.errors import EditError, LabError
from triptych.lab.tasks.task import Hidden, HiddenCheck, HiddenCommand, LabTask
from triptych.state import Task, Word
from triptych.workspace.paths import safe_path

SOLUTION = "solution.py"
"""The path of a reference that is given as one text."""


class FunctionForm(Word):
    """A hidden check of one function."""

    kind: Literal["function"]
    entry_point: str = Field(min_length=1, description="The name that the code must define.")
    test: str = Field(
        min_length=1, repr=False, description="Python source that defines check(candidate)."
    )
    preamble: str = Field(
        default="", repr=False, description="Source that is run before the delivered code."
    )


class CommandForm(Word):
    """Files laid over what was delivered, then a command."""

    kind: Literal["command"]
    command: str = Field(min_length=1, description="Must exit with 0; no shell reads it.")
    files: dict[str, str] = Field(default_factory=dict, repr=False, description="Path to text.")
    timeout: float = Field(default=30.0, gt=0, le=3600, description="Seconds.")


class TaskForm(Word):
    """One task with its hidden check."""

    id: str = Field(min_length=1, description="Unlike all others of the set.")
    request: str = Field(min_length=1, description="What a run is asked for.")
    files: dict[str, str] = Field(default_factory=dict, description="Starting files: path to text.")
    checks: list[str] = Field(default_factory=list, description="Checks that the run sees.")
    family: str = Field(default="", description="Tasks that share an origin share it.")
    hidden: Annotated[FunctionForm | CommandForm, Field(discriminator="kind")]
    reference: str | dict[str, str] | None = Field(
        default=None, repr=False, description="A right solution: a text, or path to text."
    )


def read_form(data: Any, place: str) -> LabTask:
    """A task from its written form.

    Args:
        data: The parsed JSON or YAML.
        place: Begins the error: ``tasks.jsonl:3``.

    Raises:
        LabError: A field is missing, unknown or of the wrong kind, or a path is not safe.
    """
    try:
        form = TaskForm.model_validate(data)
    except ValidationError as error:
        raise LabError(f"{place}: {problem(error)}.", CURE) from None
    return LabTask(
        id=form.id,
        task=Task(request=form.request, files=_safe(form.files, place), checks=form.checks),
        hidden=_hidden(form.hidden, place),
        family=form.family,
        reference=_reference(form, place),
    )


CURE = "docs/schemas/tasks.schema.json says how a task is written."


def written(task: LabTask) -> dict[str, Any]:
    """The written form of a task, without what is empty."""
    hidden: dict[str, Any]
    if isinstance(task.hidden, HiddenCheck):
        hidden = {
            "kind": "function",
            "entry_point": task.hidden.entry_point,
            "test": task.hidden.test,
        }
        hidden |= {"preamble": task.hidden.preamble} if task.hidden.preamble else {}
    else:
        hidden = {
            "kind": "command",
            "command": task.hidden.command,
            "files": dict(task.hidden.files),
            "timeout": task.hidden.timeout,
        }
    made = {
        "id": task.id,
        "request": task.task.request,
        "files": task.task.files,
        "checks": task.task.checks,
        "family": task.family,
        "hidden": hidden,
        "reference": None if task.reference is None else dict(task.reference),
    }
    return {key: value for key, value in made.items() if value}


def problem(error: ValidationError) -> str:
    """The first thing that is wrong, by its place and without the text that stands there."""
    first = error.errors(include_input=False, include_context=False, include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "it"
    words = {"extra_forbidden": "is no known field", "missing": "is missing"}
    said = words.get(first["type"]) or first["msg"][:1].lower() + first["msg"][1:]
    return f"'{where}' {said}" if first["type"] in words else f"'{where}': {said}"


def _hidden(form: FunctionForm | CommandForm, place: str) -> Hidden:
    if isinstance(form, FunctionForm):
        return HiddenCheck(form.entry_point, form.test, form.preamble)
    return HiddenCommand(form.command, _safe(form.files, place), form.timeout)


def _reference(form: TaskForm, place: str) -> Mapping[str, str] | None:
    if form.reference is None:
        return None
    if isinstance(form.reference, dict):
        return _safe(form.reference, place)
    if isinstance(form.hidden, CommandForm):
        raise LabError(
            f"{place}: 'reference' is one text, and a command needs to know its file.",
            'Write {"path": "text"}.',
        )
    return {SOLUTION: form.reference}


def _safe(files: Mapping[str, str], place: str) -> dict[str, str]:
    made: dict[str, str] = {}
    for path, text in files.items():
        try:
            made[safe_path(path)] = text
        except EditError as error:
            raise LabError(f"{place}: {error.message}", error.cure) from None
    return made
