"""How an experiment goes on, on stderr: a bar on a terminal, lines where it is piped."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from triptych.lab.experiment.live import Resolved
from triptych.lab.folder import records_in
from triptych.lab.measuring.estimate import Estimate
from triptych.lab.measuring.prepare import settled
from triptych.lab.measuring.schedule import planned
from triptych.lab.records import Failure, Record

RECENT = 50
"""The time that is left is told from so many cells."""

MOST_LINES = 200
"""Lines about cells where there is no terminal; failures are told beside them."""


class Watcher:
    """Shows the cells as they end: rates so far, the running difference, the time that is left.

    The difference is shown with its always-valid interval, the only one that may be looked at in
    the middle of a run.

    Args:
        resolved: What is measured.
        out: The folder, perhaps with cells of before.
        console: Where to; None: stderr.
        clock: Seconds.

    Raises:
        LabError: The folder was made with something else.

    Example:
        >>> with Watcher(resolved, out) as watcher:  # doctest: +SKIP
        ...     measure(resolved, out, on_record=watcher.saw)
    """

    def __init__(
        self,
        resolved: Resolved,
        out: Path,
        *,
        console: Console | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        frozen = settled(out, resolved)
        self._console = console or Console(stderr=True)
        self._clock = clock
        self._ends = deque([clock()], maxlen=RECENT + 1)
        self._names = [v.name for v in resolved.variants]
        self._tried: Counter[str] = Counter()
        self._solved: Counter[str] = Counter()
        self._estimate = Estimate(frozen, {t.id: t.family for t in resolved.tasks.tasks})
        self._planned = planned(frozen)
        self._all, self._done, self._errors = len(self._planned), 0, 0
        for record in records_in(out):
            self._count(record)
        self._step = max(1, (self._all - self._done) // MOST_LINES)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._line = self._bar.add_task(self.text, total=self._all, completed=self._done)

    def __enter__(self) -> Watcher:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def saw(self, item: Record | Failure) -> None:
        """Take note of one cell that has just been written, or of a failed attempt."""
        if isinstance(item, Failure):
            self._errors += 1
            self._estimate.add(item)
            self._say(told(item))
            return
        self._count(item)
        self._ends.append(self._clock())
        self._bar.update(self._line, completed=self._done, description=self.text)
        if not self._console.is_terminal and self._done % self._step == 0:
            self._say(f"{self._done}/{self._all} {told(item)}; {self.text}")

    @property
    def text(self) -> str:
        """How it stands, in one line."""
        parts = [", ".join(self._rates()) or "starting", *self._differences(), self._left()]
        if self._errors:
            parts.append(f"{self._errors} errors")
        return "; ".join(part for part in parts if part)

    def _say(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def _count(self, record: Record) -> None:
        if record.key not in self._planned:
            return  # the baseline's second self, whose place more trials have taken
        self._done += 1
        self._tried[record.variant] += 1
        self._solved[record.variant] += record.passed
        self._estimate.add(record)

    def _rates(self) -> list[str]:
        return [f"{n} {self._solved[n]}/{self._tried[n]}" for n in self._names if self._tried[n]]

    def _differences(self) -> list[str]:
        out = []
        for name in self._estimate.candidates:
            now = self._estimate.of(name)
            if now.units > 1:
                low, high = 100 * now.interval.low, 100 * now.interval.high
                out.append(
                    f"{name} {100 * now.difference:+.1f} points ({low:+.0f} to {high:+.0f} "
                    f"on the first {now.units})"
                )
        return out

    def _left(self) -> str:
        ended = len(self._ends) - 1
        took = self._ends[-1] - self._ends[0]
        if not ended or took <= 0 or self._done >= self._all:
            return ""
        seconds = took / ended * (self._all - self._done)
        if seconds >= 5400:
            return f"{seconds / 3600:.1f} h left"
        return f"{seconds / 60:.0f} min left" if seconds >= 90 else f"{seconds:.0f} s left"


def told(item: Record | Failure) -> str:
    """What came of one cell, for people."""
    name = f"{item.task} {item.variant}" + (f" #{item.trial}" if item.trial else "")
    if isinstance(item, Failure):
        return f"{name}: not measured ({item.error})"
    return f"{name}: {'passed' if item.passed else 'not passed'} ({item.seconds:.0f} s)"
