"""Whole experiments against a scripted model, with the real graph and the real sandbox."""

from __future__ import annotations

import json
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lab_kit import (
    DRAFTS,
    SINGLE,
    experiment,
    make_tasks,
    number_in,
    right,
    second_time_right,
    task,
)

from triptych import chat_model
from triptych.errors import LabError
from triptych.lab.experiment.fingerprint import fingerprint
from triptych.lab.experiment.resolving import resolve
from triptych.lab.folder import RecordWriter, RunFolder
from triptych.lab.measuring.run import ameasure
from triptych.lab.measuring.schedule import planned, schedule
from triptych.lab.measuring.seeds import seed_of
from triptych.lab.records import Failure, Record
from triptych.lab.tasks.given import task_set
from triptych.lab.words import Experiment, TaskSource, Variant
from triptych.state import Budget, Strategy, Task
from triptych.testing import Reply, ScriptedServer

HUMANEVAL = TaskSource(set="humaneval")
ONE = {"single": Variant(strategy=SINGLE)}


async def measured(server: ScriptedServer, out: Path, count: int = 1, **how: Any) -> list[Record]:
    run = await ameasure(experiment(server.base_url, count, **how), out)
    return list(run.records())


async def test_every_cell_is_measured_once_in_the_order_of_the_schedule(tmp_path: Path) -> None:
    with ScriptedServer(right) as server:
        records = await measured(server, tmp_path, 2)

    frozen = RunFolder.open(tmp_path).fingerprint
    cells = [(s.task, variant, s.trial) for s in schedule(frozen) for variant in s.variants]
    assert [r.key for r in records] == cells
    assert all(r.passed for r in records)
    assert [(r.position, r.place) for r in records] == [(n, p) for n in range(2) for p in range(2)]
    assert records[0].code.startswith("def add")


async def test_a_record_tells_drafts_their_hidden_verdicts_and_what_was_spent(
    tmp_path: Path,
) -> None:
    with ScriptedServer(second_time_right) as server:
        found = {r.variant: r for r in await measured(server, tmp_path)}

    single, drafts = found["single"], found["drafts"]
    assert not single.passed
    assert drafts.passed
    assert drafts.delivered == 1
    assert [d.verdict for d in drafts.drafts[:2]] == ["failed", "passed"]
    assert [d.evidence_verdict for d in drafts.drafts[:2]] == ["failed", "passed"]
    assert drafts.drafts[0].failures[0] == "example >>> add0(1): failed"
    assert drafts.usage.calls == sum(s.calls for s in drafts.stages.values()) == 3
    assert drafts.model_seconds == pytest.approx(drafts.stages["code"].model_seconds, abs=1e-3)
    assert drafts.prompts["code"].startswith("code@")
    assert len(drafts.prompt_sha256["code"]) == 64
    assert "+def add0(x):" in drafts.patch


async def test_the_seed_is_a_function_of_task_and_trial_alone(tmp_path: Path) -> None:
    with ScriptedServer(second_time_right) as server:
        records = await measured(server, tmp_path, 2, trials=2, temperature=0.8, variants=ONE)
        sent = {chat.body["seed"] for chat in server.chats}

    assert all(r.seed == seed_of(0, r.task, r.trial) for r in records)
    assert len({r.seed for r in records}) == 4
    assert {r.seed for r in records} <= sent


async def test_nothing_of_the_hidden_test_leaves_the_grader(tmp_path: Path) -> None:
    with ScriptedServer(second_time_right) as server:
        await measured(server, tmp_path)

    assert server.chats
    assert not any("secret" in json.dumps(entry.body) for entry in server.requests)
    kept = contents(tmp_path)
    assert len(kept) > 4
    assert not any(b"secret" in data for data in kept.values())


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


async def test_an_answer_without_code_is_a_wrong_answer(tmp_path: Path) -> None:
    with ScriptedServer(lambda body: "I would rather not.") as server:
        records = await measured(server, tmp_path)

    assert [r.passed for r in records] == [False, False]
    assert not list(RunFolder.open(tmp_path).failures())


