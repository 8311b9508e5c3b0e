"""Fixtures for pytest; the only module here that needs it.

In your ``conftest.py``::

    pytest_plugins = ["triptych.testing.fixtures"]

then in a test::

    def test_my_app(scripted_server):
        server = scripted_server(["Hello!"])
        assert my_app(base_url=server.base_url) == "Hello!"
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from triptych.testing.server import ScriptedServer

ServerFactory = Callable[..., ScriptedServer]
"""Takes what `ScriptedServer` takes and returns a running one."""


@pytest.fixture
def scripted_server() -> Iterator[ServerFactory]:
    """A function that starts a `ScriptedServer`; all are stopped at the end of the test."""
    with ExitStack() as stack:
        yield lambda *args, **options: stack.enter_context(ScriptedServer(*args, **options))
