from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from graph_kit import Stages

from triptych import ChatNVIDIA, chat_model

Scripted = Callable[..., tuple[ChatNVIDIA, Stages]]


@pytest.fixture
def scripted(scripted_server: Any) -> Scripted:
    """Stage to answers, to a model that gives them over real HTTP, and its script."""

    def make(**answers: Any) -> tuple[ChatNVIDIA, Stages]:
        stages = Stages(**answers)
        server = scripted_server(stages)
        return chat_model(base_url=server.base_url, model="scripted", seed=7), stages

    return make
