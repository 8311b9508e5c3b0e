"""What a reader needs of a run's output."""

from __future__ import annotations

from triptych.sandbox.base import MIB, Limits, Result

MOST_LINES = 40
MOST_CHARACTERS = 2000


def detail(run: Result, limits: Limits) -> str:
    """How a run ended where that says something, and the end of what it printed."""
    printed = "\n".join(part.strip("\n") for part in (run.stderr, run.stdout) if part.strip())
    return "\n".join(part for part in (ending(run, limits), tail(printed)) if part)


def ending(run: Result, limits: Limits) -> str:
    """Why a run was stopped, in words; "" if it ended by itself."""
    words = {
        "wall time": f"after {limits.wall_seconds:g} s of wall time",
        "CPU time": f"after {limits.cpu_seconds} s of processor time",
        "memory": f"above {limits.memory_bytes // MIB} MiB of memory",
        "processes": f"above {limits.processes} processes",
        "output": f"above {limits.file_bytes // MIB} MiB of output",
        "file size": f"above {limits.file_bytes // MIB} MiB in one file",
    }
    if run.killed_by:
        return f"stopped {words.get(run.killed_by, run.killed_by)}"
    if run.exit_code > 128:
        return f"ended by signal {run.exit_code - 128}"
    return ""


def tail(text: str) -> str:
    """The last lines of a text, marked where they were cut."""
    lines = text.splitlines()
    kept = "\n".join(lines[-MOST_LINES:])
    if len(kept) > MOST_CHARACTERS or len(lines) > MOST_LINES:
        return "...\n" + kept[-MOST_CHARACTERS:]
    return kept
