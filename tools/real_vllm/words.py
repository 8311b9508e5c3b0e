"""What the run says on standard error while it waits."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

LAST_LINES = 25


class Failed(Exception):
    """What went wrong and what to do about it, for the user to read."""


def say(words: str) -> None:
    """One line on standard error."""
    print(words, file=sys.stderr, flush=True)


@contextmanager
def step(words: str) -> Iterator[None]:
    """Say what begins, and how long it took."""
    say(f"{words} …")
    begun = time.monotonic()
    yield
    say(f"  done in {time.monotonic() - begun:.0f} s")


def end_of(log: Path) -> str:
    """The last lines of a log."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return "\n".join(f"  {line}" for line in lines[-LAST_LINES:])


def logged(command: Sequence[str | Path], log: Path, cure: str) -> None:
    """Run a command, with all that it says in `log`.

    Raises:
        Failed: If it fails, with the end of the log and `cure`.
    """
    with log.open("a") as out:
        code = subprocess.run(command, stdout=out, stderr=out, check=False).returncode
    if code:
        raise Failed(f"{end_of(log)}\nFailed (exit code {code}); the whole log: {log}\n{cure}")
