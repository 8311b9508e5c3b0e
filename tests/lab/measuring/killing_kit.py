"""Runs that are killed with kill -9 at random times and begun again, and what must be true then."""

from __future__ import annotations

import json
import os
import queue
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

from lab_kit import number_in

from triptych.lab.folder import RunFolder
from triptych.lab.measuring.schedule import planned
from triptych.testing import ScriptedServer

ZYGOTE = Path(__file__).with_name("zygote.py")


class Zygote:
    """The process that forks the ones to kill."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(ZYGOTE)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=dict(os.environ),
        )
        self._said: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._said.put(line)

    def measure(
        self, seconds: float | None, begun: Callable[[], Any] = lambda: None, **arguments: Any
    ) -> bool:
        """Measure, and kill after so many seconds; None: to the end.

        Args:
            seconds: Counted from when `begun` returns.
            begun: Waits until enough has happened.
            **arguments: Of `zygote.work`.

        Returns:
            True if it came to its end.
        """
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(arguments) + "\n")
        self._process.stdin.flush()
        pid = int(self._said.get(timeout=120))
        begun()
        try:
            status = int(self._said.get(timeout=seconds if seconds is not None else 300))
        except queue.Empty:
            os.kill(pid, signal.SIGKILL)
            status = int(self._said.get(timeout=60))
        if os.WIFSIGNALED(status):
            return False
        assert os.waitstatus_to_exitcode(status) == 0, "it failed by itself: see stderr"
        return True

    def __enter__(self) -> Zygote:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)


@dataclass
class Killed:
    """What was seen of a run that was killed so often.

    Attributes:
        kills: SIGKILLs.
        sessions: Starts, the last one to the end.
        cells: Of the experiment.
        before: Those that were there before the last session.
        torn: Kills that left a last line torn.
        problems: What must not be.
    """

    kills: int = 0
    sessions: int = 0
    cells: int = 0
    before: int = 0
    torn: int = 0
    problems: list[str] = field(default_factory=list)


def killed(
    server: ScriptedServer,
    out: Path,
    *,
    kills: int,
    tasks: int,
    longest: float,
    seed: int = 0,
    say: Callable[[str], None] = lambda text: None,
) -> Killed:
    """Measure with kills at random times, then to the end, and look at what is there.

    Args:
        server: Answers; its journal tells what was asked.
        out: The folder.
        kills: How often.
        tasks: Of the experiment.
        longest: Most seconds from a start to its kill.
        seed: Of the times.
        say: Is told how it goes on.
    """
    chance, seen = random.Random(seed), Killed()
    how: dict[str, Any] = {"url": server.base_url, "out": str(out), "tasks": tasks, "at_once": 3}
    finished: list[tuple[int, set[str]]] = []
    kept: list[Any] = []
    with Zygote() as zygote:
        while True:
            last = seen.kills == kills
            # Every third is killed early, before it can have asked anything anew.
            early = last or seen.kills % 3 == 2
            more = len(server.chats) + 1
            ended = zygote.measure(
                None if last else chance.uniform(0.0, longest),
                (lambda: None) if early else partial(server.wait_for, more, timeout=60),
                **how,
            )
            seen.sessions += 1
            seen.kills += not ended
            kept = _look(out, seen, kept)
            say(f"session {seen.sessions}: {len(kept)} cells, {'ended' if ended else 'killed'}")
            finished.append((len(server.chats), _whole(out)))
            if last:
                break
            seen.before = len(kept)
            if ended:
                seen.problems.append("it ended before all kills: give it more tasks")
                break
    _look_at_the_end(server, out, seen, finished)
    return seen


def _look(out: Path, seen: Killed, kept: list[Any]) -> list[Any]:
    cells = out / "cells.jsonl"
    if not cells.exists():
        return []
    data = cells.read_bytes()
    seen.torn += bool(data) and not data.endswith(b"\n")
    now = [json.loads(line) for line in data.splitlines(keepends=True) if line.endswith(b"\n")]
    if now[: len(kept)] != kept:
        seen.problems.append(f"session {seen.sessions}: cells of before were changed or lost")
    return now


def _whole(out: Path) -> set[str]:
    """The tasks of which every cell is there."""
    if not (out / "experiment.json").exists():
        return set()
    run = RunFolder.open(out)
    done = {record.key for record in run.records()}
    tasks = set(run.fingerprint.tasks)
    return tasks - {key[0] for key in planned(run.fingerprint) - done}


def _look_at_the_end(
    server: ScriptedServer, out: Path, seen: Killed, finished: list[tuple[int, set[str]]]
) -> None:
    run = RunFolder.open(out)
    cells = Counter(record.key for record in run.records())
    expected = planned(run.fingerprint)
    seen.cells = len(expected)
    if set(cells) != expected:
        seen.problems.append(f"missing: {expected - set(cells)}; strange: {set(cells) - expected}")
    if twice := [key for key, count in cells.items() if count > 1]:
        seen.problems.append(f"twice in the record: {twice}")
    if failures := list(run.failures()):
        seen.problems.append(f"failures: {failures}")
    for asked, done in finished:
        later = {f"t/{number_in(chat.body)}" for chat in server.chats[asked:]}
        if again := later & done:
            seen.problems.append(f"asked again about finished tasks: {again}")
