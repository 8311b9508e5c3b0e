"""The command `triptych` as users start it: in a process of its own, in an empty folder."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_kit import command, environment
from typer.testing import CliRunner

from triptych.cli import app

Shell = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The user's working directory."""
    place = tmp_path / "work"
    place.mkdir()
    return place


@pytest.fixture
def shell(folder: Path, tmp_path: Path) -> Shell:
    """Runs `triptych …` to its end in the user's folder, in a process of its own."""

    def start(*arguments: str, given: str = "", **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command(*arguments),
            cwd=folder,
            env=environment(tmp_path, **env),
            input=given,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    return start


@pytest.fixture
def inside(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """The same in this process: it has LangChain imported already, which takes seconds."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("TRIPTYCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("NVIDIA_API_KEY", raising=False)

    def start(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        done = CliRunner().invoke(app, arguments, input=given)
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)

    return start
