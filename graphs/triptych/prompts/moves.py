"""Channels and why they point where they do: every move with the comparison that justified it.

``channels.yaml`` says what a channel means today; ``moves.jsonl`` beside it, which only ever grows,
says how it came to that. A move is written there first: if the second file then can't be written,
lint tells, and the same command ends what was begun.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from triptych.errors import PromptError
from triptych.prompts.disk import write_whole
from triptych.prompts.folder import CHANNELS, Folder
from triptych.prompts.front import CHANNEL, VERSION
from triptych.prompts.library import Library
from triptych.prompts.loading import read_text
from triptych.prompts.lock import require_locked
from triptych.prompts.problems import CHANNEL_FORM, fault
from triptych.prompts.yamledit import put

MOVES = "moves.jsonl"

MoveKind = Literal["promote", "rollback"]


@dataclass(frozen=True)
class Move:
    """One move of a channel.

    Attributes:
        at: When, UTC, ISO 8601.
        name: The prompt, with its line.
        channel: ``production``, ``staging``.
        before: The version it pointed at; empty if at none.
        after: The version it points at now.
        sha256: Hash of that version.
        kind: ``promote``, or ``rollback`` to what was before.
        why: In words; may be empty where a comparison is given.
        comparison: The comparison that justified it, as plain JSON: the fields of
            `triptych.lab.results.Comparison`, with ``task_set``, ``model``,
            ``fingerprint_sha256``, ``record`` (a path within the repository, or a hash) and
            ``cells_sha256``, the hash of the record's cells.
    """

    at: str
    name: str
    channel: str
    before: str
    after: str
    sha256: str
    kind: MoveKind
    why: str
    comparison: Mapping[str, Any] | None


def moves(folder: Folder) -> list[Move]:
    """All moves of a folder's channels, oldest first.

    Raises:
        PromptError: The file is damaged; the error names the line.
    """
    path = folder.path / MOVES
    if not path.is_file():
        return []
    return [
        _read(line, path, number)
        for number, line in enumerate(read_text(path).split("\n"), 1)
        if line.strip()
    ]


def move(
    folder: Folder,
    library: Library,
    name: str,
    channel: str,
    version: str,
    *,
    kind: MoveKind,
    why: str,
    comparison: Mapping[str, Any] | None,
) -> Move:
    """Let a channel point at another version, and keep why.

    Args:
        folder: The folder whose ``channels.yaml`` is changed; its comments stay.
        library: A library that holds it.
        name: The prompt, with its line.
        channel: The channel; one that is not there yet is made.
        version: A released version, locked.
        kind: See `Move`.
        why: Reason in words.
        comparison: See `Move`.

    Raises:
        PromptError: There is no such version, it is in no lock or not what was locked, the
            channel's name is none or it points there already, or the files can't be changed.
    """
    if not CHANNEL.fullmatch(channel):
        raise PromptError(f"'{channel}' is no name for a channel.", CHANNEL_FORM)
    if not VERSION.fullmatch(version):
        raise PromptError(
            f"'{name}@{version}' is not released, and a channel points at released versions only.",
            f"Release it first: triptych prompts release {name}",
        )
    target = library.exact(name, version)
    require_locked(target, library)
    before = library.channels(name).get(channel, "")
    own = folder.channels().get(name, {}).get(channel)
    if own is not None and own.value == version:
        raise PromptError(f"{channel} of '{name}' is {version} already.", "There is nothing to do.")
    changed = pointed(folder, name, channel, version)
    made = Move(
        datetime.now(UTC).isoformat(timespec="seconds"), name, channel, before, version,
        target.sha256, kind, why.strip(), comparison,
    )  # fmt: skip
    last = latest(moves(folder)).get((name, channel))
    if last is not None and replace(last, at=made.at) == made:
        made = last  # the same move again: its first attempt ended between the two files
    else:
        _append(folder.path / MOVES, made)
    write_whole(folder.path / CHANNELS, changed)
    return made


def rollback(folder: Folder, library: Library, name: str, channel: str, why: str = "") -> Move:
    """Take the newest promotion back that was not taken back yet.

    Args:
        folder: As of `move`, like the others.
        library: See `move`.
        name: The prompt, with its line.
        channel: The channel.
        why: Reason in words; may be empty.

    Raises:
        PromptError: There is none, or nothing was there before it.
    """
    last = latest(moves(folder)).get((name, channel))
    pointer = folder.channels().get(name, {}).get(channel)
    if last and last.kind == "rollback" and pointer and pointer.value == last.before != last.after:
        # It was begun, and ended between the two files.
        target, why = last.after, last.why
    else:
        target = _standing(folder, name, channel).before
    return move(folder, library, name, channel, target, kind="rollback", why=why, comparison=None)


def latest(of: Iterable[Move]) -> dict[tuple[str, str], Move]:
    """Name and channel to the last move of it."""
    return {(each.name, each.channel): each for each in of}


def pointed(folder: Folder, name: str, channel: str, version: str) -> str:
    """The text of a folder's ``channels.yaml`` with one channel pointing at a version.

    Raises:
        PromptError: The file is written in a way that cannot be changed safely.
    """
    path = folder.path / CHANNELS
    text = read_text(path) if path.is_file() else ""
    return put(text, (name, channel), version, path)


def _standing(folder: Folder, name: str, channel: str) -> Move:
    """The newest promotion that was not taken back yet."""
    standing: list[Move] = []
    for each in moves(folder):
        if (each.name, each.channel) != (name, channel):
            continue
        if each.kind == "promote":
            standing.append(each)
        elif standing:
            standing.pop()
    if not standing or not standing[-1].before:
        raise PromptError(
            f"{channel} of '{name}' has no move to take back in {folder.path}.",
            f"Move it to the version that you want: triptych prompts promote {name}@1.0.0 …",
        )
    return standing[-1]


def _append(path: Path, made: Move) -> None:
    line = json.dumps(asdict(made), ensure_ascii=False, allow_nan=False) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b") as file:
            if file.tell():
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":  # the end of a line is missing: it was cut off
                    line = "\n" + line
            file.write(line.encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise PromptError(
            f"'{path}' cannot be written: {error.strerror}.", "Check the folder's rights."
        ) from None


def _read(line: str, path: Path, number: int) -> Move:
    try:
        data = json.loads(line)
        made = Move(**data)
        texts = (made.at, made.name, made.channel, made.before, made.after, made.sha256, made.why)
        sound = all(isinstance(text, str) for text in texts)
        sound = sound and isinstance(made.comparison, Mapping | None)
        if sound and made.kind in ("promote", "rollback"):
            return made
    except (ValueError, TypeError):
        pass
    raise fault(
        path, number, "this is no move of a channel.",
        "Take the line out if it was cut off; the file is written by `triptych prompts promote`.",
    )  # fmt: skip
