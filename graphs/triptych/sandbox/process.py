"""Running one process inside its limits without ever blocking the event loop."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from weakref import WeakKeyDictionary

from triptych.sandbox import watch
from triptych.sandbox.base import Limits, Result
from triptych.sandbox.output import CappedOutput

POLL_SECONDS = 0.05
CHUNK = 64 * 1024
HELPERS = 2  # a sandbox' own processes among the descendants

_slots: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


def with_rlimits(
    argv: Sequence[str], limits: Limits, first: str = ":", tasks: int = 0
) -> list[str]:
    """Wrap a command so that a shell sets its rlimits just before it starts.

    The shell's `ulimit` instead of a `preexec_fn`: it is safe with threads, and it works inside
    a sandbox after the sandbox is set up. Memory is limited by RLIMIT_DATA, not RLIMIT_AS: many
    runtimes (CUDA libraries, V8, Go) reserve gigabytes of addresses that they never touch.

    Args:
        argv: The command.
        limits: Its limits.
        first: A shell command that must succeed before; 125 is the exit code if it does not.
        tasks: Processes and threads of this user; 0 sets no such limit.
    """
    steps = [
        f"{first} || exit 125",
        "ulimit -c 0",
        "ulimit -n 512",
        f"ulimit -d {limits.memory_bytes // 1024}",
        f"ulimit -f {limits.file_bytes // 512}",
        f"ulimit -St {limits.cpu_seconds}",
        f"ulimit -Ht {limits.cpu_seconds + 1}",
    ]
    if tasks:  # bash and busybox call it -u, dash -p
        steps.append(f"ulimit -u {tasks} || ulimit -p {tasks}")
    script = "{ " + "; ".join(steps[1:]) + '; } 2>/dev/null; exec "$@"'
    return ["/bin/sh", "-c", f"{steps[0]}; {script}", "sh", *argv]


async def run_process(
    argv: Sequence[str],
    *,
    cwd: str,
    env: Mapping[str, str],
    limits: Limits,
    stdin: str = "",
) -> Result:
    """Run a process group until it ends or reaches a limit; nothing of it is left.

    At most as many run at once in an event loop as the machine has processors. Cancelling the
    coroutine kills the group and waits for its end.
    """
    async with _slot():
        started = time.monotonic()
        process = await _start(argv, cwd, env)
        out, err = CappedOutput(limits.output_bytes), CappedOutput(limits.output_bytes)
        guard = asyncio.create_task(_guard(process, limits, (out, err), started))
        pipes = asyncio.gather(
            _feed(process.stdin, stdin.encode("utf-8", "replace")),
            _drain(process.stdout, out),
            _drain(process.stderr, err),
        )
        try:
            await process.wait()
            _kill(process)  # what it left behind in its group
            await asyncio.wait([pipes], timeout=2)
            killed_by = await guard
        finally:
            await asyncio.to_thread(_kill, process)
            pipes.cancel()
            guard.cancel()
            await asyncio.gather(process.wait(), pipes, guard, return_exceptions=True)
        return _result(process, out, err, killed_by, time.monotonic() - started)


async def _start(
    argv: Sequence[str], cwd: str, env: Mapping[str, str]
) -> asyncio.subprocess.Process:
    """Start the process; a cancellation waits until it can be killed with all below it."""
    starting = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            *argv,
            cwd=cwd,
            env=dict(env),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    )
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        process = await starting
        await asyncio.to_thread(_kill, process)
        await process.wait()
        raise


def _slot() -> asyncio.Semaphore:
    loop = asyncio.get_running_loop()
    return _slots.setdefault(loop, asyncio.Semaphore(os.cpu_count() or 1))


async def _guard(
    process: asyncio.subprocess.Process,
    limits: Limits,
    outputs: tuple[CappedOutput, CappedOutput],
    started: float,
) -> str | None:
    """Watch until the process ends; kill it at a limit and name the limit."""
    while process.returncode is None:
        printed = sum(o.total for o in outputs)
        # In a thread: reading /proc is I/O, which LangGraph's servers refuse on their loop.
        reason = await asyncio.to_thread(_exceeded, process.pid, limits, printed, started)
        if reason:
            await asyncio.to_thread(_kill, process)
            return reason
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), POLL_SECONDS)
    _kill(process)
    return None


def _exceeded(pid: int, limits: Limits, printed: int, started: float) -> str | None:
    if time.monotonic() - started > limits.wall_seconds:
        return "wall time"
    if printed > limits.file_bytes:
        return "output"
    pids = watch.descendants(pid, at_most=limits.processes + HELPERS + 1)
    if len(pids) > limits.processes + HELPERS:
        return "processes"
    if watch.memory([pid, *pids], limits.memory_bytes) > limits.memory_bytes:
        return "memory"
    return None


def _kill(process: asyncio.subprocess.Process) -> None:
    """Kill the process, its group and all below it, also what has left the group.

    It is stopped first: bwrap, killed while it starts, would leave its child behind.
    """
    pids = []
    if process.returncode is None:
        _signal(process.pid, signal.SIGSTOP)
        pids = watch.descendants(process.pid, at_most=10_000)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    for pid in pids:
        _signal(pid, signal.SIGKILL)


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


async def _feed(pipe: asyncio.StreamWriter | None, data: bytes) -> None:
    assert pipe is not None  # noqa: S101 - asked for when the process was made
    with suppress(BrokenPipeError, ConnectionResetError):
        pipe.write(data)
        await pipe.drain()
        pipe.close()


async def _drain(pipe: asyncio.StreamReader | None, into: CappedOutput) -> None:
    assert pipe is not None  # noqa: S101 - asked for when the process was made
    while chunk := await pipe.read(CHUNK):
        into.feed(chunk)


def _result(
    process: asyncio.subprocess.Process,
    out: CappedOutput,
    err: CappedOutput,
    killed_by: str | None,
    seconds: float,
) -> Result:
    code = process.returncode if process.returncode is not None else -signal.SIGKILL
    code = code if code >= 0 else 128 - code
    by_signal = {128 + signal.SIGXCPU: "CPU time", 128 + signal.SIGXFSZ: "file size"}
    return Result(
        exit_code=code,
        stdout=out.text(),
        stderr=err.text(),
        timed_out=killed_by == "wall time",
        truncated=out.truncated or err.truncated,
        killed_by=killed_by or by_signal.get(code),
        seconds=seconds,
    )
