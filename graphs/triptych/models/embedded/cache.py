"""The folder that keeps model files between runs, and what is known of each."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from triptych.errors import ModelFileError
from triptych.models.catalogue import ModelFile


def root() -> Path:
    """The cache folder: TRIPTYCH_CACHE, or the system's place for caches."""
    import platformdirs

    named = os.environ.get("TRIPTYCH_CACHE")
    return Path(named).expanduser() if named else platformdirs.user_cache_path("triptych")


def path_of(file: ModelFile) -> Path:
    """Where a model file lies, or would lie."""
    return root() / "models" / file.name


def part_of(file: ModelFile) -> Path:
    """The half download beside it."""
    return _beside(path_of(file), ".part")


def present(file: ModelFile) -> bool:
    """True if the file is there in full size; `verified` looks closer."""
    path = path_of(file)
    return path.is_file() and path.stat().st_size == file.bytes


def verified(file: ModelFile) -> bool:
    """True if the cached file is the right one; a wrong one is deleted.

    The hash is taken once (that reads the whole file): a stamp beside the file keeps
    size and time of what was hashed.
    """
    path = path_of(file)
    if not path.is_file():
        return False
    if _read_stamp(path) == _stamp(path, file):
        return True
    if sha256(path) != file.sha256:
        path.unlink()
        return False
    _beside(path, ".ok").write_text(json.dumps(_stamp(path, file)), encoding="utf-8")
    return True


def keep(file: ModelFile) -> Path:
    """Verify the finished download and move it into place.

    Raises:
        ModelFileError: If its hash is wrong; nothing is kept then.
    """
    part, path = part_of(file), path_of(file)
    found = sha256(part)
    if found != file.sha256:
        discard(file)
        raise ModelFileError(
            f"What was downloaded as {file.name} is not that file: its SHA-256 is {found[:16]}…, "
            f"not {file.sha256[:16]}…; it has been deleted.",
            "Try again; if it happens again, something between here and the source changes it.",
        )
    part.replace(path)
    _beside(part, ".json").unlink(missing_ok=True)
    _beside(path, ".ok").write_text(json.dumps(_stamp(path, file)), encoding="utf-8")
    return path


def discard(file: ModelFile) -> int:
    """Delete the file, its half download and all that is known of it; returns the bytes freed."""
    path, part = path_of(file), part_of(file)
    freed = 0
    for each in (path, part, _beside(path, ".ok"), _beside(part, ".json")):
        freed += size(each)
        each.unlink(missing_ok=True)
    return freed


def check_space(file: ModelFile) -> None:
    """See that the rest of the download fits on the disk.

    Raises:
        ModelFileError: If it does not.
    """
    part = part_of(file)
    needed = file.bytes - size(part)
    if shutil.disk_usage(part.parent).free < needed:
        raise no_space(part.parent, needed)


def no_space(folder: Path, needed: int) -> ModelFileError:
    """The error for a full disk."""
    free = shutil.disk_usage(folder).free
    return ModelFileError(
        f"There is no room for the model in {folder}: {needed:,} bytes are needed and "
        f"{free:,} are free.",
        "Free some space, or set TRIPTYCH_CACHE to a folder on another disk.",
    )


@contextmanager
def storing(file: ModelFile) -> Iterator[None]:
    """Around all writing: the system's errors become `ModelFileError`.

    Raises:
        ModelFileError: If the disk is full or the folder cannot be written.
    """
    folder = path_of(file).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise no_space(folder, file.bytes - size(part_of(file))) from error
        raise ModelFileError(
            f"The model cannot be kept in {folder}: {error.strerror or error}.",
            "Set TRIPTYCH_CACHE to a folder that can be written.",
        ) from error


def size(path: Path) -> int:
    """Bytes of a file; 0 if it is not there."""
    return path.stat().st_size if path.exists() else 0


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _stamp(path: Path, file: ModelFile) -> dict[str, object]:
    seen = path.stat()
    return {"bytes": seen.st_size, "mtime_ns": seen.st_mtime_ns, "sha256": file.sha256}


def _read_stamp(path: Path) -> object:
    try:
        return json.loads(_beside(path, ".ok").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
