"""What stands on the command line becomes options, or an error that says how to write it."""

import pytest

from triptych.cli import given
from triptych.errors import InputError
from triptych.state import Budget


def test_budget_names_all_its_limits():
    fields = given.budget("tokens=20_000, seconds=60.5,calls=10,money=0.5")
    assert Budget(**fields) == Budget(tokens=20000, seconds=60.5, calls=10, money=0.5)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "tokens=…"),
        ("20000", "tokens=…"),
        ("token=5", "Did you mean tokens?"),
        ("apples=5", "tokens, seconds, calls, money"),
        ("tokens=many", "tokens=20000"),
        ("tokens=1.5", "tokens=20000"),
        ("seconds=0", "above zero"),
        ("seconds=nan", "above zero"),
        ("money=-1", "above zero"),
        ("money=inf", "above zero"),
    ],
)
def test_bad_budget_is_an_error_with_its_cure(text, told):
    with pytest.raises(InputError) as caught:
        given.budget(text)
    assert told in str(caught.value)


def test_prompts_are_chosen_by_stage():
    texts = ["code=code@1.0.0", "plan=./mine/plan.md"]
    assert given.pairs(texts, "--prompt", given.STAGES) == {
        "code": "code@1.0.0",
        "plan": "./mine/plan.md",
    }


def test_unknown_stage_names_the_nearest():
    with pytest.raises(InputError, match="Did you mean review"):
        given.pairs(["reviewer=x"], "--prompt", given.STAGES)
