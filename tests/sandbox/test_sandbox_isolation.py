"""What untrusted code cannot see or touch."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from sandbox_kit import SMALL, Run

from triptych.sandbox import Interpreter, Sandbox

SECRET = "nvapi-fake-8d1"


async def test_the_network_is_out_of_reach(run: Run) -> None:
    code = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=5)"
    result = await run(code)
    assert "Network is unreachable" in result.stderr


async def test_a_server_on_localhost_can_be_tested_by_name(run: Run) -> None:
    result = await run(
        "import socket\n"
        "server = socket.create_server(('localhost', 0))\n"
        "socket.create_connection(('localhost', server.getsockname()[1]), timeout=5)\n"
        "print('connected')"
    )
    assert result.stdout == "connected\n"


async def test_the_home_and_other_files_are_not_there(run: Run, tmp_path: Path) -> None:
    (tmp_path / "diary").write_text("private")
    paths = [str(Path.home() / ".ssh"), str(tmp_path / "diary"), "/etc/shadow", "/var", "/sys"]
    result = await run(f"import os; print([p for p in {paths} if os.path.exists(p)])")
    assert result.stdout == "[]\n"
    result = await run("import os; print(os.path.expanduser('~'), *os.listdir('/tmp'))")
    home, *seen = result.stdout.split()
    assert home == "/tmp"
    # A checkout below /tmp shows the way to its own interpreter and packages, and nothing beside.
    parts = [Path(p).parts for p in (sys.prefix, *sys.path)]
    assert set(seen) <= {p[2] for p in parts if p[:2] == ("/", "tmp") and len(p) > 2}
    assert tmp_path.relative_to("/").parts[1] not in seen or tmp_path.parts[:2] != ("/", "tmp")


async def test_the_callers_environment_is_in_no_process(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NVIDIA_API_KEY", SECRET)
    result = await run(
        "import glob, os\n"
        "seen = dict(os.environ)\n"
        "for path in glob.glob('/proc/[0-9]*/environ'):\n"
        "    seen[path] = open(path, errors='replace').read()\n"
        "print(len(seen), 'NVIDIA' in repr(seen), 'nvapi' in repr(seen))"
    )
    count, *found = result.stdout.split()
    assert int(count) > 10
    assert found == ["False", "False"]
    assert SECRET in os.environ.values()


async def test_only_the_sandbox_own_processes_are_seen(run: Run) -> None:
    result = await run("import glob; print(len(glob.glob('/proc/[0-9]*')) < 6)")
    assert result.stdout == "True\n"


async def test_nothing_outside_can_be_written(run: Run, interpreter: Interpreter) -> None:
    paths = ["/x", "/usr/x", "/etc/x", "/dev/x", "/run/files/x", f"{interpreter.folders[0]}/x"]
    result = await run(
        f"for path in {paths}:\n"
        "    try:\n"
        "        open(path, 'w')\n"
        "        print('written', path)\n"
        "    except OSError as error:\n"
        "        print(error.strerror)"
    )
    assert result.stdout.splitlines() == ["Read-only file system"] * len(paths)


async def test_it_has_no_capabilities_and_gains_none(run: Run) -> None:
    result = await run("print(open('/proc/self/status').read())")
    status = dict(line.split(":\t") for line in result.stdout.splitlines() if ":\t" in line)
    assert {int(status[name], 16) for name in ("CapEff", "CapPrm", "CapBnd", "CapAmb")} == {0}
    assert status["NoNewPrivs"] == "1"


async def test_each_run_starts_from_its_files_alone(
    sandbox: Sandbox, interpreter: Interpreter
) -> None:
    argv = ["sh", "-c", "ls -A . /tmp; cat a/b; touch left /tmp/left; echo changed > a/b"]
    for _ in range(2):
        result = await sandbox.run(argv, {"a/b": "text\n"}, python=None, limits=SMALL)
        assert result.stdout == ".:\na\n\n/tmp:\ntext\n"


async def test_a_script_with_a_first_line_can_be_run(sandbox: Sandbox) -> None:
    files = {"go.sh": "#!/bin/sh\necho went\n"}
    result = await sandbox.run(["./go.sh"], files, python=None, limits=SMALL)
    assert result.stdout == "went\n"


async def test_what_stands_beside_an_editable_install_is_hidden(
    sandbox: Sandbox, interpreter: Interpreter, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text(SECRET)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text(SECRET)
    (tmp_path / "mine.py").write_text("")
    shown = Interpreter(
        interpreter.executable,
        interpreter.version,
        (*interpreter.folders, str(tmp_path)),
        interpreter.links,
        projects=(str(tmp_path),),
    )
    argv = ["sh", "-c", f"cd {tmp_path}; ls -A . .git; cat .env"]
    result = await sandbox.run(argv, {}, python=shown, limits=SMALL)
    assert result.stdout == ".:\n.env\n.git\nmine.py\n\n.git:\n"
