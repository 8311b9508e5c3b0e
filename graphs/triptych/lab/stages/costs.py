"""What each stage has spent, in all and for each task that was solved."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from triptych.lab.records import Record
from triptych.lab.results import StageRow
from triptych.state import STAGES, Spent

ORDER = (*STAGES, "verify")


def stage_rows(records: Iterable[Record]) -> tuple[StageRow, ...]:
    """A row for each stage of each variant, stages in the order of a run.

    ``cells`` are those in which the stage was at work. What a solved task costs is what the stage
    spent on all cells, the unsolved ones too, over the cells that passed; None where none did.
    Seconds for a solved task are those of the model's calls, replayed ones with their original's,
    because what a node waits depends on what else ran; of a stage without calls, its own.
    Money is None where a call's price is unknown, and of a stage without calls.

    Args:
        records: The cells, in any order.

    Example:
        >>> from triptych.lab import RunFolder
        >>> stage_rows(RunFolder.open(Path("runs/review")).records())  # doctest: +SKIP
    """
    sums: defaultdict[tuple[str, str], _Sum] = defaultdict(_Sum)
    solved: Counter[str] = Counter()
    for record in records:
        solved[record.variant] += record.passed
        for stage, spent in record.stages.items():
            sums[record.variant, stage].add(spent)
    return tuple(
        sums[variant, stage].row(variant, stage, solved[variant])
        for variant in solved
        for stage in ORDER
        if (variant, stage) in sums
    )


@dataclass
class _Sum:
    cells: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    model_seconds: float = 0.0
    money: float = 0.0
    unpriced: bool = False

    def add(self, spent: Spent) -> None:
        self.cells += 1
        for name in (
            "calls", "replayed", "failed_calls", "input_tokens", "output_tokens", "cached_tokens",
        ):  # fmt: skip
            self.counts[name] += getattr(spent, name)
        self.seconds += spent.seconds
        self.model_seconds += spent.model_seconds
        self.money += spent.money or 0.0
        self.unpriced |= bool(spent.calls) and spent.money is None

    def row(self, variant: str, stage: str, solved: int) -> StageRow:
        tokens = self.counts["input_tokens"] + self.counts["output_tokens"]
        asked = self.counts["calls"] + self.counts["failed_calls"]
        money = self.money if asked and not self.unpriced else None
        seconds = self.model_seconds if asked else self.seconds
        return StageRow(
            variant,
            stage,
            self.cells,
            **self.counts,
            seconds=self.seconds,
            model_seconds=self.model_seconds,
            money=money,
            tokens_per_solved=tokens / solved if solved else None,
            money_per_solved=money / solved if solved and money is not None else None,
            seconds_per_solved=seconds / solved if solved else None,
        )
