"""How a run's options become its strategy and its model."""

from __future__ import annotations

from typing import Any

import pytest
from graph_kit import APPROVE, GREET, GREETING, PLAN, Stages

from triptych import Options, Strategy, build_graph
from triptych.errors import UnknownModelError
from triptych.models import find
from triptych.resources import Resources, strategy_for


def resolved(**options: object) -> Strategy:
    given = Options.model_validate(options)
    return strategy_for(Resources().entry(given), given)


def own(name: str) -> Strategy:
    return Strategy.model_validate(find(name).strategy)


def test_without_a_strategy_the_model_has_its_own() -> None:
    assert resolved(model="local") == own("local")


def test_a_field_that_is_set_changes_that_field_alone() -> None:
    changed = resolved(model="local", strategy={"plan": "always"})
    assert changed == own("local").model_copy(update={"plan": "always"})
    assert changed != Strategy(plan="always")


def test_the_model_is_devstral_where_there_is_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NVIDIA_API_KEY", "none")
    assert resolved() == own("devstral")
    monkeypatch.delenv("NVIDIA_API_KEY")
    assert resolved() == own("local")


def test_a_self_hosted_model_has_the_general_strategy_unless_it_is_known() -> None:
    url = "http://127.0.0.1:1/v1"
    assert resolved(base_url=url, model="mine") == Strategy()
    assert resolved(base_url=url, model=find("devstral").id) == own("devstral")


async def test_a_stage_of_a_self_hosted_endpoint_may_name_any_model_there(
    scripted_server: Any,
) -> None:
    server = scripted_server(Stages(plan=PLAN, code=GREETING, review=APPROVE))
    how = Options(
        base_url=server.base_url,
        model="writer",
        models={"plan": "planner"},
        strategy=Strategy(plan="always", drafts=1, repairs=0, review="advise"),
    )
    result = await build_graph().ainvoke({"request": GREET}, context=how)
    assert result["outcome"]["status"] == "approved"
    assert [c.body["model"] for c in server.chats] == ["planner", "writer", "writer"]


def test_an_unknown_model_is_refused_with_the_nearest_names() -> None:
    with pytest.raises(UnknownModelError, match="devstral"):
        resolved(model="devstrall")
