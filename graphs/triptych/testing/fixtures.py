"""Fixtures for pytest; the only module here that needs it.

In your ``conftest.py``::

    pytest_plugins = ["triptych.testing.fixtures"]

then in a test::

    def test_my_app(scripted_server):
        server = scripted_server(["Hello!"], dialect="vllm-0.32")
        assert my_app(base_url=server.base_url) == "Hello!"


    def test_my_agent(perfect_model):
        assert "Paris" in my_agent(base_url=perfect_model.base_url, model="scripted")


    def test_my_app_keeps_its_key(marked_key, scripted_server):
        server = scripted_server(["Hello!"], key=marked_key.value)
        my_app(base_url=server.base_url, api_key=marked_key.value)
        marked_key.check(my_app)  # and its logs, its output, and all that is passed here

They are loaded by name, and not for everybody who has Triptych installed: a plugin that pytest
finds by itself would import the server into test runs that never use it.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from triptych.testing.leaks import leaks
from triptych.testing.perfect import PerfectModel
from triptych.testing.server import ScriptedServer

ServerFactory = Callable[..., ScriptedServer]
"""Takes what `ScriptedServer` takes and returns a running one."""


@pytest.fixture
def scripted_server() -> Iterator[ServerFactory]:
    """A function that starts a `ScriptedServer`; all are stopped at the end of the test."""
    with ExitStack() as stack:
        yield lambda *args, **options: stack.enter_context(ScriptedServer(*args, **options))


@pytest.fixture
def perfect_model(scripted_server: ServerFactory) -> ScriptedServer:
    """A running server with a model that does what is asked, as vLLM words it."""
    return scripted_server(PerfectModel(), dialect="vllm-0.32")


@pytest.fixture
def strict_model(scripted_server: ServerFactory) -> ScriptedServer:
    """The same, refusing what OpenAI's API, vLLM or Mistral's template refuse."""
    return scripted_server(PerfectModel(strict=True), dialect="vllm-0.32")


@dataclass(frozen=True)
class MarkedKey:
    """A key that is only good for being looked for.

    Attributes:
        value: The key.
    """

    value: str
    _log: pytest.LogCaptureFixture
    _output: pytest.CaptureFixture[str]

    def check(self, *things: object) -> None:
        """Fail if the key shows in any of the things, in a log record, or in what was printed.

        Args:
            things: Texts, objects (their `str` and `repr`),
                exceptions (with traceback, attributes and causes).
        """
        printed = self._output.readouterr()
        records = [record.getMessage() + str(record.exc_text) for record in self._log.records]
        found = leaks(self.value, *things, *records, printed.out, printed.err)
        if found:
            pytest.fail(f"The key shows in: {'; '.join(found)}", pytrace=False)


@pytest.fixture
def marked_key(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> Iterator[MarkedKey]:
    """A key unlike any other, and a check that it is found nowhere; logs count from DEBUG on."""
    with caplog.at_level(logging.DEBUG):
        yield MarkedKey(f"nvapi-marked-{secrets.token_hex(12)}", caplog, capsys)
