"""What measured cells say of those that are still to come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from triptych.lab.experiment.costs import Cost
from triptych.lab.experiment.live import LiveVariant
from triptych.lab.records import CellKey, Record

ENOUGH = 10
"""Cells of a variant from which on they are believed."""

_Numbers = tuple[int, int, int, float | None]


class Past:
    """The cells of an experiment that are there already; records themselves are not kept.

    Args:
        records: The cells.

    Attributes:
        done: Their keys.
    """

    def __init__(self, records: Iterable[Record]) -> None:
        self.done: set[CellKey] = set()
        self._seconds: list[float] = []
        self._cells: dict[str, list[_Numbers]] = {}
        for record in records:
            self.done.add(record.key)
            self._seconds.append(record.seconds)
            used = record.usage
            numbers = (used.calls, used.input_tokens, used.output_tokens, used.money)
            self._cells.setdefault(record.variant, []).append(numbers)

    @property
    def seconds(self) -> list[float]:
        """Wall time of the cells, sorted."""
        return sorted(self._seconds)

    def enough(self, variant: str) -> bool:
        """True if a variant has enough cells to go by."""
        return len(self._cells.get(variant, ())) >= ENOUGH

    def costs(self, variant: LiveVariant) -> tuple[Cost, Cost, Cost]:
        """The 10th percentile, the mean and the 90th percentile of its cells."""
        cells = self._cells[variant.name]

        def made(pick: Callable[[Sequence[float]], float]) -> Cost:
            calls, sent, written, money = zip(*cells, strict=True)
            priced = [m for m in money if m is not None]
            return Cost(
                pick(calls),
                pick(sent),
                pick(written),
                pick(priced) if len(priced) == len(cells) else None,
            )

        return (
            made(lambda values: sorted(values)[len(values) // 10]),
            made(lambda values: sum(values) / len(values)),
            made(lambda values: sorted(values)[-1 - len(values) // 10]),
        )
