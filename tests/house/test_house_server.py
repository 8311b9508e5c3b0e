"""langgraph.json names what a LangGraph server can load."""

import inspect
import json
from importlib import import_module
from pathlib import Path
from typing import Any

from langgraph.graph.state import CompiledStateGraph

CONFIG = json.loads((Path(__file__).parents[2] / "langgraph.json").read_text())


def factory() -> Any:
    module, name = CONFIG["graphs"]["triptych"].split(":")
    return getattr(import_module(module), name)


def test_factory_takes_no_argument() -> None:
    # A server calls a factory that takes one with a config of its own.
    assert not inspect.signature(factory()).parameters


def test_factory_gives_a_compiled_graph() -> None:
    assert isinstance(factory()(), CompiledStateGraph)


def test_project_itself_is_what_the_server_installs() -> None:
    assert CONFIG["dependencies"] == ["."]
