"""How many blocks are in progress at the same time."""

from __future__ import annotations

from triptych.lab.experiment.live import Resolved
from triptych.resources import entry_of

AT_ONCE = 8
LOCAL_AT_ONCE = 2
"""Where no measurement of the model says how many: an endpoint's, and the local model's."""


def at_once(resolved: Resolved) -> int:
    """Blocks in progress at the same time: what the experiment says, or what the model takes."""
    if resolved.experiment.concurrency is not None:
        return resolved.experiment.concurrency
    found = []
    for model in resolved.models:
        entry = entry_of(model)
        measured = entry.measured.concurrency if entry and entry.measured else None
        local = entry is not None and entry.kind == "local"
        # While one is checked and graded on the same machine, its server has another to answer.
        found.append((measured or (LOCAL_AT_ONCE if local else AT_ONCE)) + local)
    return min(found)
