"""The endpoints that the scenarios run against: every dialect, and real servers if there are any.

TRIPTYCH_VLLM_URL       base URL of a real vLLM (with /v1); see `make test-vllm`
TRIPTYCH_VLLM_MODEL     its model; left out, the first that it lists
TRIPTYCH_VLLM_KEY       its key, if it wants one
TRIPTYCH_SCENARIOS      "embedded" adds the embedded model
"""

from __future__ import annotations

import json
import os
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from triptych.testing import PerfectModel, Reply, ScriptedServer

KEY = "not-a-real-key"
CONTEXT = 4096
DIALECTS = ("vllm-0.32", "vllm-0.12", "nim", "hosted", "llama.cpp")
STRICT = "strict"  # vLLM 0.32 with Mistral's template, and a model that refuses what others refuse


@dataclass
class Endpoint:
    """An endpoint, and what is known of it.

    `perfect` is true where the model does exactly what it is asked; of a real model only what the
    server holds it to can be expected.
    """

    name: str
    base_url: str
    model_name: str
    key: str | None = field(default=KEY, repr=False)
    server: ScriptedServer | None = None
    context: int | None = CONTEXT

    @property
    def perfect(self) -> bool:
        return self.server is not None

    def model(self, **options: Any) -> Any:
        """Our ChatNVIDIA for it; a real model is held to greedy and short answers."""
        from triptych.models import ChatNVIDIA

        careful = {} if self.perfect else {"temperature": 0, "max_tokens": 256}
        given = {"base_url": self.base_url, "model": self.model_name, "api_key": self.key}
        return ChatNVIDIA(**{**given, **careful, **options})

    @contextmanager
    def slow(self) -> Iterator[tuple[Any, ScriptedServer]]:
        """The same dialect, and an answer that stands still behind its first words."""
        reply = Reply("one two three", hold=threading.Event())
        with scripted(self.name, [reply]) as server:
            yield Endpoint(self.name, server.base_url, "scripted", server=server).model(), server


def scripted(name: str, script: Any) -> ScriptedServer:
    how: Any = {"dialect": name}
    if name == STRICT:
        how = {"dialect": "vllm-0.32", "template": "mistral"}
    return ScriptedServer(script, key=KEY, context=CONTEXT, models=["scripted"], **how)


@pytest.fixture(scope="session")
def running() -> Iterator[dict[str, Endpoint]]:
    """Endpoints that have been started so far, by name."""
    found: dict[str, Endpoint] = {}
    yield found
    for each in found.values():
        if each.server is not None:
            each.server.__exit__(None)


@pytest.fixture
def endpoint(request: pytest.FixtureRequest, running: dict[str, Endpoint]) -> Endpoint:
    name = request.param
    if name not in running:
        running[name] = _REAL[name]() if name in _REAL else _start(name)
    return running[name]


def _start(name: str) -> Endpoint:
    server = scripted(name, PerfectModel(strict=name == STRICT)).__enter__()
    return Endpoint(name, server.base_url, "scripted", server=server)


def _vllm() -> Endpoint:
    url = os.environ["TRIPTYCH_VLLM_URL"].rstrip("/")
    key = os.environ.get("TRIPTYCH_VLLM_KEY")
    asked = urllib.request.Request(f"{url}/models")
    if key:
        asked.add_header("Authorization", f"Bearer {key}")
    with urllib.request.urlopen(asked, timeout=30) as response:
        listed = json.load(response)["data"]
    name = os.environ.get("TRIPTYCH_VLLM_MODEL") or listed[0]["id"]
    limits = {each["id"]: each.get("max_model_len") for each in listed}
    return Endpoint("real-vllm", url, name, key=key, context=limits.get(name))


def _embedded() -> Endpoint:
    from triptych.models.embedded.local import local_server

    server = local_server("local")
    return Endpoint("embedded", server.base_url, server.entry.id, server.key, context=None)


_REAL = {"real-vllm": _vllm, "embedded": _embedded}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "endpoint" not in metafunc.fixturenames:
        return
    names = [*DIALECTS, STRICT]
    if os.environ.get("TRIPTYCH_VLLM_URL"):
        names.append("real-vllm")
    if "embedded" in os.environ.get("TRIPTYCH_SCENARIOS", ""):
        names.append("embedded")
    metafunc.parametrize("endpoint", names, indirect=True)
