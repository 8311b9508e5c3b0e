"""What this machine has: Python, sandbox, disk, model files, memory, catalogue."""

from __future__ import annotations

import platform
import shutil
from importlib import metadata
from pathlib import Path

from triptych.doctor.finding import Finding, failed
from triptych.errors import InputError, SandboxError
from triptych.models import catalogue
from triptych.models.embedded import cache, machine


def python(version: str = "", wanted: str = "") -> list[Finding]:
    """Is this Python one that Triptych is made for?

    Args:
        version: The running one, if not said.
        wanted: The bounds, from Triptych's own metadata if not said.
    """
    from packaging.specifiers import SpecifierSet

    version = version or platform.python_version()
    wanted = wanted or metadata.metadata("triptych")["Requires-Python"]
    seen = f"{version} on {platform.system()} {platform.machine()}"
    if SpecifierSet(wanted).contains(version, prereleases=True):
        return [Finding("python", "ok", seen)]
    cure = f"Make an environment with a Python of {wanted}."
    return [Finding("python", "fail", seen, cure)]


def sandbox() -> list[Finding]:
    """Can model-written code be run safely here? It is tried."""
    from triptych.sandbox import open_sandbox

    try:
        open_sandbox()
    except SandboxError as error:
        return [failed("sandbox", error)]
    return [Finding("sandbox", "ok", "bwrap works")]


def table() -> list[Finding]:
    """Is the user's catalogue in order?"""
    try:
        known = catalogue.entries().values()
    except InputError as error:
        return [failed("catalogue", error)]
    own = [entry for entry in known if entry.source != "built-in"]
    if not own:
        return [Finding("catalogue", "ok", f"{len(known)} models, none of yours")]
    seen = f"{len(known)} models, {len(own)} of them from {catalogue.user_path()}"
    return [Finding("catalogue", "ok", seen)]


def files(entries: list[catalogue.Entry], *, quick: bool = False) -> list[Finding]:
    """Are the files of local models here and whole?

    Args:
        entries: The local models.
        quick: Look at sizes only, not at the bytes.
    """
    return [_file(entry, quick) for entry in entries if entry.file]


def disk(entries: list[catalogue.Entry]) -> list[Finding]:
    """Is there room for the files of local models that are not here?"""
    folder = _existing(cache.root() / "models")
    free = shutil.disk_usage(folder).free
    needed = min((e.file.bytes for e in entries if e.file and not cache.present(e.file)), default=0)
    seen = f"{free / 1e9:,.1f} GB free in {folder}"
    if free >= needed:
        return [Finding("disk", "ok", seen)]
    cure = "Free some space, or set TRIPTYCH_CACHE to a folder on another disk."
    return [Finding("disk", "warn", f"{seen}; a local model takes {needed / 1e9:,.1f}", cure)]


def power(entry: catalogue.Entry, memory: int | None = None) -> list[Finding]:
    """What the local server can use here.

    Args:
        entry: The local model that it would serve.
        memory: Bytes that can be used, if known.
    """
    if entry.file is None:
        return []
    memory = available() if memory is None else memory
    seen = f"{machine.threads()} cores"
    if memory is None:
        return [Finding("memory and cores", "ok", f"{seen}; the memory is not known here")]
    seen += f", {memory / 1e9:,.1f} GB of memory to use"
    slot = machine.SLOT_TOKENS * entry.file.bytes_per_token
    if memory < entry.file.bytes + slot:
        cure = "Close other programs, or use a hosted or self-hosted model."
        seen += f"; {entry.alias} takes {(entry.file.bytes + slot) / 1e9:,.1f}"
        return [Finding("memory and cores", "warn", seen, cure)]
    count = machine.slots(entry.file.bytes, entry.file.bytes_per_token)
    seen += f": {entry.alias} can answer {count} at once"
    return [Finding("memory and cores", "ok", seen)]


def available() -> int | None:
    """Bytes of memory that can be used without swapping; None where the system is silent."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(ln.split()[1]) * 1024 for ln in lines if ln.startswith("MemAvailable:")), None)


def _file(entry: catalogue.Entry, quick: bool) -> Finding:
    file, name, whose = entry.file, "model file", entry.alias
    assert file is not None  # noqa: S101 - `files` has seen to it
    path = cache.path_of(file)
    if not path.is_file():
        cure = f"`triptych models pull {entry.alias}` brings it ({file.bytes / 1e6:,.0f} MB)."
        return Finding(name, "skip", f"{whose}: not here", cure)
    again = f"`triptych models rm {entry.alias}`, then `triptych models pull {entry.alias}`."
    if not cache.present(file):
        return Finding(name, "fail", f"{whose}: {path} has the wrong size", again)
    if quick:
        return Finding(name, "ok", f"{whose}: here, {file.bytes / 1e6:,.0f} MB")
    if cache.sha256(path) != file.sha256:
        return Finding(name, "fail", f"{whose}: {path} is damaged (another SHA-256)", again)
    return Finding(name, "ok", f"{whose}: here and whole, {file.bytes / 1e6:,.0f} MB")


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.is_dir())
