"""What a run in a sandbox may use, and how it ends when it wants more."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
from sandbox_kit import SMALL, Run

from triptych.sandbox import Interpreter, Limits, Result, Sandbox, open_sandbox
from triptych.sandbox.watch import descendants

SHORT = replace(SMALL, wall_seconds=1)


async def test_a_loop_without_end_is_stopped_at_the_wall_time(run: Run) -> None:
    result = await run("import time\nwhile True: time.sleep(0.1)", SHORT)
    assert (result.timed_out, result.killed_by) == (True, "wall time")
    assert 1 <= result.seconds < 5


async def test_a_busy_loop_is_stopped_at_the_cpu_time(run: Run) -> None:
    result = await run("while True: pass", replace(SMALL, cpu_seconds=1))
    assert (result.timed_out, result.killed_by) == (False, "CPU time")


async def test_one_greedy_process_gets_a_memory_error(run: Run) -> None:
    result = await run("x = bytearray(400 * 2**20)")
    assert result.stderr.endswith("MemoryError\n")


async def test_many_processes_together_are_stopped_at_the_memory_limit(run: Run) -> None:
    code = (
        "import os, time\n"
        "for _ in range(4):\n"
        "    if not os.fork():\n"
        "        x = b'x' * (100 * 2**20)\n"
        "        time.sleep(60)\n"
        "time.sleep(60)"
    )
    result = await run(code)
    assert result.killed_by == "memory"


async def test_pages_that_processes_share_are_counted_once(run: Run) -> None:
    code = (
        "import os, time\n"
        "x = b'x' * (100 * 2**20)\n"
        "children = [os.fork() or (time.sleep(0.5), os._exit(0)) for _ in range(5)]\n"
        "[os.wait() for _ in children]; print('done')"
    )
    result = await run(code)
    assert (result.stdout, result.killed_by) == ("done\n", None)


async def test_a_fork_bomb_is_stopped(run: Run) -> None:
    code = "import os, time\nwhile True:\n    if not os.fork(): time.sleep(60)"
    result = await run(code)
    assert result.killed_by == "processes"


@pytest.mark.parametrize("folder", [".", "/tmp", "/dev/shm"])
async def test_a_disk_filler_runs_into_a_full_disk(run: Run, folder: str) -> None:
    code = (
        f"import itertools, os; os.chdir({folder!r})\n"
        "for n in itertools.count(): open(str(n), 'wb').write(bytes(2**20))"
    )
    result = await run(code)
    assert "No space left on device" in result.stderr


async def test_one_file_cannot_grow_past_its_limit(run: Run) -> None:
    limits = replace(SMALL, file_bytes=2**20)
    result = await run("open('f', 'wb').write(bytes(2 * 2**20))", limits)
    assert "File too large" in result.stderr


async def test_a_long_line_is_kept_by_its_head_and_tail(run: Run) -> None:
    limits = replace(SMALL, output_bytes=1000)
    result = await run("print('a' * 10_000_000 + 'z')", limits)
    assert result.truncated
    assert result.stdout.startswith("aaa")
    assert result.stdout.endswith("az\n")
    assert "[... 9999002 bytes left out ...]" in result.stdout
    assert len(result.stdout) < 1100


async def test_an_output_without_end_is_stopped(run: Run) -> None:
    limits = replace(SMALL, file_bytes=2**20)
    result = await run("while True: print('x' * 1000)", limits)
    assert result.killed_by == "output"


async def test_invalid_utf8_is_replaced(run: Run) -> None:
    result = await run(r"import os; os.write(1, b'a\xff\xfeb')")
    assert result.stdout == "a\ufffd\ufffdb"


async def test_stdin_is_given_and_then_ends(sandbox: Sandbox) -> None:
    result = await sandbox.run(["cat"], {}, python=None, limits=SMALL, stdin="héllo")
    assert (result.stdout, result.exit_code) == ("héllo", 0)


async def test_a_large_stdin_that_nobody_reads_does_no_harm(sandbox: Sandbox) -> None:
    result = await sandbox.run(["true"], {}, python=None, limits=SMALL, stdin="x" * 2**20)
    assert result.exit_code == 0


async def test_exit_codes_and_missing_commands_are_results(sandbox: Sandbox) -> None:
    for argv, code in ((["sh", "-c", "exit 7"], 7), (["no-such-command"], 127)):
        result = await sandbox.run(argv, {}, python=None, limits=SMALL)
        assert result.exit_code == code


async def test_a_crash_is_told_by_its_signal(run: Run) -> None:
    result = await run("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    assert result.exit_code == 128 + 11


@pytest.mark.parametrize("name", ["bwrap", "none"])
async def test_a_daemon_left_behind_is_gone(
    name: str, interpreter: Interpreter, tmp_path: Path
) -> None:
    mark = f"triptych-daemon-{os.getpid()}-{name}"
    code = f"import time\n# {mark}\ntime.sleep(60)"
    start = (
        "import subprocess, sys\n"
        f"subprocess.Popen([sys.executable, '-c', {code!r}])\n"
        "print('started')"
    )
    argv = [interpreter.executable, "-c", start]
    box = open_sandbox(name)  # type: ignore[arg-type]
    result = await box.run(argv, {}, python=interpreter, limits=SMALL)
    assert result.stdout == "started\n"
    assert await _gone(mark)


async def test_cancelling_ends_the_code_at_once(run: Run) -> None:
    mark = f"triptych-cancelled-{os.getpid()}"
    before = descendants(os.getpid(), at_most=10)  # such as a model's server of other tests
    task = asyncio.create_task(run(f"import time\n# {mark}\ntime.sleep(60)"))
    while not _alive(mark):
        assert not task.done()
        await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await _gone(mark)
    assert descendants(os.getpid(), at_most=10) == before


async def test_many_runs_at_once_leave_the_event_loop_free(run: Run) -> None:
    longest, before = 0.0, time.monotonic()
    runs: asyncio.Future[list[Result]] = asyncio.gather(*(run(f"print({n})") for n in range(6)))
    while not runs.done():
        await asyncio.sleep(0.01)
        longest, before = max(longest, time.monotonic() - before), time.monotonic()
    assert [result.stdout for result in await runs] == [f"{n}\n" for n in range(6)]
    assert longest < 1


async def test_the_bare_sandbox_has_limits_and_a_clean_environment(
    interpreter: Interpreter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NVIDIA_API_KEY", "nvapi-not-a-real-key")
    limits = Limits(wall_seconds=1)
    code = (
        "import os; print('NVIDIA_API_KEY' in os.environ, os.listdir()); [0 for _ in iter(int, 1)]"
    )
    argv = [interpreter.executable, "-uc", code]
    result = await open_sandbox("none").run(argv, {"a": ""}, python=interpreter, limits=limits)
    assert result.stdout == "False ['a']\n"
    assert result.timed_out


def _alive(mark: str) -> bool:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if any(word.startswith(b"import time") and mark.encode() in word for word in words):
            return True
    return False


async def _gone(mark: str) -> bool:
    for _ in range(100):  # the kernel ends a process a moment after its namespace
        if not _alive(mark):
            return True
        await asyncio.sleep(0.02)
    return False
