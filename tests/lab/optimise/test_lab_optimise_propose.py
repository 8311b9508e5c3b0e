"""Asking for another wording: what the model is told, what is taken from its answer."""

from __future__ import annotations

from pathlib import Path

import pytest
from optimise_kit import BETTER, BODY, Script, text_of

from triptych import chat_model
from triptych.errors import ModelError
from triptych.lab.optimise.propose import Proposer, proposed
from triptych.prompts import library
from triptych.testing import Reply, ScriptedServer

TOLD = [{"Inputs": "Add one.", "Generated Outputs": "return 1", "Feedback": "failed: 2 is right"}]


def proposer(url: str, memory: Path) -> Proposer:
    model = chat_model(base_url=url, model="scripted")
    return Proposer(
        model, library().get("reflect"), stage="code", variables=["request"], memory=memory
    )


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        ("````\nuser:\nHi\n````", "user:\nHi\n"),
        ("Here it is:\n```jinja\nuser:\nHi\n```\nDone.", "user:\nHi\n"),
        ("````\nuser:\nsay\n```python\nx\n```\n````", "user:\nsay\n```python\nx\n```\n"),
        ("```\nuser:\nsay\n```python\nx\n```\nbye\n```", "user:\nsay\n```python\nx\n```\nbye\n"),
        ("user:\nHi", ""),
        ("````\n\n````", ""),
        ("````\nuser:\nHi", ""),
    ],
)
def test_the_body_is_what_stands_in_the_fence(answer: str, body: str) -> None:
    assert proposed(answer) == body


def test_the_model_is_told_the_prompt_and_what_failed(tmp_path: Path) -> None:
    with ScriptedServer(Script(BETTER)) as server:
        new = proposer(server.base_url, tmp_path / "m")({"code": BODY}, {"code": TOLD}, ["code"])
        asked = text_of(server.chats[0].body)
    assert new == {"code": BETTER}
    assert BODY.strip() in asked
    assert "failed: 2 is right" in asked
    assert "{{ request }}" in asked


def test_an_answer_without_a_body_leaves_the_prompt_as_it_is(tmp_path: Path) -> None:
    with ScriptedServer(["I cannot."]) as server:
        assert proposer(server.base_url, tmp_path / "m").propose(BODY, TOLD) == BODY


def test_what_was_proposed_is_not_asked_again(tmp_path: Path) -> None:
    with ScriptedServer(Script(BETTER, BODY)) as server:
        first = proposer(server.base_url, tmp_path / "m").propose(BODY, TOLD)
        again = proposer(server.base_url, tmp_path / "m").propose(BODY, TOLD)
        assert len(server.chats) == 1
    assert first == again == BETTER


def test_a_model_that_cannot_be_asked_is_remembered_as_the_fault(tmp_path: Path) -> None:
    with ScriptedServer(lambda body: Reply("no", status=400)) as server:
        mine = proposer(server.base_url, tmp_path / "m")
        with pytest.raises(ModelError):
            mine.propose(BODY, TOLD)
    assert isinstance(mine.fault, ModelError)
