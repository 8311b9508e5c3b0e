"""The lock: hashes of what is released, so that a released version never changes.

``prompts.lock`` maps each reference to the hash of its file (front matter included, because a
default is part of what a model sees) and, for a template, to the hash of its closure with all
partials. It only ever grows: a released version that has to change becomes a new version.
"""

from __future__ import annotations

from triptych.errors import PromptError
from triptych.prompts.folder import LOCK, Folder
from triptych.prompts.front import WORKING_COPY
from triptych.prompts.library import Library
from triptych.prompts.loading import digest, read_text
from triptych.prompts.problems import fault

_HEADER = """\
# Hashes of the released prompts. `triptych prompts lint --write-lock` adds new versions;
# an entry never changes: a released version that has to change becomes a new version.
"""

Entry = dict[str, str]


def entries(folder: Folder, library: Library) -> dict[str, Entry]:
    """What a lock of the folder as it is now would hold.

    Args:
        folder: The folder.
        library: A library that holds it, for its templates' partials.

    Raises:
        PromptError: A template in it is wrong.
    """
    found = {
        f"_partials/{reference}": {"file": digest(read_text(path))}
        for reference, path in folder.partials().items()
    }
    for name in folder.names():
        for version in folder.versions(name):
            if version != WORKING_COPY:
                made = library.exact(name, version)
                found[made.reference] = {"file": made.file_sha256, "closure": made.sha256}
    return found


def differences(folder: Folder, now: dict[str, Entry]) -> list[PromptError]:
    """Where the folder and its lock disagree.

    Args:
        folder: The folder.
        now: Its `entries`; those that could not be made may be missing.

    Returns:
        One error for each changed file, unlocked file and entry without a file.
    """
    path = folder.path / LOCK
    locked = folder.lock()
    found = []
    for reference, entry in now.items():
        file = folder.file_of(reference)
        if reference not in locked:
            found.append(fault(
                file, 1, f"'{reference}' is not in {LOCK}.",
                "Release it: triptych prompts lint --write-lock",
            ))  # fmt: skip
        elif entry != locked[reference]:
            found.append(_changed(file, reference))
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
        The references that were added.

    Raises:
        PromptError: A locked version has changed; nothing is written then.
    """
    locked, now = folder.lock(), entries(folder, library)
    for reference, entry in now.items():
        if reference in locked and locked[reference] != entry:
            raise _changed(folder.file_of(reference), reference)
    added = [reference for reference in now if reference not in locked]
    if added or not (folder.path / LOCK).is_file():
        merged = {**now, **locked}
        text = [_HEADER]
        for reference in sorted(merged):
            text.append(f"{reference}:\n")
            text.extend(f"  {kind}: {value}\n" for kind, value in merged[reference].items())
        (folder.path / LOCK).write_text("".join(text), encoding="utf-8", newline="\n")
    return added


def _changed(file: object, reference: str) -> PromptError:
    return fault(
        str(file), 1, f"'{reference}' is released, and its content has changed.",
        "Put the released text back and release the change as a new version.",
    )  # fmt: skip
