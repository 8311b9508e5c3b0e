"""kill -9: of the measuring process at random times, and of a cluster's worker."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psutil

KITS = Path(__file__).parents[2] / "tests" / "lab"
sys.path[:0] = [str(KITS), str(KITS / "measuring")]

from killing_kit import killed  # noqa: E402
from lab_kit import experiment, right  # noqa: E402
from parts import say  # noqa: E402

from triptych.lab.measuring.run import measure  # noqa: E402
from triptych.lab.measuring.schedule import planned  # noqa: E402
from triptych.testing import Reply, ScriptedServer  # noqa: E402

LATENCY = 0.3


def kills(count: int = 50) -> tuple[dict[str, Any], list[Any]]:
    """A run that is killed so often, with the real sandbox for checks and grades."""
    began = time.monotonic()
    with (
        ScriptedServer(lambda body: Reply(right(body), delay=LATENCY)) as server,
        tempfile.TemporaryDirectory() as folder,
    ):
        seen = killed(
            server, Path(folder), kills=count, tasks=3 * count, longest=1.5, seed=1, say=say
        )
        asked = len(server.chats)
    result = {
        "kills": seen.kills,
        "cells": seen.cells,
        "cells_before_the_last_session": seen.before,
        "torn_last_lines": seen.torn,
        "calls": asked,
        "problems": seen.problems,
        "seconds": round(time.monotonic() - began, 1),
    }
    return result, []


def cluster(count: int = 40) -> tuple[dict[str, Any], list[Any]]:
    """Two worker processes, one of which is killed in the middle."""
    began, lost = time.monotonic(), []
    seen: Counter[str] = Counter()

    def kill_one(item: Any) -> None:
        seen[type(item).__name__] += 1
        if not lost and seen.total() >= count // 2:
            children = psutil.Process().children()
            worker = next(c for c in children if "spawn_main" in " ".join(c.cmdline()))
            os.kill(worker.pid, signal.SIGKILL)
            lost.append(seen.total())
            say(f"killed a worker after {lost[0]} cells")

    with (
        ScriptedServer(lambda body: Reply(right(body), delay=LATENCY)) as server,
        tempfile.TemporaryDirectory() as folder,
    ):
        resolved = experiment(server.base_url, count, concurrency=4)
        run = measure(resolved, Path(folder), cluster="local:2", on_record=kill_one)
        cells = Counter(record.key for record in run.records())
        whole = cells == dict.fromkeys(planned(run.fingerprint), 1)
        failures = sum(1 for _ in run.failures())
    result = {
        "workers": 2,
        "killed_after_cells": lost[0],
        "cells": cells.total(),
        "every_cell_once": whole,
        "failed_attempts": failures,
        "seconds": round(time.monotonic() - began, 1),
    }
    return result, []
