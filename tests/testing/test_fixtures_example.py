"""How somebody else's app is tested with the kit: an example, and what its fixtures promise."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from triptych.errors import AuthenticationError
from triptych.models import ChatNVIDIA
from triptych.testing import Reply, ScriptedServer, fault
from triptych.testing.leaks import leaks

if TYPE_CHECKING:
    from triptych.testing.fixtures import MarkedKey, ServerFactory


def my_app(question: str, **where: Any) -> str:
    """Stands for what you have written."""
    return str(ChatNVIDIA(model="scripted", **where).invoke(question).content)


class TestMyApp:
    def test_it_asks_and_answers(self, scripted_server: ServerFactory) -> None:
        server = scripted_server(["Hello!"], dialect="vllm-0.32")
        assert my_app("Hi", base_url=server.base_url) == "Hello!"
        assert server.chats[0].body["messages"][-1]["content"] == "Hi"

    def test_it_survives_a_busy_server(self, scripted_server: ServerFactory) -> None:
        server = scripted_server([Reply(status=429, headers={"Retry-After": "0"}), "Hello!"])
        assert my_app("Hi", base_url=server.base_url) == "Hello!"

    def test_it_works_with_a_model_that_does_what_it_is_asked(
        self, perfect_model: ScriptedServer, strict_model: ScriptedServer
    ) -> None:
        for server in (perfect_model, strict_model):
            assert my_app("Say 'blue'", base_url=server.base_url) == "blue"

    def test_its_key_is_found_nowhere(
        self, marked_key: MarkedKey, scripted_server: ServerFactory
    ) -> None:
        key = marked_key.value
        server = scripted_server(["Hello!", fault("401")], key=key, dialect="hosted")
        answer = my_app("Hi", base_url=server.base_url, api_key=key)
        with pytest.raises(AuthenticationError) as caught:
            my_app("Hi", base_url=server.base_url, api_key=key)
        marked_key.check(answer, caught.value, server.requests)


class TestMarkedKey:
    def test_a_leak_in_a_log_fails_the_test(self, marked_key: MarkedKey) -> None:
        logging.getLogger("my.app").debug("Asking with %s", marked_key.value)
        with pytest.raises(pytest.fail.Exception, match="The key shows in") as caught:
            marked_key.check()
        assert marked_key.value not in str(caught.value)

    def test_a_leak_on_the_terminal_does_too(self, marked_key: MarkedKey) -> None:
        print(f"Bearer {marked_key.value}")
        with pytest.raises(pytest.fail.Exception):
            marked_key.check()

    def test_nothing_found_is_no_failure(self, marked_key: MarkedKey) -> None:
        marked_key.check("all is well", ValueError("no key here"), {"key": "***"})


class TestLeaks:
    def test_a_key_is_found_in_a_cause_in_an_attribute_and_encoded(self) -> None:
        inner = ValueError("x")
        inner.request = "Basic czNjcmV0LWtleQ=="  # type: ignore[attr-defined]
        outer = RuntimeError("all is well")
        outer.__cause__ = inner
        assert leaks("s3cret-key", outer) == ["ValueError.request"]

    def test_each_place_is_told_without_the_key(self) -> None:
        found = leaks("s3cret-key", "a s3cret-key b", ValueError("s3cret-key"))
        assert found[0] == "a text"
        assert len(found) == 4
        assert "s3cret" not in str(found)
