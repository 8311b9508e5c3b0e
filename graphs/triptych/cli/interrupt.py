"""Ctrl-C: the first one stops a run cleanly, a second one ends the process at once."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

INTERRUPTED = 130
"""The exit code of a process that Ctrl-C ended, as shells have it: 128 and the signal."""


@contextmanager
def stoppable(begun: Callable[[], bool], tell: Callable[[], None]) -> Iterator[None]:
    """Inside, the first Ctrl-C calls `tell` and raises KeyboardInterrupt; a second one exits.

    So does the first where nothing has `begun` that could be saved: a download or a server that
    is being started may take minutes to come to its end. Servers and sandboxes end with us.
    """

    def first(*_: Any) -> None:
        if not begun():
            at_once()
        signal.signal(signal.SIGINT, at_once)
        tell()
        raise KeyboardInterrupt

    def at_once(*_: Any) -> None:
        if sys.stderr.isatty():
            os.write(2, b"\x1b[?25h\n")  # the cursor, which a moving display hides
        os._exit(INTERRUPTED)

    before = signal.signal(signal.SIGINT, first)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