async def test_a_failing_endpoint_is_no_wrong_answer_and_is_tried_again(tmp_path: Path) -> None:
    heard: list[Record | Failure] = []
    replies = iter(["bad"] * 2)

    def script(body: dict[str, Any]) -> Reply:
        bad = next(replies, None)
        return Reply("broken", status=400) if bad else Reply(right(body))

    with ScriptedServer(script) as server:
        run = await ameasure(experiment(server.base_url, 1), tmp_path, on_record=heard.append)

    failures, records = list(run.failures()), list(run.records())
    assert [f.kind for f in failures] == ["BadRequestError", "BadRequestError"]
    assert [(r.passed, r.attempt) for r in records] == [(True, 2), (True, 2)]
    assert [type(item).__name__ for item in heard] == ["Failure"] * 2 + ["Record"] * 2


async def test_a_cell_that_never_works_is_given_up_and_the_others_are_measured(
    tmp_path: Path,
) -> None:
    def script(body: dict[str, Any]) -> Reply:
        broken = "def add1(" in json.dumps(body)
        return Reply("broken", status=400) if broken else Reply(right(body))

    with ScriptedServer(script) as server:
        run = await ameasure(experiment(server.base_url, 5, variants=ONE), tmp_path)

    assert {r.task for r in run.records()} == {"t/0", "t/2", "t/3", "t/4"}
    assert [f.attempt for f in run.failures()] == [1, 2, 3]


async def test_several_cells_that_never_work_do_not_end_a_run_that_measured_the_others(
    tmp_path: Path,
) -> None:
    def script(body: dict[str, Any]) -> Reply:
        broken = number_in(body) in (1, 2, 0)  # no two of them neighbours in the schedule
        return Reply("broken", status=400) if broken else Reply(right(body))

    with ScriptedServer(script) as server:
        run = await ameasure(experiment(server.base_url, 6), tmp_path)

    assert {r.task for r in run.records()} == {"t/3", "t/4", "t/5"}
    assert len({f.key for f in run.failures()}) == 6


async def test_an_endpoint_that_never_answers_ends_the_experiment(tmp_path: Path) -> None:
    with (
        ScriptedServer(lambda body: Reply("broken", status=400)) as server,
        pytest.raises(LabError, match="5 tasks in a row"),
    ):
        await measured(server, tmp_path, 10)

    assert len({f.task for f in RunFolder.open(tmp_path).failures()}) == 5


async def test_one_bad_task_ends_no_experiment_however_many_variants_there_are(
    tmp_path: Path,
) -> None:
    def script(body: dict[str, Any]) -> Reply:
        broken = number_in(body) == 1
        return Reply("broken", status=400) if broken else Reply(right(body))

    variants = {
        f"drafts-{n}": Variant(strategy=DRAFTS.model_copy(update={"drafts": n}))
        for n in range(1, 6)
    }
    with ScriptedServer(script) as server:
        run = await ameasure(experiment(server.base_url, 3, variants=variants), tmp_path)

    assert Counter(r.task for r in run.records()) == {"t/0": 5, "t/2": 5}
    assert len({f.key for f in run.failures()}) == 5


async def test_time_that_runs_out_in_the_review_of_a_good_draft_is_the_variants_own(
    tmp_path: Path,
) -> None:
    replies = iter([0.0])
    reviewed = SINGLE.model_copy(update={"review": "decide"})
    variants = {"slow": Variant(strategy=reviewed, budget=Budget(seconds=3))}
    with ScriptedServer(lambda body: Reply(right(body), delay=next(replies, 30.0))) as server:
        (found,) = await measured(server, tmp_path, variants=variants)

    assert (found.status, found.passed, found.usage.failed_calls) == ("approved", True, 1)
    assert not list(RunFolder.open(tmp_path).failures())


async def test_a_request_too_long_for_one_variants_model_is_that_variants_own_failure(
    tmp_path: Path,
) -> None:
    names = {"small": "qwen2.5-coder-0.5b", "wide": "scripted"}
    made = Experiment(
        name="kit",
        tasks=HUMANEVAL,
        variants={name: Variant(strategy=SINGLE, model=name) for name in names},
        aa=0.0,
    )
    long = task(0)
    long = replace(long, task=Task(request=long.task.request + " " + "x" * 50_000))
    with ScriptedServer(right, models=list(names.values())) as server:
        models = {n: chat_model(base_url=server.base_url, model=m) for n, m in names.items()}
        resolved = resolve(made, tasks=task_set([long], name="long"), models=models)
        run = await ameasure(resolved, tmp_path)

    found = {r.variant: r for r in run.records()}
    assert {name: r.passed for name, r in found.items()} == {"small": False, "wide": True}
    assert "context of 8,192 tokens" in found["small"].reason
    assert not list(run.failures())


