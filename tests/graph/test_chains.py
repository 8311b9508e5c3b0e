"""Each step on its own, as any LangChain app may use it."""

from __future__ import annotations

from typing import Any

import pytest
from graph_kit import BAD, CHANGES, GOOD, NO_CODE, PLAN
from langchain_core.runnables import RunnableLambda

from triptych import Plan, Review, coder, planner, repairer, reviewer
from triptych.chains import CodeInput, PlanInput, Proposal, RepairInput, ReviewInput
from triptych.errors import BadOutputError, ModelError
from triptych.testing import Reply

GIVEN = {"request": "Write add(a, b)."}
FILES = {"add.py": "def add(a, b):\n    return a - b\n"}
FIXED = {"add.py": "def add(a, b):\n    return a + b\n"}


async def test_the_coder_is_a_runnable_in_every_form(scripted: Any) -> None:
    chain = coder(scripted(code=GOOD)[0])
    expected = {"solution.py": "def add(a, b):\n    return a + b\n"}
    assert chain.invoke(GIVEN).files == expected
    assert chain.invoke(CodeInput(**GIVEN)).files == expected
    assert (await chain.ainvoke(GIVEN)).files == expected
    assert [p.files for p in chain.batch([GIVEN, GIVEN])] == [expected] * 2
    assert [p.files for p in await chain.abatch([GIVEN, GIVEN])] == [expected] * 2
    assert [p.files for p in chain.stream(GIVEN)] == [expected]
    assert [p.files async for p in chain.astream(GIVEN)] == [expected]


@pytest.mark.parametrize(
    ("make", "takes", "gives"),
    [
        (planner, PlanInput, Plan),
        (coder, CodeInput, Proposal),
        (repairer, RepairInput, Proposal),
        (reviewer, ReviewInput, Review),
    ],
)
def test_schemas_are_typed(scripted: Any, make: Any, takes: Any, gives: Any) -> None:
    chain = make(scripted(code=GOOD)[0])
    assert chain.InputType is takes
    assert chain.OutputType is gives
    assert set(chain.get_input_jsonschema()["properties"]) == set(takes.model_fields)
    assert set(chain.get_output_jsonschema()["properties"]) == set(gives.model_fields)


def test_they_compose_with_other_runnables(scripted: Any) -> None:
    model, _ = scripted(plan=PLAN, code=GOOD)
    chain = (
        planner(model)
        | RunnableLambda(lambda plan: {**GIVEN, "plan": plan})
        | coder(model)
        | RunnableLambda(lambda proposal: sorted(proposal.files))
    )
    assert chain.invoke(GIVEN) == ["solution.py"]


def test_the_planner_is_constrained_by_a_strict_schema(scripted: Any) -> None:
    model, stages = scripted(plan=PLAN)
    assert planner(model).invoke(GIVEN).steps == ["Return the sum."]
    form = stages.bodies[0]["response_format"]["json_schema"]
    assert form["strict"] is True
    assert form["schema"]["additionalProperties"] is False


def test_the_repairer_edits_the_file_it_is_given(scripted: Any) -> None:
    given = {**GIVEN, "files": FILES, "failures": "add(1, 1) is 0", "findings": []}
    assert repairer(scripted(repair=GOOD)[0]).invoke(given).files == FIXED


def test_the_reviewer_gives_findings(scripted: Any) -> None:
    review = reviewer(scripted(review=CHANGES)[0]).invoke({**GIVEN, "files": FILES})
    assert review.verdict == "changes"
    assert review.findings[0].quote == "    return a - b"


def test_changes_without_a_finding_approve(scripted: Any) -> None:
    answer = '{"findings": [], "verdict": "changes"}'
    review = reviewer(scripted(review=answer)[0]).invoke({**GIVEN, "files": FILES})
    assert review.verdict == "approve"


@pytest.mark.parametrize(
    ("make", "answers", "given"),
    [
        (coder, {"code": NO_CODE}, GIVEN),
        (planner, {"plan": '{"summary": 3}'}, GIVEN),
        (reviewer, {"review": "fine by me"}, {**GIVEN, "files": FILES}),
    ],
)
def test_an_unusable_answer_is_an_error_that_keeps_the_words(
    scripted: Any, make: Any, answers: dict[str, str], given: dict[str, Any]
) -> None:
    with pytest.raises(BadOutputError) as caught:
        make(scripted(**answers)[0]).invoke(given)
    assert caught.value.partial == next(iter(answers.values()))


def test_an_answer_cut_at_the_token_limit_says_so(scripted: Any) -> None:
    cut = Reply('{"summary": "Add th', finish_reason="length")
    with pytest.raises(BadOutputError, match="cut at the token limit"):
        planner(scripted(plan=cut)[0]).invoke(GIVEN)


def test_an_endpoint_that_fails_is_a_model_error(scripted: Any) -> None:
    with pytest.raises(ModelError) as caught:
        coder(scripted(code=Reply("nobody home", status=500))[0]).invoke(GIVEN)
    assert caught.value.status == 500


def test_unknown_fields_are_refused(scripted: Any) -> None:
    with pytest.raises(ValueError, match="requst"):
        coder(scripted(code=BAD)[0]).invoke({"requst": "typo"})
