"""A task set as a folder: each task a folder of its own, whose name is its id.

::

    tasks/parse-date/task.yaml      request, checks, family, hidden (without files)
    tasks/parse-date/files/…        what a run starts from
    tasks/parse-date/hidden/…       of a command: laid over what was delivered; of a function:
                                    test.py and perhaps preamble.py
    tasks/parse-date/reference/…    a right solution
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from triptych.errors import InputError, LabError, PromptError
from triptych.lab.tasks.form import read_form
from triptych.lab.tasks.task import LabTask, TaskSet
from triptych.prompts.yamltext import load_mapping
from triptych.workspace import read_files

TASK = "task.yaml"
KEYS = ("request", "checks", "family", "hidden")


def read_folder(path: Path) -> TaskSet:
    """The tasks of a folder, by name; other files beside the task folders mean nothing.

    Args:
        path: The folder. Its name is the set's.

    Raises:
        LabError: It holds no task, or one of them is broken; the error names file and line.
    """
    folders = sorted(each for each in path.iterdir() if (each / TASK).is_file())
    if not folders:
        raise LabError(
            f"The folder '{path}' holds no task.", f"Each task is a folder with a {TASK} in it."
        )
    name = path.resolve().name
    return TaskSet(name=name, version="", tasks=tuple(_task(folder) for folder in folders))


def _task(folder: Path) -> LabTask:
    file = folder / TASK
    try:
        head = load_mapping(file.read_text(encoding="utf-8-sig"), file)
        head.only(KEYS)
    except PromptError as error:
        raise LabError(error.message, error.cure) from None
    except (OSError, UnicodeDecodeError):
        raise LabError(f"{file} cannot be read as UTF-8 text.", "Save it as UTF-8.") from None
    data = dict(head.data) | {"id": folder.name, "files": _texts(folder / "files")}
    if "hidden" in data:
        data["hidden"] = _hidden(folder, data["hidden"])
    data["reference"] = _texts(folder / "reference") or None
    return read_form(data, str(file))


def _hidden(folder: Path, given: Any) -> Any:
    texts = _texts(folder / "hidden")
    if not isinstance(given, dict) or not texts:
        return given
    if given.get("kind") == "command":
        return {**given, "files": texts}
    if stray := set(texts) - {"test.py", "preamble.py"}:
        raise LabError(
            f"{folder / 'hidden' / min(stray)} is no part of a hidden check of a function.",
            "It has a test.py and perhaps a preamble.py.",
        )
    return {**given, **{name.removesuffix(".py"): text for name, text in texts.items()}}


def _texts(folder: Path) -> dict[str, str]:
    """Path to text of all files in it; none where there is no such folder."""
    if not folder.is_dir():
        return {}
    found = (each for each in sorted(folder.rglob("*")) if each.is_file() or each.is_symlink())
    paths = [each.relative_to(folder) for each in found if "__pycache__" not in each.parts]
    try:
        return read_files(paths, folder)
    except InputError as error:
        raise LabError(error.message, error.cure) from None
