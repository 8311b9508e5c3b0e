"""An experiment from its YAML file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from triptych.errors import LabError, PromptError
from triptych.lab.experiment.consistent import Key, Where, consistent
from triptych.lab.words import Experiment, Prompts, TaskSource, Variant
from triptych.models.catalogue.names import nearest
from triptych.prompts.yamltext import YamlMapping, load_mapping
from triptych.state import Budget, Strategy

SCHEMA = "docs/schemas/experiment.schema.json has all fields."


def read_experiment(path: Path) -> Experiment:
    """The definition in a YAML file, checked as far as it can be without its tasks and prompts.

    Args:
        path: The file. `resolve(experiment, base=path.parent)` finds what it names.

    Raises:
        LabError: It cannot be read, is no YAML, or says something it may not; the error begins with
            ``path:line:``.
    """
    head = _mapping(path)
    try:
        # Strict: what the published schema refuses ("3" for a number) is refused here, too.
        experiment = Experiment.model_validate(head.data, strict=True)
    except ValidationError as error:
        raise _told(error, head) from None
    where = places(path)
    consistent(experiment, where)
    if (experiment.tasks.set is None) == (experiment.tasks.path is None):
        raise LabError(
            f"{where(('tasks',))}tasks need exactly one of 'set' and 'path'.",
            "Write tasks: {set: humaneval}, or tasks: {path: my-tasks.jsonl}.",
        )
    return experiment


def places(path: Path) -> Where:
    """Places errors in a YAML file: for `resolve(…, where=places(path))`.

    Raises:
        LabError: It cannot be read.
    """
    head = _mapping(path)
    return lambda key: f"{path}:{head.line(*key)}: "


def _mapping(path: Path) -> YamlMapping:
    try:
        return load_mapping(path.read_text(encoding="utf-8-sig"), path)
    except PromptError as error:
        raise LabError(error.message, error.cure) from None
    except UnicodeDecodeError:
        raise LabError(f"{path} is no UTF-8 text.", "Save it as UTF-8.") from None
    except OSError as error:
        raise LabError(f"{path} cannot be read: {error.strerror}.", "Check the path.") from None


def _told(error: ValidationError, head: YamlMapping) -> LabError:
    """The first problem, at its line."""
    problems = error.errors(include_url=False, include_context=False)
    first = problems[0]
    key: Key = tuple(part for part in first["loc"] if isinstance(part, str) and part != "[key]")
    name, more = ".".join(map(str, first["loc"])), len(problems) - 1
    place = f"{head.path}:{head.line(*key)}: "
    end = f" (and {more} more)" if more else ""
    if first["type"] == "missing":
        return LabError(f"{place}'{name}' is missing{end}.", SCHEMA)
    if first["type"] == "extra_forbidden":
        known = list(_word_at(key[:-1]).model_fields)
        return LabError(
            f"{place}unknown key '{name}'{end}.", f"Did you mean {nearest(key[-1], known)}?"
        )
    said = first["msg"][:1].lower() + first["msg"][1:]
    return LabError(f"{place}'{name}' is {_short(first['input'])}: {said}{end}.", SCHEMA)


def _word_at(key: Key) -> type[BaseModel]:
    """Which word a mapping of the file becomes."""
    if key[:1] == ("variants",) and len(key) > 1:
        inner: dict[str, type[BaseModel]] = {
            "prompts": Prompts,
            "strategy": Strategy,
            "budget": Budget,
        }
        return inner.get(key[2] if len(key) > 2 else "", Variant)
    return TaskSource if key == ("tasks",) else Experiment


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
