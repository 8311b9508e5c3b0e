"""Reading the user's files into memory and writing results back, inside one folder."""

from __future__ import annotations

import difflib
import os
import secrets
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

from triptych.errors import EditError, InputError
from triptych.workspace.paths import safe_path

MAX_FILE_BYTES = 1024 * 1024
"""The largest file that is read, in bytes."""

MAX_TOTAL_BYTES = 8 * 1024 * 1024
"""The most that is read in all, in bytes."""


def read_files(paths: Iterable[str | Path], root: Path) -> dict[str, str]:
    """Read text files.

    Args:
        paths: Files, absolute or relative to `root`.
        root: The folder that they must lie in, symbolic links followed.

    Returns:
        POSIX path relative to `root` -> text, line ends untouched, in the order given.

    Raises:
        InputError: A file is missing, a directory, outside of `root`, not UTF-8 text, over 1 MiB,
            or all together are over 8 MiB.
    """
    texts: dict[str, str] = {}
    total = 0
    for path in paths:
        name = _relative(path, root)
        data = _read(root / path, str(path), root)
        total += len(data)
        if total > MAX_TOTAL_BYTES:
            raise InputError(
                f"The files are more than {MAX_TOTAL_BYTES // 2**20} MiB together.",
                "Give only the files that the request is about.",
            )
        texts[name] = _text(data, path)
    return texts


def _relative(path: str | Path, root: Path) -> str:
    """The path's name inside `root`."""
    cure = f"Give files inside {root}, or start from a folder that holds them all."
    if "\0" in str(path):
        raise InputError(f"The path {str(path)!r} has a NUL character.", cure)
    spelled, real = Path(os.path.abspath(root / path)), Path(os.path.realpath(root / path))
    if not real.is_relative_to(os.path.realpath(root)):
        raise InputError(f"The file {path} is outside of {root}.", cure)
    # The user's spelling is kept where it can be; it cannot where `root` itself is a link.
    base = os.path.abspath(root)
    inside = spelled.relative_to(base) if spelled.is_relative_to(base) else None
    relative = inside or real.relative_to(os.path.realpath(root))
    try:
        return "." if str(relative) == "." else safe_path(relative.as_posix())
    except EditError as error:
        raise InputError(error.message, cure) from error


def _read(file: Path, shown: str, root: Path) -> bytes:
    try:
        mode = file.stat().st_mode
        if stat.S_ISDIR(mode):
            raise InputError(f"{shown} is a directory.", "Name its files one by one.")
        if not stat.S_ISREG(mode):
            raise InputError(f"{shown} is not a regular file.", "Give a text file.")
        with file.open("rb") as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError as error:
        raise InputError(f"The file {shown} does not exist.", _did_you_mean(file, root)) from error
    except OSError as error:
        raise InputError(
            f"The file {shown} cannot be read: {error.strerror}.", "Check its path and permissions."
        ) from error
    if len(data) > MAX_FILE_BYTES:
        raise InputError(
            f"The file {shown} is over {MAX_FILE_BYTES // 2**20} MiB.",
            "Leave it out, or give only the part that matters.",
        )
    return data


def _text(data: bytes, path: str | Path) -> str:
    try:
        if b"\0" not in data:
            return data.decode()
    except UnicodeDecodeError:
        pass
    raise InputError(f"The file {path} is not UTF-8 text.", "Leave it out, or convert it to UTF-8.")


def _did_you_mean(file: Path, root: Path) -> str:
    try:
        names = sorted(os.listdir(file.parent))[:2000]
    except OSError:
        names = []
    near = difflib.get_close_matches(file.name, names, n=1)
    start = f"Did you mean {near[0]}? " if near else ""
    return f"{start}Relative paths are looked up in {root}."


def write_files(folder: str | Path, files: Mapping[str, str]) -> list[Path]:
    """Write texts into a folder, each file atomically, creating what is missing.

    All paths are judged before the first file is written. A file that exists keeps its mode. A
    symbolic link that stays inside the folder is followed.

    Args:
        folder: Where to write; created if missing.
        files: Relative path -> text, written as UTF-8 with the line ends that it has.

    Returns:
        The files written.

    Raises:
        EditError: A path is not safe, leads out of the folder through a symbolic link, or is a
            directory; or a text cannot be encoded.
        InputError: The disk refuses.
    """
    top = Path(os.path.realpath(folder))
    plan = [(_inside(top, name), _encoded(name, text)) for name, text in files.items()]
    target = top
    try:
        top.mkdir(parents=True, exist_ok=True)
        for target, data in plan:
            _write_atomically(target, data)
    except OSError as error:
        raise InputError(
            f"{target} cannot be written: {error.strerror}.",
            "Check the folder's permissions and the free space, or name another folder.",
        ) from error
    return [target for target, _ in plan]


def _inside(top: Path, name: str) -> Path:
    """Where `name` really leads; it must stay below `top` and be no directory."""
    try:
        target = Path(os.path.realpath(top / safe_path(name)))
    except OSError as error:
        raise EditError(f"The path {name!r} cannot be followed: {error.strerror}.") from error
    if not target.is_relative_to(top) or target == top:
        raise EditError(
            f"The path {name!r} leads out of {top} through a symbolic link.", "Remove the link."
        )
    safe_path(target.relative_to(top).as_posix())  # a link may lead into .git
    if target.is_dir():
        raise EditError(f"The path {name!r} is a directory.", "Name a file in it.")
    return target


def _encoded(name: str, text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise EditError(f"The text of {name} is not valid Unicode: {error.reason}.") from error


def _write_atomically(target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    # Short and not made of the target's name, which may be as long as the file system allows.
    draft = target.parent / f".{secrets.token_hex(8)}.tmp"
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        if target.exists():
            draft.chmod(stat.S_IMODE(target.stat().st_mode))
        draft.replace(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
