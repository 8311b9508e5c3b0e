"""A scripted server in a process of its own: for benchmarks, and for other programs."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from typing import Any, Self

from triptych.testing.application import COUNTS


class ServerProcess:
    """``python -m triptych.testing`` as a context manager: its work takes no time from yours.

    Args:
        options: Arguments of that command, such as ``"--text", "Hello, world!"`` or ``"--strict"``.

    Attributes:
        base_url: The base URL for clients, from the start on.

    Example:
        >>> with ServerProcess("--text", "Hello!") as server:
        ...     server.counts()["connections"]
        0
    """

    base_url = ""

    def __init__(self, *options: str) -> None:
        self._options = options
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        """Start, and wait until it answers."""
        command = [sys.executable, "-m", "triptych.testing", *self._options]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            self.__exit__()
            raise RuntimeError(f"{' '.join(command)} ended with {self._process.returncode}.")
        self.base_url = json.loads(line)["base_url"]
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it: it ends when its standard input does."""
        if self._process is not None:
            self._process.communicate()

    @property
    def pid(self) -> int:
        """The process, for who measures it."""
        return self._process.pid if self._process is not None else 0

    def counts(self) -> dict[str, int]:
        """How many `requests` and `connections` there were, and how many are `open`."""
        url = self.base_url.removesuffix("/v1") + COUNTS
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(url, timeout=30) as response:
            found: dict[str, Any] = json.load(response)
        return found
