"""The lock: hashes of what is released, so that a released version never changes.

``prompts.lock`` maps each reference to the hash of its file (front matter included, because a
default or a parameter is part of what a model is asked with) and, for a template, to the hash of
its closure with all partials, and to that of the schema of its answers. It only ever grows: a
released version that has to change becomes a new version.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from triptych.errors import PromptError
from triptych.prompts.disk import write_whole
from triptych.prompts.folder import LOCK, Folder
from triptych.prompts.front import WORKING_COPY
from triptych.prompts.library import Library
from triptych.prompts.loading import digest, read_text
from triptych.prompts.problems import fault
from triptych.prompts.template import Template
from triptych.prompts.versions import too_small

_HEADER = """\
# Hashes of the released prompts. `triptych prompts lint --write-lock` adds new versions;
# an entry never changes: a released version that has to change becomes a new version.
"""

Entry = dict[str, str]

KINDS = ("file", "closure", "schema")
"""What is hashed of a release: its file, the file with all partials, the schema of its answers."""


def entries(folder: Folder, library: Library) -> dict[str, Entry]:
    """What a lock of the folder as it is now would hold.

    Args:
        folder: The folder.
        library: A library that holds it, for its templates' partials.

    Raises:
        PromptError: A template in it is wrong.
    """
    schema_of = library.find_schema(library.folders.index(folder))
    found = {
        f"_partials/{reference}": {"file": digest(read_text(path))}
        for reference, path in folder.partials().items()
    }
    for name in folder.names():
        for version in folder.released(name):
            made = library.exact(name, version)
            entry = {"file": made.file_sha256, "closure": made.sha256}
            schema = schema_of(made.outputs["schema"]) if made.outputs else ""
            found[made.reference] = {**entry, "schema": schema} if schema else entry
    return found


def differences(folder: Folder, now: dict[str, Entry]) -> list[PromptError]:
    """Where the folder and its lock disagree.

    Args:
        folder: The folder.
        now: Its `entries`; those that could not be made may be missing.

    Returns:
        One error for each changed file, unlocked file and entry without a file, and for each
        newest version whose schema has changed since.
    """
    path = folder.path / LOCK
    locked = folder.lock()
    found = []
    for reference, entry in now.items():
        file = folder.file_of(reference)
        if not set(entry) <= set(locked.get(reference, {})):
            found.append(fault(
                file, 1, f"'{reference}' is not in {LOCK}, or not all of it.",
                "Release it: triptych prompts lint --write-lock",
            ))  # fmt: skip
        elif _differ(entry, locked[reference]):
            found.append(_changed(file, reference))
        elif entry.get("schema") != locked[reference].get("schema") and _newest(folder, reference):
            found.append(fault(
                file, 1, f"the schema of the answers to '{reference}' has changed since.",
                f"Release it anew: triptych prompts new {reference.partition('@')[0]}",
            ))  # fmt: skip
    for reference in locked:
        file = folder.file_of(reference)
        if not file.is_file():
            line = folder.lock_line(reference)
            found.append(fault(
                path, line, f"'{reference}' is locked and its file {file} is gone.",
                "Bring the file back: what is released stays.",
            ))  # fmt: skip
    return found


def write_lock(folder: Folder, library: Library) -> list[str]:
    """Add the versions that are new to the folder's lock.

    Args:
        folder: The folder.
        library: A library that holds it.

    Returns:
        The references that were added, or had a hash added.

    Raises:
        PromptError: A locked version has changed, or a new one is too small a step; nothing is
            written then.
    """
    locked, now = folder.lock(), lockable(folder, library)
    added = [r for r, entry in now.items() if not set(entry) <= set(locked.get(r, {}))]
    if added or not (folder.path / LOCK).is_file():
        # What is locked stays: a newer schema, say, does not change what was released with it.
        merged = {r: {**now.get(r, {}), **locked.get(r, {})} for r in {*now, *locked}}
        text = [_HEADER]
        for reference in sorted(merged):
            text.append(f"{reference}:\n")
            hashes = merged[reference]
            text.extend(f"  {kind}: {hashes[kind]}\n" for kind in KINDS if kind in hashes)
        write_whole(folder.path / LOCK, "".join(text))
    return added


def lockable(folder: Folder, library: Library) -> dict[str, Entry]:
    """The folder's `entries`, if a lock may be written.

    Args:
        folder: The folder.
        library: A library that holds it.

    Raises:
        PromptError: A template is wrong, a locked version has changed, or a new one is too small
            a step.
    """
    locked, now = folder.lock(), entries(folder, library)
    for reference, entry in now.items():
        if reference in locked and _differ(entry, locked[reference]):
            raise _changed(folder.file_of(reference), reference)
    for too_near in small_steps(folder, library):
        raise too_near
    return now


def small_steps(folder: Folder, library: Library) -> Iterator[PromptError]:
    """Released versions whose number is too near to the one before, for what changed.

    Those that the lock holds already are left alone: they can't be mended any more.

    Raises:
        PromptError: A template is wrong.
    """
    locked = folder.lock()
    for name in folder.names():
        for before, version in pairwise(library.released(name)):
            reference = f"{name}@{version}"
            if version in folder.versions(name) and reference not in locked:
                old, new = library.exact(name, before), library.exact(name, version)
                why = too_small(old, new)
                if why:
                    yield fault(new.path, 1, why, "Give it that number, or a greater one.")


def require_locked(template: Template, library: Library) -> None:
    """Refuse a version that may change: one that its folder's lock does not hold as it is.

    Args:
        template: The version.
        library: A library that holds its folder.

    Raises:
        PromptError: It is a working copy, stands in no folder of the library or in no lock, or
            has changed since.
    """
    reference = template.reference
    home = next(
        (f for f in library.folders if f.file_of(reference).resolve() == template.path.resolve()),
        None,
    )
    if home is None or template.version == WORKING_COPY:
        raise PromptError(
            f"'{reference}' in {template.path} is not released, and a channel points at released "
            "versions only.",
            f"Release it first: triptych prompts release {template.full_name}",
        )
    locked = home.lock().get(reference, {})
    if not {"file", "closure"} <= set(locked):
        raise PromptError(
            f"'{reference}' stands in no {LOCK}, so that its text could change under a channel.",
            f"Freeze it first: triptych prompts lint {home.path} --write-lock",
        )
    if _differ({"file": template.file_sha256, "closure": template.sha256}, locked):
        raise _changed(template.path, reference)


def _differ(now: Entry, locked: Entry) -> bool:
    return any(kind in locked and now.get(kind) != locked[kind] for kind in ("file", "closure"))


def _newest(folder: Folder, reference: str) -> bool:
    name, _, version = reference.partition("@")
    return folder.released(name)[-1] == version


def _changed(file: object, reference: str) -> PromptError:
    return fault(
        str(file), 1, f"'{reference}' is released, and its content has changed.",
        "Put the released text back and release the change as a new version.",
    )  # fmt: skip
