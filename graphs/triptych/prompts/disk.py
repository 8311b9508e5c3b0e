"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from triptych.errors import PromptError


def replace_whole(path: Path, data: bytes) -> None:
    """Write a file so that a reader, and a crash, meet the old one or the new one, none between.

    Raises:
        OSError: It cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with unfinished.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def write_whole(path: Path, text: str) -> None:
    """`replace_whole` for a text of the prompts' folders.

    Raises:
        PromptError: It cannot be written.
    """
    try:
        replace_whole(path, text.encode())
    except OSError as error:
        raise PromptError(
            f"'{path}' cannot be written: {error.strerror}.", "Check the folder's rights."
        ) from None
