"""kill -9 at any time: no cell is lost, and none is measured twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from killing_kit import killed
from lab_kit import right

from triptych.testing import Reply, ScriptedServer


def test_after_eight_kills_every_cell_is_there_once_and_nothing_finished_was_asked_again(
    tmp_path: Path,
) -> None:
    def script(body: dict[str, Any]) -> Reply:
        return Reply(right(body), delay=0.2)

    with ScriptedServer(script) as server:
        seen = killed(server, tmp_path, kills=8, tasks=20, longest=0.7)

    assert seen.problems == []
    assert (seen.kills, seen.sessions, seen.cells) == (8, 9, 40)
    assert 0 < seen.before < 40
