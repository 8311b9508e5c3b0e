"""A word on standard error for what takes longer than two seconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

NOTICE_AFTER = 2.0
"""Seconds without output before something must be seen."""


class Waiting:
    """Shows what is being done: on a terminal by a line that moves, elsewhere by one line.

    Args:
        console: Standard error.
        after: Seconds before anything is shown.
    """

    def __init__(self, console: Console, after: float = NOTICE_AFTER) -> None:
        self.console = console
        self.after = after

    @contextmanager
    def __call__(self, what: str) -> Iterator[None]:
        """Around something that may take long."""
        done = threading.Event()
        shower = threading.Thread(target=self._show, args=(what, done), daemon=True)
        shower.start()
        try:
            yield
        finally:
            done.set()
            shower.join()

    def _show(self, what: str, done: threading.Event) -> None:
        began = time.monotonic()
        if done.wait(self.after):
            return
        if not self.console.is_terminal:
            self.console.print(f"looking at {what} …", highlight=False)
            return
        with self.console.status("", spinner="dots") as status:
            while not done.wait(0.5):
                status.update(f"[dim]{what}… {time.monotonic() - began:.0f} s[/]")
