"""The state machine as a picture: from the compiled graph itself, so that it cannot drift."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from triptych.errors import InputError

if TYPE_CHECKING:
    from triptych.graph import Graph

# "classic": the renderer's default look draws a dotted edge solid where another one crosses it.
_CONFIG = {"look": "classic", "theme": "default", "flowchart": {"curve": "linear"}}


def mermaid(graph: Graph, title: str = "triptych") -> str:
    """A graph's nodes and edges as Mermaid text, top down; dotted edges are the choices.

    Args:
        graph: A compiled graph, such as ``build_graph()``. No model is started.
        title: What stands above it.
    """
    picture = graph.get_graph()
    # Edges in the order of the nodes: layout programs take the first edge for the way forward, and
    # LangGraph's alphabetical order put `plan` below everything.
    place = {name: i for i, name in enumerate(picture.nodes)}
    picture.edges.sort(key=lambda edge: (place[edge.source], place[edge.target]))
    return picture.draw_mermaid(frontmatter_config={"title": title, "config": _CONFIG})


def svg(source: str) -> str:
    """Mermaid text as an SVG document, made on this machine without a network or a browser.

    Raises:
        InputError: if the extra `draw` is not installed.
    """
    return str(_diagram(source).svg())


def png(source: str, *, width: int = 800) -> bytes:
    """Mermaid text as a PNG image.

    Args:
        source: The text, from `mermaid`.
        width: In pixels; the height follows.

    Raises:
        InputError: if the extra `draw` is not installed.
    """
    return bytes(_diagram(source).png(width=width, background="#ffffff"))


def _diagram(source: str) -> Any:
    try:
        import mmdr
    except ImportError as error:
        raise InputError(
            "Pictures need the package mmdr, which is not installed.",
            "pip install 'triptych[draw]', or take the Mermaid text: triptych graph.",
        ) from error
    return mmdr.render(source)
