"""A terminal for tests: what a program shows on it, and keys typed into it."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

WAIT = 180.0  # seconds until a test gives up; on a busy machine the imports alone take thirty


class Terminal:
    """A program on a pseudo-terminal of 100 columns."""

    def __init__(self, argv: Sequence[str], cwd: Path, env: Mapping[str, str]) -> None:
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            argv, cwd=cwd, env={**env, "TERM": "xterm", "COLUMNS": "100", "LINES": "40"},
            stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        self._seen = ""

    @property
    def screen(self) -> str:
        """All that was shown so far, without colours and cursor movements."""
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", self._seen).replace("\r\n", "\n")

    def expect(self, text: str) -> None:
        """Read on until `text` is on the screen."""
        end = time.monotonic() + WAIT
        while text not in self.screen:
            if time.monotonic() > end or not self._read(end):
                raise AssertionError(f"{text!r} never came; the screen was:\n{self.screen}")

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def end(self) -> int:
        """Read to the end; the exit code."""
        end = time.monotonic() + WAIT
        while time.monotonic() < end and self._read(end):
            pass
        os.close(self._ours)
        return self.process.wait(WAIT)

    def _read(self, end: float) -> bool:
        if not select.select([self._ours], [], [], max(0.0, end - time.monotonic()))[0]:
            return False
        try:
            data = os.read(self._ours, 65536)
        except OSError:  # Linux says so when the program has closed its side
            return False
        self._seen += data.decode("utf-8", "replace")
        return bool(data)
