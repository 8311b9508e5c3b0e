"""A folder of prompts over the built-in ones: lines of `code` that tell themselves by a word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from langchain_core.callbacks import BaseCallbackHandler

from triptych.prompts import Template, library


class Shelf:
    """Lines of the prompt `code`, each with its own name in its text.

    Args:
        folder: Where they are written.
        lines: Their names.
    """

    def __init__(self, folder: Path, *lines: str) -> None:
        self.dir = str(folder)
        for line in lines:
            self.write(line)

    def write(self, line: str, word: str | None = None) -> Path:
        """Write a line of `code`."""
        text = library().get("code@1.0.0").path.read_text()
        text = text.replace("name: code", f"name: code.{line}")
        text = text.replace("version: 1.0.0", "version: 0.1.0\nparent: code@1.0.0")
        text = text.replace("You are an expert", f"Mark: {word or line}. You are an expert")
        path = Path(self.dir) / f"code.{line}" / "0.1.0.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def name_set(self, name: str, **stages: str) -> None:
        """Write a set."""
        path = Path(self.dir) / "sets" / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(f"{stage}: {selector}\n" for stage, selector in stages.items()))

    def template(self, line: str) -> Template:
        """A line as a ready template."""
        return library(self.dir).get(f"code.{line}@0.1.0")


def line_of(body: dict[str, Any]) -> str:
    """The line whose prompt a request was made with; `built-in` for none of ours."""
    text = str(body["messages"][0]["content"])
    return text.partition("Mark: ")[2].partition(".")[0] or "built-in"


class Traced(BaseCallbackHandler):
    """What tracers are told at the start of each run: the metadata, by the run's name."""

    def __init__(self) -> None:
        self.runs: list[tuple[str, Any, dict[str, Any]]] = []
        self.calls: list[dict[str, Any]] = []

    def on_chain_start(self, *args: Any, metadata: Any = None, name: str = "", **more: Any) -> None:
        self.runs.append((name, more.get("parent_run_id"), dict(metadata or {})))

    def on_chat_model_start(self, *args: Any, metadata: Any = None, **more: Any) -> None:
        self.calls.append(dict(metadata or {}))

    def root(self, name: str) -> dict[str, Any]:
        """The metadata of the one run of that name."""
        (found,) = [metadata for run, _, metadata in self.runs if run == name]
        return found
