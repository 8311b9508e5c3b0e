"""The error tree: what an error knows, says and takes with it to another process."""

import copy
import pickle

import pytest

from triptych import errors
from triptych.errors import (
    ContextTooLongError,
    ModelError,
    ModelTimeoutError,
    RateLimitedError,
    TruncatedError,
    UnavailableError,
    UnknownModelError,
)

FAILED = [
    ContextTooLongError("It is too long.", "Shorten it.", limit=4096, asked=5030, status=400),
    UnknownModelError("No such model.", "Take another.", names=["a", "b"], endpoint="here:80"),
    ModelTimeoutError("No token came.", kind="first-token", request_id="r-1"),
    RateLimitedError("Too many.", retry_after=2.5, status=429, attempts=5),
    UnavailableError("Gone.", "Try again.", partial="half", retryable=False),
    TruncatedError("Cut.", partial='{"a'),
]


@pytest.mark.parametrize("error", FAILED, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("sent", [lambda e: pickle.loads(pickle.dumps(e)), copy.copy])
def test_an_error_crosses_processes_with_all_that_it_knows(error, sent):
    got = sent(error)
    assert type(got) is type(error)
    assert vars(got) == vars(error)
    assert str(got) == str(error)
    assert got.retryable == error.retryable


def test_every_model_error_can_be_pickled_from_its_message_alone():
    kinds = [k for k in vars(errors).values() if isinstance(k, type) and issubclass(k, ModelError)]
    assert len(kinds) >= 17
    for kind in kinds:
        assert str(pickle.loads(pickle.dumps(kind("It failed.", "Mend it.")))) == (
            "It failed. Mend it."
        )


def test_an_error_says_after_how_many_attempts_and_in_which_request():
    error = UnavailableError("here:80 answered 503: busy.", "Try again.", request_id="req-7")
    error.attempts = 5
    said = "here:80 answered 503: busy (5 attempts, request id req-7)."
    assert error.message == said
    assert str(error) == f"{said} Try again."


def test_what_may_pass_is_retryable_and_what_will_not_is_not():
    passing = {"RateLimitedError", "UnavailableError", "ModelTimeoutError"}
    for name, kind in vars(errors).items():
        if isinstance(kind, type) and issubclass(kind, ModelError) and name != "ModelTimeoutError":
            assert kind("x").retryable == (name in passing), name
    assert ModelTimeoutError("x", kind="connect").retryable
    assert ModelTimeoutError("x", kind="between-tokens").retryable
    assert not ModelTimeoutError("x", kind="total").retryable
