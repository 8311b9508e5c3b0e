"""A fresh folder of files on disk, for one run."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path, PurePosixPath

from triptych.errors import InputError


@asynccontextmanager
async def fresh_folder(files: Mapping[str, str]) -> AsyncIterator[Path]:
    """A folder that holds `files/` with the given files and nothing else; removed at the end.

    Raises:
        InputError: A path is absolute, leaves the folder or clashes with another.
    """
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="triptych-"))
    try:
        await asyncio.to_thread(_write, folder / "files", files)
        yield folder
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def _write(root: Path, files: Mapping[str, str]) -> None:
    root.mkdir()
    for name, text in files.items():
        parts = PurePosixPath(name).parts
        if not parts or name.startswith("/") or ".." in parts or "\0" in name:
            raise InputError(
                f"The path {name!r} does not stay inside the work folder.",
                "Use paths relative to it, without '..'.",
            )
        path = root.joinpath(*parts)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode("utf-8", "replace"))
        except (OSError, ValueError) as error:
            raise InputError(
                f"The file {name!r} cannot be written: {error}.",
                "Give each file a path of its own that this system can hold.",
            ) from error
        if text.startswith("#!"):
            path.chmod(0o755)
