"""The search: GEPA for real, on a scripted model, with the real graph."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from lab_kit import number_in
from optimise_kit import (
    BETTER,
    BODY,
    HARMLESS,
    MAGIC,
    Script,
    is_proposal,
    quick,
    search_at,
    sums,
    text_of,
)

from triptych import chat_model
from triptych.errors import LabError, ModelError
from triptych.lab.optimise.cells import Cells
from triptych.lab.optimise.journal import JOURNAL, Journal, begin, write
from triptych.lab.optimise.search import search_for
from triptych.testing import Reply, ScriptedServer


def run(server: ScriptedServer, out: Path, calls: int = 30, count: int = 30) -> Journal:
    found = search_at(server.base_url, sums(count))
    return search_for(found, out, calls=calls, grader=quick)


def test_a_better_wording_is_found_and_everything_is_written_down(tmp_path: Path) -> None:
    with ScriptedServer(Script(HARMLESS, BETTER)) as server:
        journal = run(server, tmp_path)
        seen = {f"t/{number_in(c.body)}" for c in server.chats if not is_proposal(c.body)}

    assert journal.winner == BETTER
    assert [one.selection_score for one in journal.pool] == [0.0, 1.0]
    assert journal == Journal.model_validate_json((tmp_path / JOURNAL).read_bytes())
    assert len(journal.held_out) >= 10
    assert seen <= {*journal.train, *journal.selection}
    lines = (tmp_path / "search" / "cells.jsonl").read_text().splitlines()
    assert journal.cells == len(lines)
    assert all(json.loads(line)["prompts"]["code"] == "code.gepa@_next" for line in lines)


def test_nothing_of_a_held_out_task_is_told_to_the_proposer(tmp_path: Path) -> None:
    with ScriptedServer(Script(HARMLESS)) as server:
        journal = run(server, tmp_path, calls=20)
        told = "\n".join(text_of(c.body) for c in server.chats if is_proposal(c.body))

    assert "AssertionError" in told  # the hidden verdict, of training tasks
    named = {id for id in journal.held_out if f"add{id.removeprefix('t/')}(" in told}
    ranked = {id for id in journal.selection if f"add{id.removeprefix('t/')}(" in told}
    assert not named
    assert not ranked


def test_a_search_that_was_made_is_made_again_from_its_folder(tmp_path: Path) -> None:
    with ScriptedServer(Script(HARMLESS, BETTER)) as server:
        first = run(server, tmp_path)
        asked = len(server.chats)
        assert run(server, tmp_path) == first
        assert len(server.chats) == asked


def test_a_search_that_was_killed_goes_on(tmp_path: Path) -> None:
    whole, torn = tmp_path / "whole", tmp_path / "torn"
    with ScriptedServer(Script(BETTER)) as server:
        journal = run(server, whole, calls=24)
        (torn / "search").mkdir(parents=True)
        (torn / JOURNAL).write_bytes((whole / JOURNAL).read_bytes())
        cells = (whole / "search" / "cells.jsonl").read_bytes()
        (torn / "search" / "cells.jsonl").write_bytes(cells[: len(cells) // 2])  # inside a line
        kept = cells[: len(cells) // 2].count(b"\n")
        asked = len([c for c in server.chats if not is_proposal(c.body)])
        again = run(server, torn, calls=24)
        more = len([c for c in server.chats if not is_proposal(c.body)]) - asked

    assert again == journal
    assert more == journal.cells - kept


def test_a_wording_that_is_no_template_costs_no_run(tmp_path: Path) -> None:
    broken = BODY.replace("{{ request }}", f"{MAGIC}")
    with ScriptedServer(Script(broken)) as server:
        journal = run(server, tmp_path, calls=16)
        runs = [c for c in server.chats if not is_proposal(c.body)]

    assert not journal.winner
    assert "'request' is declared and never used" in journal.refused[broken]
    assert not any(MAGIC in text_of(c.body) for c in runs)


def test_a_search_without_a_better_wording_has_no_winner(tmp_path: Path) -> None:
    with ScriptedServer(Script(HARMLESS)) as server:
        journal = run(server, tmp_path, calls=16)
    assert journal.winner == ""
    assert journal.pool[0].body == BODY


def test_another_search_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    with ScriptedServer(Script(BETTER)) as server:
        run(server, tmp_path)
        with pytest.raises(LabError, match="another search: held_out, selection, train differ"):
            run(server, tmp_path, count=40)


def test_a_proposer_that_cannot_be_asked_ends_the_search(tmp_path: Path) -> None:
    script = Script(BETTER)

    def failing(body: dict[str, object]) -> Reply | str:
        return Reply("no", status=400) if is_proposal(body) else script(body)

    with ScriptedServer(failing) as server, pytest.raises(ModelError):
        run(server, tmp_path)
    assert (tmp_path / "search" / "cells.jsonl").stat().st_size  # what was run is kept


def test_a_cell_that_cannot_be_measured_is_no_wrong_answer(tmp_path: Path) -> None:
    with (
        ScriptedServer(lambda body: Reply("down", status=400)) as server,
        pytest.raises(LabError, match="could not be measured"),
    ):
        run(server, tmp_path)


def test_a_task_that_was_put_away_is_refused_by_the_runner(tmp_path: Path) -> None:
    with ScriptedServer(Script(BETTER)) as server:
        search = search_at(server.base_url, sums(30))
        cells = Cells(search.resolved, "code", tmp_path, grader=quick)
        secret = search.split.held_out.opened().tasks[0]
        with pytest.raises(LabError, match=f"'{secret.id}' is none that this search may use"):
            cells.run(search.wordings.template(BETTER), [secret])
        assert not server.chats


def test_a_task_that_is_twice_in_a_batch_is_run_once(tmp_path: Path) -> None:
    heard: list[object] = []
    with ScriptedServer(Script(BETTER)) as server:
        search = search_at(server.base_url, sums(30))
        cells = Cells(search.resolved, "code", tmp_path, grader=quick, on_cell=heard.append)
        one = search.split.train[0]
        records = cells.run(search.wordings.template(BETTER), [one, one])
    assert [record.task for record in records] == [one.id, one.id]
    assert len(heard) == len(cells) == 1


def test_a_winner_that_is_released_is_not_replaced_by_a_longer_search(tmp_path: Path) -> None:
    with ScriptedServer(Script(BETTER)) as server:
        journal = run(server, tmp_path, calls=16)
        write(tmp_path, journal.model_copy(update={"released": "code.gepa@0.1.0"}))
        asked = len(server.chats)
        with pytest.raises(LabError, match=r"--calls 16 it found code\.gepa@0\.1\.0.*no second"):
            run(server, tmp_path, calls=30)
        assert len(server.chats) == asked
        write(tmp_path, journal.model_copy(update={"released": "code.gepa@0.1.0", "winner": "x"}))
        with pytest.raises(LabError, match="They can judge no second"):
            run(server, tmp_path, calls=16)
        write(tmp_path, journal)
        assert run(server, tmp_path, calls=18).calls == 18


def test_another_prompt_or_model_of_another_stage_is_another_search(tmp_path: Path) -> None:
    with ScriptedServer(Script(BETTER)) as server:
        search = search_at(server.base_url, sums(30))
    (base,) = search.resolved.variants
    base = replace(base, strategy=base.strategy.model_copy(update={"repairs": 1}))
    old = replace(search, resolved=replace(search.resolved, variants=(base,)))
    begin(tmp_path, old, 16)
    templates = {**base.templates, "repair": base.templates["review"]}
    other = chat_model(base_url=server.base_url, model="other")

    for changed, what in (
        (replace(base, templates=templates), "prompts"),
        (replace(base, models={"repair": other}), "models"),
    ):
        new = replace(search, resolved=replace(search.resolved, variants=(changed,)))
        with pytest.raises(LabError, match=f"another search: {what} differ"):
            begin(tmp_path, new, 16)
    unasked = replace(base, templates={**base.templates, "review": base.templates["code"]})
    begin(tmp_path, replace(search, resolved=replace(search.resolved, variants=(unasked,))), 16)
