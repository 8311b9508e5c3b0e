"""How an experiment goes on, on stderr: a bar on a terminal, a line a cell where it is piped."""

from __future__ import annotations

import time
from collections import Counter
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from triptych.lab.records import Record, finished


class Watcher:
    """Shows the cells as they end, with the pass rates so far and the time that is left.

    Args:
        records: What was measured before.
        left: Cells that are still to be measured.
    """

    def __init__(self, records: list[Record], left: int) -> None:
        self._console = Console(stderr=True)
        self._began = time.monotonic()
        self._before, self._all, self._new = len(finished(records)), left, 0
        self._tried: Counter[str] = Counter()
        self._solved: Counter[str] = Counter()
        for record in finished(records).values():
            self._count(record)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        total = self._before + left
        self._line = self._bar.add_task(self._rates(), total=total, completed=self._before)

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

    def saw(self, record: Record) -> None:
        """Take note of one cell that has just been written."""
        self._new += 1
        self._count(record)
        text = f"{self._rates()}, {self._eta()}"
        self._bar.update(self._line, advance=1, description=text)
        if not self._console.is_terminal or record.error:
            verdict = record.error or ("passed" if record.passed else "not passed")
            place = f"{self._before + self._new}/{self._before + self._all}"
            line = f"{place} {record.task} {record.arm}: {verdict} ({record.seconds:.0f} s); {text}"
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def _count(self, record: Record) -> None:
        if not record.error:
            self._tried[record.arm] += 1
            self._solved[record.arm] += bool(record.passed)

    def _rates(self) -> str:
        arms = sorted(self._tried, reverse=True)
        rates = (f"{arm} {self._solved[arm]}/{self._tried[arm]}" for arm in arms)
        return ", ".join(rates) or "starting"

    def _eta(self) -> str:
        each = (time.monotonic() - self._began) / self._new
        seconds = each * (self._all - self._new)
        return f"{seconds / 60:.0f} min left" if seconds >= 90 else f"{seconds:.0f} s left"
