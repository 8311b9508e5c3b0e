"""Where a hidden check must not be: what a run is given, what is logged, what is kept."""

from __future__ import annotations

import logging
import pickle
from pathlib import Path
from typing import Any

import pytest
from lab_kit import experiment, number_in, reply

from triptych.lab.experiment.fingerprint import fingerprint
from triptych.lab.grading.grade import Grade
from triptych.lab.measuring import cell
from triptych.lab.measuring.run import ameasure
from triptych.lab.measuring.schedule import blocks
from triptych.testing.fixtures import ServerFactory

SECRET = "secret"
"""The name that `lab_kit`'s hidden tests give to the candidate; nothing else has it."""


def right(body: dict[str, Any]) -> str:
    n = number_in(body)
    return reply(f"def add{n}(x):\n    return x + {n + 1}")


async def passing(files: Any, hidden: Any) -> Grade:
    return Grade("passed")


async def test_what_a_run_is_given_and_what_is_logged_hold_nothing_of_it(
    scripted_server: ServerFactory,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = scripted_server(right)
    given: list[bytes] = []
    run = cell.arun

    async def watched(request: str, **how: Any) -> Any:
        plain = {name: how[name] for name in ("files", "checks", "strategy", "budget", "python")}
        given.append(pickle.dumps((request, plain)))
        given.append(repr(how).encode())
        return await run(request, **how)

    monkeypatch.setattr(cell, "arun", watched)
    with caplog.at_level(logging.DEBUG):
        out = await ameasure(experiment(server.base_url, 2), tmp_path / "run", grader=passing)

    assert len(given) == 8
    assert len(list(out.records())) == 4
    assert not any(SECRET.encode() in text for text in given)
    assert not any(SECRET in record.getMessage() for record in caplog.records)
    kept = [path for path in out.path.rglob("*") if path.is_file()]
    assert len(kept) > 3
    assert not any(SECRET.encode() in path.read_bytes() for path in kept)


def test_what_an_engine_may_quote_in_its_log_holds_nothing_of_it() -> None:
    resolved = experiment("http://127.0.0.1:9/v1", 2)
    (first, *_) = blocks(resolved, fingerprint(resolved), set())

    assert SECRET in first.task.hidden.test  # type: ignore[union-attr]
    assert SECRET not in repr(first)
    assert SECRET not in repr(resolved)
