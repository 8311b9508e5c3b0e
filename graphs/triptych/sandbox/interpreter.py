"""The user's own Python, and which folders of this machine it needs to run elsewhere."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from triptych.errors import InputError

CURE = "Name a Python 3.8 or newer with --python, such as .venv/bin/python."
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store")
"""Read-only in every sandbox where they exist."""
SYSTEM_PATH = ("/usr/local/bin", "/usr/bin", "/bin")

ASK = """
import importlib.util, json, os, site, sys
base = site.getuserbase() if site.ENABLE_USER_SITE else ""
print(json.dumps({
    "executable": sys.executable,
    "version": list(sys.version_info[:3]),
    "folders": [sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix],
    "path": [p for p in sys.path[1:] if os.path.isabs(p) and os.path.exists(p)],
    "user_base": base if base and os.path.isdir(site.getusersitepackages()) else "",
    "pytest": importlib.util.find_spec("pytest") is not None,
}))
"""


@dataclass(frozen=True)
class Interpreter:
    """A Python of this machine.

    Attributes:
        executable: Its path as the user spells it: a virtual environment's own link.
        version: For people, such as "3.11.7".
        folders: Its own folders and its packages', outside of `SYSTEM`, parents first.
        links: Symbolic links on the way to the real executable: where and to what.
        projects: Those of `folders` that only stand on its import path, such as the source of
            an editable install: they may be a project's root.
        user_base: What PYTHONUSERBASE must be to find the user's own packages, or "".
        pytest: True if it can import pytest.
    """

    executable: str
    version: str
    folders: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    projects: tuple[str, ...] = ()
    user_base: str = ""
    pytest: bool = False

    @classmethod
    def probe(cls, path: str | None = None) -> Interpreter:
        """Ask a Python for its folders; each is asked once.

        Args:
            path: Its executable, a command on PATH, or the folder of a virtual environment;
                None for the active environment's, else the one that runs this.

        Raises:
            InputError: There is no such file, it is no Python 3.8 or newer, or one of its
                folders is the home folder or a parent of it.
        """
        return _probe(path or _active())

    @property
    def search_path(self) -> str:
        """PATH inside a sandbox: its own commands, then the system's."""
        return os.pathsep.join(dict.fromkeys((os.path.dirname(self.executable), *SYSTEM_PATH)))


def _active() -> str:
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        python = os.path.join(os.environ.get(variable, ""), "bin", "python")
        if os.environ.get(variable) and os.path.exists(python):
            return python
    return sys.executable


@lru_cache
def _probe(path: str) -> Interpreter:
    found = _find(path)
    said = _ask(found)
    version = ".".join(map(str, said["version"]))
    if said["version"] < [3, 8]:
        raise InputError(f"{path!r} is Python {version}.", CURE)
    executable = os.path.abspath(said["executable"])
    own = _with_real_paths(said["folders"])
    path_only = [p for p in _with_real_paths(said["path"]) if not _inside(p, own)]
    for folder in own:
        if _holds_home(folder):
            raise InputError(
                f"The Python {path!r} lives in {folder!r}, which is or holds the home folder.",
                "A sandbox never shows the home folder: use a virtual environment below it.",
            )
    path_only = [p for p in path_only if not _holds_home(p)]
    folders = [p for p in (*own, *path_only) if not _inside(p, SYSTEM)]
    return Interpreter(
        executable=executable,
        version=version,
        folders=tuple(sorted(dict.fromkeys(folders), key=lambda p: p.count("/"))),
        links=tuple(_links(executable, folders)),
        projects=tuple(p for p in path_only if not _inside(p, SYSTEM)),
        user_base=said["user_base"],
        pytest=said["pytest"],
    )


def _find(path: str) -> str:
    if os.path.isdir(path):
        path = os.path.join(path, "bin", "python")
    found = shutil.which(path)
    if not found:
        raise InputError(f"There is no Python at {path!r}.", CURE)
    return os.path.abspath(found)


def _ask(python: str) -> dict[str, Any]:
    env = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    try:
        done = subprocess.run(
            [python, "-c", ASK], env=env, capture_output=True, text=True, timeout=30, check=True
        )
        said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError) as error:
        raise InputError(f"{python!r} does not answer as a Python 3 does.", CURE) from error
    return said


def _with_real_paths(paths: Iterable[str]) -> list[str]:
    both = [form for p in paths for form in (os.path.abspath(p), os.path.realpath(p))]
    return list(dict.fromkeys(both))


def _inside(path: str, folders: Iterable[str]) -> bool:
    return any(path == f or path.startswith(f.rstrip("/") + "/") for f in folders)


def _holds_home(path: str) -> bool:
    homes = {os.path.expanduser("~"), os.path.realpath(os.path.expanduser("~"))}
    return any(_inside(home, [path]) for home in homes)


def _links(executable: str, folders: list[str]) -> Iterable[tuple[str, str]]:
    """The links from the executable to the real file that stand in none of the folders."""
    for _ in range(40):  # as many as the kernel follows
        if not os.path.islink(executable):
            return
        target = os.readlink(executable)
        if not _inside(executable, [*folders, *SYSTEM]):
            yield executable, target
        executable = os.path.normpath(os.path.join(os.path.dirname(executable), target))


def hidden_entries(project: str) -> list[Path]:
    """What of a project's folder no draft needs to read: .git, .env and their like."""
    try:
        return [entry for entry in Path(project).iterdir() if entry.name.startswith(".")]
    except OSError:  # a zip file on the import path
        return []
