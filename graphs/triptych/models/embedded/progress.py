"""How a download is shown: a bar on a terminal, a line every tenth elsewhere; on stderr always."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[int, int, str], None]
"""Told (bytes done, bytes in all, source)."""


@contextmanager
def shown(name: str) -> Iterator[Progress]:
    """The default progress display for the file of a model."""
    with _bar(name) if sys.stderr.isatty() else _lines(name) as progress:
        yield progress


def note(text: str) -> None:
    """One line for the user that is no result."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def _bar(name: str) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Bar(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task(name, total=None)

        def show(done: int, total: int, source: str) -> None:
            bar.update(task, completed=done, total=total, description=f"{name} from {source}")

        yield show


@contextmanager
def _lines(name: str) -> Iterator[Progress]:
    last = -1

    def show(done: int, total: int, source: str) -> None:
        nonlocal last
        tenth = done * 10 // max(1, total)
        if tenth > last:
            last = tenth
            note(f"{name} from {source}: {done / 1e6:,.0f} of {total / 1e6:,.0f} MB")

    yield show
