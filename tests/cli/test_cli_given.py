"""What stands on the command line becomes options, or an error that says how to write it."""

import pytest

from triptych.cli import given
from triptych.errors import InputError, UnknownModelError
from triptych.models import find
from triptych.state import Budget, Strategy


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


def test_no_option_leaves_the_strategy_to_the_model():
    assert given.strategy({}, "local", None) is None


def test_one_option_changes_one_field_of_the_models_own_strategy():
    own = Strategy.model_validate(find("local").strategy)
    changed = given.strategy({"plan": "always"}, "local", None)
    assert changed == own.model_copy(update={"plan": "always"})
    assert changed != Strategy(plan="always")


def test_default_model_gives_the_default_strategy(monkeypatch):
    monkeypatch.setenv("NVIDIA_API_KEY", "nvapi-none")
    own = Strategy.model_validate(find("devstral").strategy)
    assert given.strategy({"drafts": 7}, None, None) == own.model_copy(update={"drafts": 7})


def test_self_hosted_model_of_any_name_has_the_general_strategy():
    assert given.strategy({"drafts": 7}, "mine", "http://127.0.0.1:1") == Strategy(drafts=7)


def test_self_hosted_model_of_a_known_name_has_that_models_strategy():
    name = find("devstral").id
    own = Strategy.model_validate(find("devstral").strategy)
    assert given.strategy({"drafts": 7}, name, "http://127.0.0.1:1") == own.model_copy(
        update={"drafts": 7}
    )


def test_unknown_model_is_refused():
    with pytest.raises(UnknownModelError):
        given.strategy({"drafts": 7}, "nonesuch", None)