async def test_a_prompt_too_long_for_the_model_is_the_variants_own_failure(tmp_path: Path) -> None:
    words = "This model's maximum context length is 10 tokens. However, you requested 99 tokens."
    refusal = {"error": {"message": words, "code": "context_length_exceeded", "type": "x"}}
    with ScriptedServer(lambda body: Reply(status=400, body=refusal)) as server:
        records = await measured(server, tmp_path)

    assert [r.passed for r in records] == [False, False]
    assert "context" in records[0].reason


async def test_a_finished_record_asks_the_model_nothing(tmp_path: Path) -> None:
    with ScriptedServer(right) as server:
        before = await measured(server, tmp_path, 1)
        asked = len(server.requests)
        after = await measured(server, tmp_path, 1)
        assert len(server.requests) == asked

    assert after == before


async def test_a_record_of_the_first_tasks_goes_on_to_more_and_to_more_trials(
    tmp_path: Path,
) -> None:
    with ScriptedServer(right) as server:
        first = await measured(server, tmp_path, 1, variants=ONE)
        records = await measured(server, tmp_path, 2, trials=2, variants=ONE)

    run = RunFolder.open(tmp_path)
    assert records[: len(first)] == first
    assert Counter(r.key for r in records) == dict.fromkeys(planned(run.fingerprint), 1)
    assert run.fingerprint.grown == [{"tasks": 1, "trials": 1}]
    assert [r.position for r in records] == [0, 1, 2, 3]


async def test_a_changed_experiment_is_refused_says_what_differs_and_changes_nothing(
    tmp_path: Path,
) -> None:
    other = {"single": Variant(strategy=SINGLE), "drafts": Variant(strategy=more(DRAFTS))}
    with ScriptedServer(right) as server:
        await measured(server, tmp_path)
        before = contents(tmp_path)
        with pytest.raises(LabError, match=r"drafts\.strategy\.drafts: 3 in the record, 5 now"):
            await measured(server, tmp_path, 2, variants=other)

    assert contents(tmp_path) == before


def more(strategy: Strategy) -> Strategy:
    return strategy.model_copy(update={"drafts": 5})


async def test_cells_without_a_description_are_not_mixed_with_others(tmp_path: Path) -> None:
    with ScriptedServer(right) as server:
        await measured(server, tmp_path)
        (tmp_path / "experiment.json").unlink()
        with pytest.raises(LabError, match="no experiment"):
            await measured(server, tmp_path)


async def test_versions_stand_in_the_first_record_of_each_session_only(tmp_path: Path) -> None:
    with ScriptedServer(right) as server:
        await measured(server, tmp_path, 2, variants=ONE)
        records = await measured(server, tmp_path, 3, variants=ONE)

    assert [bool(r.versions) for r in records] == [True, False, True]
    assert records[0].versions["triptych"]


@pytest.mark.parametrize("lost", [False, True])
async def test_a_run_that_is_to_stop_early_ends_when_it_is_decided_whatever_was_lost(
    tmp_path: Path, lost: bool
) -> None:
    def script(body: dict[str, Any]) -> str | Reply:
        if lost and f"t/{number_in(body)}" == first:
            return Reply("broken", status=400)
        return right(body) if body["model"] == "good" else "I would rather not."

    variants = {name: Variant(strategy=SINGLE, model=name) for name in ("bad", "good")}
    made = Experiment(
        name="kit", tasks=HUMANEVAL, variants=variants, aa=0.0, concurrency=2, stop_early=True
    )
    with ScriptedServer(script, models=["bad", "good"]) as server:
        models = {n: chat_model(base_url=server.base_url, model=n) for n in ("bad", "good")}
        resolved = resolve(made, tasks=make_tasks(40), models=models)
        first = schedule(fingerprint(resolved))[0].task
        run = await ameasure(resolved, tmp_path)

    records = list(run.records())
    assert bool(list(run.failures())) == lost
    assert 20 <= len(records) < 60
    assert {r.variant: r.passed for r in records} == {"bad": False, "good": True}


async def test_a_long_record_is_not_read_on_the_event_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[threading.Thread] = []

    def opened(path: Path) -> RecordWriter:
        read.append(threading.current_thread())
        return RecordWriter(path)

    monkeypatch.setattr("triptych.lab.measuring.run.RecordWriter", opened)
    with ScriptedServer(right) as server:
        await measured(server, tmp_path, variants=ONE)

    assert read
    assert threading.current_thread() not in read
