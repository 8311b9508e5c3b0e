"""`with_structured_output` streamed, and in chains."""

import pytest
from people import BO, CALL, GOOD, Person, PersonDict

from triptych.testing import Reply


@pytest.mark.parametrize("method", ["json_schema", "function_calling"])
def test_a_dict_grows_as_it_is_streamed(serve, method):
    if method == "json_schema":
        reply = Reply(chunks=['{"name": "B', 'o", "age"', ": 30}"])
    else:
        reply = Reply(tool_calls=[{**CALL, "name": "PersonDict", "arguments": GOOD}])
    model, _ = serve(reply)
    shown = list(model.with_structured_output(PersonDict, method=method).stream("Who?"))
    assert shown[-1] == BO
    assert len(shown) > 1
    assert all(part.keys() <= BO.keys() for part in shown)
    assert shown == [part for i, part in enumerate(shown) if i == 0 or part != shown[i - 1]]


def test_an_object_is_streamed_once_it_is_whole(serve):
    model, _ = serve(Reply(chunks=['{"name": "Bo", "age": 3', "0}"]))
    assert list(model.with_structured_output(Person).stream("Who?")) == [Person(**BO)]


def test_a_broken_stream_ends_with_the_repaired_answer(serve):
    model, _ = serve('{"name": "Bo"}', GOOD)
    shown = list(model.with_structured_output(PersonDict).stream("Who?"))
    assert shown[-1] == BO


def test_it_stands_in_a_chain_like_any_runnable(serve):
    model, _ = serve(GOOD, GOOD)
    chain = (lambda name: f"Who is {name}?") | model.with_structured_output(Person)
    assert chain.batch(["Bo", "Bo"]) == [Person(**BO)] * 2
