"""Everything that can be wrong with a folder of prompts, found in one go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from triptych.errors import PromptError
from triptych.prompts.counts import template_tokens
from triptych.prompts.folder import BUILT_IN, LOCK, Folder, Pointer
from triptych.prompts.front import CHANNEL, NAME, VERSION, WORKING_COPY
from triptych.prompts.history import channel_moves, descent, editor_schemas
from triptych.prompts.jinja import scan
from triptych.prompts.layers import built_in_folder
from triptych.prompts.library import Library
from triptych.prompts.loading import read_text
from triptych.prompts.lock import differences, entries, small_steps
from triptych.prompts.problems import CHANNEL_FORM, fault
from triptych.prompts.template import Template

_URL = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s)>\"']+", re.IGNORECASE)
_SECRET = re.compile(
    r"nvapi-[\w-]{10,}|\bsk-[\w-]{16,}|\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}|\bhf_\w{20,}"
    r"|\bAKIA[0-9A-Z]{16}\b|\bAIza[\w-]{30,}|\bxox[abpr]-[\w-]{10,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)


@dataclass(frozen=True)
class Report:
    """What `lint` found.

    Attributes:
        problems: The faults, ready to print; empty if all is well.
        tokens: Reference to estimated tokens of the template without values.
    """

    problems: list[PromptError]
    tokens: dict[str, int]


def open_folder(path: str | Path | None = None) -> tuple[Folder, Library]:
    """A folder and the library in which its references mean something.

    Args:
        path: The folder; None is the built-in one.

    Raises:
        PromptError: There is no such folder.
    """
    base = Folder(built_in_folder(), BUILT_IN)
    if path is None or Path(path).resolve() == base.path:
        return base, Library((base,))
    folder = Folder(Path(path), str(path))
    if not folder.path.is_dir():
        raise PromptError(f"There is no folder '{path}'.", "Name a folder of prompts.")
    return folder, Library((folder, base))


def lint(folder: Folder, library: Library, *, released: bool | None = None) -> Report:
    """Look for everything that is wrong with a folder of prompts.

    Args:
        folder: The folder.
        library: A library that holds it; see `open_folder`.
        released: True if it must have no working copies and a complete lock. None: it must if
            it is the built-in one; another folder is held to its lock only if it has one.

    Returns:
        The faults (the first of each template file), and the tokens of each template.
    """
    released = folder.layer == BUILT_IN if released is None else released
    problems = [*_strays(folder)]
    tokens: dict[str, int] = {}
    for name in folder.names():
        for version in folder.versions(name):
            try:
                made = library.exact(name, version)
            except PromptError as error:
                problems.append(error)
                continue
            tokens[made.reference] = template_tokens(made)
            problems.extend(_template(made))
            problems.extend(descent(made, folder, library))
            if released and version == WORKING_COPY:
                problems.append(fault(
                    made.path, 1, "a working copy cannot be released.",
                    f"Rename it to its version, or move it to a folder of your own ({name}).",
                ))  # fmt: skip
    for path in folder.partials().values():
        problems.extend(_partial(path))
    problems.extend(_pointers(folder, library))
    problems.extend(channel_moves(folder, library))
    problems.extend(editor_schemas(folder))
    if released or (folder.path / LOCK).is_file():
        problems.extend(_lock(folder, library))
    return Report(list({p.message: p for p in problems}.values()), tokens)


def _template(made: Template) -> Iterator[PromptError]:
    if made.version != WORKING_COPY and not str(made.metadata.get("changelog") or "").strip():
        yield fault(
            made.path, 1, f"{made.reference} has no changelog.",
            "Say under 'metadata: {changelog: …}' what is new.",
        )  # fmt: skip
    if made.outputs and not made.schema_sha256:
        name = made.outputs["schema"]
        yield fault(
            made.path, 1, f"nothing is known of the schema '{name}'.",
            f"Put it into _schemas/{name}.json, so that a change of it is seen.",
        )  # fmt: skip
    yield from _secrets(made.text, made.path)
    for message in made.messages:
        yield from _urls(message.source, made.path, message.line)


def _partial(path: Path) -> Iterator[PromptError]:
    try:
        text = read_text(path)
        scan(text, path, 1)
    except PromptError as error:
        yield error
        return
    yield from _secrets(text, path)
    yield from _urls(text, path, 1)


def _secrets(text: str, path: Path) -> Iterator[PromptError]:
    for number, line in enumerate(text.split("\n"), 1):
        if _SECRET.search(line):
            yield fault(path, number, "this looks like a secret.", "Remove it, and revoke it.")


def _urls(text: str, path: Path, first: int) -> Iterator[PromptError]:
    for number, line in enumerate(text.split("\n"), first):
        found = _URL.search(line)
        if found:
            yield fault(
                path, number, f"the body holds the address '{found[0]}'.",
                "Leave it out: a model cannot open it, and prompts name no place.",
            )  # fmt: skip


def _pointers(folder: Folder, library: Library) -> Iterator[PromptError]:
    try:
        for name, channels in folder.channels().items():
            for channel, pointer in channels.items():
                if not CHANNEL.fullmatch(channel):
                    yield fault(
                        pointer.path, pointer.line, f"'{channel}' is no name for a channel.",
                        CHANNEL_FORM,
                    )  # fmt: skip
                yield from _points_nowhere(library, pointer, f"{name}@{pointer.value}")
    except PromptError as error:
        yield error
    for set_name in folder.sets():
        try:
            for pointer in folder.stages(set_name).values():
                yield from _points_nowhere(library, pointer, pointer.value)
        except PromptError as error:
            yield error


def _points_nowhere(library: Library, pointer: Pointer, selector: str) -> Iterator[PromptError]:
    try:
        library.follow(pointer, selector)
    except PromptError as error:
        yield error


def _lock(folder: Folder, library: Library) -> Iterator[PromptError]:
    try:
        now = entries(folder, library)
    except PromptError:
        return  # told already, by its own file; the lock is looked at when that is right
    try:
        yield from differences(folder, now)
        yield from small_steps(folder, library)
    except PromptError as error:
        yield error


def _strays(folder: Folder) -> Iterator[PromptError]:
    for path in sorted(folder.path.iterdir()):
        inside = path.is_dir() and not path.name.startswith(".")
        if not inside or path.name in ("sets", "_schemas"):
            continue
        places = sorted(path.iterdir()) if path.name == "_partials" else [path]
        for place in places:
            yield from _stray_names(place, partial=path.name == "_partials")


def _stray_names(place: Path, *, partial: bool) -> Iterator[PromptError]:
    if not place.is_dir() or not NAME.fullmatch(place.name):
        yield fault(place, 1, f"'{place.name}' is no name for a prompt.", "Rename the folder.")
        return
    for file in sorted(place.glob("[!.]*")):
        named = VERSION.fullmatch(file.stem) or (file.stem == WORKING_COPY and not partial)
        if not named or file.suffix != ".md":
            yield fault(
                file, 1, f"'{file.name}' is no version.",
                "Name it 1.0.0.md, or _next.md while you work on it.",
            )  # fmt: skip
