"""A process that has everything imported and forks one child a line of its input, which measures.

A line is the JSON of the arguments: url, out, tasks, at_once and, where it is to be, cluster. Told
on stdout: the child's number, and at its end its wait status. Killing a child costs no new start.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from lab_kit import experiment

# What a run imports late is imported here, once.
import triptych.graph
import triptych.models.chat  # noqa: F401
from triptych.lab.measuring.run import measure


def work(url: str, out: str, tasks: int, at_once: int, cluster: str | None = None) -> None:
    """Measure to the end."""
    measure(experiment(url, tasks, concurrency=at_once), Path(out), cluster=cluster)


def main() -> None:
    """Fork until the input ends."""
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                work(**json.loads(line))
                os._exit(0)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
        print(pid, flush=True)
        print(os.waitpid(pid, 0)[1], flush=True)


if __name__ == "__main__":
    main()
