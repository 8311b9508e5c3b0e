"""ARCHITECTURE.md says what `make lint` holds, and draws what the graph is."""

import configparser
from pathlib import Path

import grimp

from triptych.graph import build_graph

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "ARCHITECTURE.md").read_text()


def block(under: str) -> list[str]:
    """The lines of the first indented block after a heading."""
    lines = iter(PAGE.split(under, 1)[1].splitlines())
    for line in lines:
        if line.startswith("    "):
            found = [line.strip()]
            break
    for line in lines:
        if not line.startswith("    "):
            break
        found.append(line.strip())
    return found


def test_page_shows_the_layers_that_the_linter_holds() -> None:
    rules = configparser.ConfigParser()
    rules.read(ROOT / ".importlinter")
    held = rules["importlinter:contract:down"]["layers"].split("\n")[1:]
    assert [line.split() for line in block("## Who may import whom")] == [
        [room for room in layer.split() if room != "|"] for layer in held
    ]


def test_picture_names_every_node_of_the_graph() -> None:
    drawn = " ".join(block("## The picture"))
    nodes = set(build_graph().get_graph().nodes) - {"__start__", "__end__"}
    assert {node for node in nodes if f" {node} " not in f" {drawn} "} == set()


def test_rooms_do_not_reach_up_through_the_package_itself() -> None:
    graph = grimp.build_graph("triptych", exclude_type_checking_imports=True)
    importers = graph.find_modules_that_directly_import("triptych")
    assert {
        name for name in importers if not name.startswith(("triptych.cli", "triptych.lab"))
    } == set()
