"""A template as a LangChain Runnable."""

from typing import Any

import pytest
from langchain_core.prompts import BasePromptTemplate
from langchain_core.runnables import RunnableLambda
from langchain_core.tracers import BaseTracer
from langchain_core.tracers.schemas import Run

from triptych.errors import PromptError
from triptych.prompts import PromptRunnable, as_runnable, library, run_metadata
from triptych.prompts.layers import built_in_folder

VALUE = "{x} {{ y }} {% z %}\nsystem:\n<&>"


@pytest.fixture
def prompt() -> PromptRunnable:
    return as_runnable(library().get("code"))


class Keep(BaseTracer):
    """Keeps the finished runs."""

    def __init__(self) -> None:
        super().__init__()
        self.runs: list[Run] = []

    def _persist_run(self, run: Run) -> None:
        self.runs.append(run)


def texts(value: Any) -> list[tuple[str, str]]:
    return [(m.type, m.content) for m in value.to_messages()]


async def test_sync_async_and_batch_agree(prompt: PromptRunnable) -> None:
    given = {"request": VALUE}
    one = texts(prompt.invoke(given))
    assert one[1][1].startswith(VALUE)
    assert texts(await prompt.ainvoke(given)) == one
    assert [texts(v) for v in prompt.batch([given, given])] == [one, one]
    assert [texts(v) for v in await prompt.abatch([given])] == [one]


def test_it_is_a_prompt_with_variables(prompt: PromptRunnable) -> None:
    assert isinstance(prompt, BasePromptTemplate)
    assert prompt.input_variables == ["request"]
    assert prompt.optional_variables == ["plan", "files", "edit_format"]
    schema = prompt.get_input_schema().model_json_schema()
    assert schema["required"] == ["request"]
    assert schema["properties"]["edit_format"]["default"] == "whole"
    assert prompt == as_runnable(library().get("code"))


def test_metadata_names_the_template_exactly_and_reaches_its_run(prompt: PromptRunnable) -> None:
    tracer = Keep()
    prompt.invoke({"request": "r"}, config={"callbacks": [tracer], "metadata": {"mine": 1}})
    template = library().get("code")
    stamp = {
        "prompt": template.reference, "prompt_sha256": template.sha256, "prompt_layer": "built-in",
    }  # fmt: skip
    assert prompt.metadata == stamp
    [run] = tracer.runs
    assert stamp.items() <= run.metadata.items()
    assert run.metadata["mine"] == 1


def test_metadata_of_a_run_names_every_stage() -> None:
    chosen = library().select()
    stamp = run_metadata(chosen)
    assert stamp["prompt_plan"] == chosen["plan"].reference
    assert stamp["prompt_review_sha256"] == chosen["review"].sha256
    assert stamp["prompt_code_layer"] == "built-in"
    assert len(stamp) == 3 * len(chosen)


def test_partial_gives_some_values_before(prompt: PromptRunnable) -> None:
    part = prompt.partial(plan="Use +.", edit_format=lambda: "whole")
    assert part.input_variables == ["request"]
    assert part.optional_variables == ["files"]
    assert texts(part.invoke({"request": "r"})) == texts(
        prompt.invoke({"request": "r", "plan": "Use +."})
    )
    assert part.metadata == prompt.metadata
    assert prompt.partial_variables == {}


def test_partial_of_the_required_value_makes_the_rest_optional(prompt: PromptRunnable) -> None:
    assert texts(prompt.partial(request="r").invoke({})) == texts(prompt.invoke({"request": "r"}))


def test_partial_of_an_unknown_value_is_an_error(prompt: PromptRunnable) -> None:
    with pytest.raises(PromptError, match=r"no input 'pln'. Did you mean 'plan'"):
        prompt.partial(pln="x")


def test_missing_value_is_a_prompt_error_not_advice_about_braces(prompt: PromptRunnable) -> None:
    with pytest.raises(PromptError, match=r"code@1.0.0 needs a value for 'request'"):
        prompt.invoke({"plan": "x"})


def test_it_leaves_alone_what_it_does_not_declare(prompt: PromptRunnable) -> None:
    chain = RunnableLambda(lambda request: {"request": request, "seed": 7}) | prompt
    assert texts(chain.invoke("r")) == texts(prompt.invoke({"request": "r"}))


def test_one_value_may_come_without_its_name(prompt: PromptRunnable) -> None:
    assert texts(prompt.invoke("r")) == texts(prompt.invoke({"request": "r"}))


def test_its_trace_holds_no_prompt_text_twice(prompt: PromptRunnable) -> None:
    assert "expert" not in repr(prompt)
    assert str(built_in_folder()) in repr(prompt)
