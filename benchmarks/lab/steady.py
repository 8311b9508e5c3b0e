"""Many cells in one process: does its memory grow?"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Any

from parts import ANSWER, NoSandbox, experiment, say

from triptych.lab.measuring.run import measure
from triptych.testing import ServerProcess

EACH = 100
SETTLING = 1000
PAGE = os.sysconf("SC_PAGE_SIZE")


def steady(cells: int = 10_000) -> tuple[dict[str, Any], list[Any]]:
    """The slope of the resident memory, and its samples."""
    samples: list[dict[str, Any]] = []
    done = 0
    began = time.monotonic()

    def sample(item: object) -> None:
        nonlocal done
        done += 1
        if done % EACH == 0:
            samples.append({"cells": done, "mb": round(_resident() / 1e6, 2)})
        if done % 1000 == 0:
            say(f"{done} of {cells} cells: {samples[-1]['mb']:.0f} MB")

    with ServerProcess("--quick", "--text", ANSWER) as server:
        resolved = experiment(server.base_url, cells // 2, 8)
        with tempfile.TemporaryDirectory() as folder:
            run = measure(resolved, Path(folder), grader=NoSandbox(), on_record=sample)
            found = sum(1 for _ in run.records())
            size = sum(p.stat().st_size for p in Path(folder).rglob("*") if p.is_file())
    late = [s for s in samples if s["cells"] > SETTLING]
    result = {
        "cells": found,
        "seconds": round(time.monotonic() - began, 1),
        "megabytes_at_1000": next(s["mb"] for s in samples if s["cells"] == SETTLING),
        "megabytes_at_the_end": samples[-1]["mb"],
        "megabytes_per_1000_cells": round(1000 * _slope(late), 3),
        "megabytes_on_disk": round(size / 1e6, 1),
    }
    return result, samples


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def _slope(samples: list[dict[str, Any]]) -> float:
    """Least squares, megabytes a cell."""
    x = [float(s["cells"]) for s in samples]
    y = [float(s["mb"]) for s in samples]
    middle, height = sum(x) / len(x), sum(y) / len(y)
    across = sum((a - middle) * (b - height) for a, b in zip(x, y, strict=True))
    return across / sum((a - middle) ** 2 for a in x)
