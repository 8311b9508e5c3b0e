"""How the variants stand before the end, by the one method that allows a look at any time."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass

from triptych.lab.frozen import AGAIN, Fingerprint
from triptych.lab.measuring.schedule import Slot, schedule
from triptych.lab.records import Failure, Record
from triptych.lab.results import LEAST_UNITS, Interval
from triptych.lab.stats.sequential import Betting


@dataclass(frozen=True)
class Running:
    """A candidate against the baseline so far.

    Attributes:
        units: Tasks, or families, that it rests on.
        difference: Mean difference of the pass rates over them.
        interval: Always valid: it may be looked at after every cell.
    """

    units: int
    difference: float
    interval: Interval


class Estimate:
    """Follows the differences of all candidates from the baseline.

    Cells are taken in the order of the schedule, not of their ending: slow tasks end late and are
    harder, so only the longest finished beginning of the schedule counts. A family counts once, by
    its mean, when its last block is among them. A block that the infrastructure failed is passed
    over, for ever: one outage must not hold up all that stands behind it.

    Args:
        frozen: The experiment.
        families: Task to its family; "" is a family of its own.
    """

    def __init__(self, frozen: Fingerprint, families: Mapping[str, str]) -> None:
        self._frozen = frozen
        self._slots = deque(schedule(frozen))
        self._family = {task: families.get(task) or f"\0{task}" for task in frozen.tasks}
        self._left = Counter(self._family[slot.task] for slot in self._slots)
        self._ahead: dict[tuple[str, int], dict[str, bool | None]] = {}
        self._seen: dict[str, dict[str, list[int]]] = {}
        self.candidates = [
            name
            for name in frozen.variants
            if name != frozen.baseline and not name.endswith(AGAIN) and name not in frozen.ablation
        ]
        alpha = frozen.alpha / max(1, len(self.candidates))
        self._bets = {name: Betting(alpha) for name in self.candidates}

    def add(self, item: Record | Failure) -> None:
        """Take note of a measured cell, or of one that could not be measured."""
        if item.variant != self._frozen.baseline and item.variant not in self._bets:
            return
        cells = self._ahead.setdefault((item.task, item.trial), {})
        if isinstance(item, Record):
            cells[item.variant] = item.passed
        else:
            cells.setdefault(item.variant, None)
        while self._slots and self._is_finished(self._slots[0]):
            self._take(self._slots.popleft())

    def of(self, candidate: str) -> Running:
        """How a candidate stands."""
        bet = self._bets[candidate]
        return Running(bet.n, bet.mean, bet.interval)

    @property
    def decided(self) -> bool:
        """True if more cells would not change any verdict."""
        return bool(self.candidates) and all(map(self._is_decided, self.candidates))

    def _is_decided(self, candidate: str) -> bool:
        now, margin = self.of(candidate), self._frozen.margin
        low, high = now.interval.low, now.interval.high
        said = low > 0 or high < 0 or (margin > 0 and low > -margin)
        return now.units >= LEAST_UNITS and said

    def _is_finished(self, slot: Slot) -> bool:
        cells = self._ahead.get((slot.task, slot.trial), {})
        return len(cells) == 1 + len(self._bets)

    def _take(self, slot: Slot) -> None:
        """One more block of the schedule's finished beginning; perhaps its family's last."""
        cells = self._ahead.pop((slot.task, slot.trial))
        family = self._family[slot.task]
        seen = self._seen.setdefault(family, {name: [] for name in self._bets})
        before = cells[self._frozen.baseline]
        for name in self._bets:
            after = cells[name]
            if before is not None and after is not None:
                seen[name].append(after - before)
        self._left[family] -= 1
        if not self._left[family]:
            del self._seen[family]
            for name, bet in self._bets.items():
                if seen[name]:
                    bet.add(sum(seen[name]) / len(seen[name]))
