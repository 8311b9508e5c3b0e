"""A shelf: a folder of prompts made for one test."""

from pathlib import Path

from triptych.prompts.folder import Folder
from triptych.prompts.library import Library


def template_text(
    name: str,
    version: str,
    body: str = "user:\n{{ request }}\n",
    *,
    inputs: str = "{request: {kind: string, required: true}}",
    extra: str = "",
    changelog: str = "metadata: {changelog: First.}\n",
) -> str:
    return (
        f"---\nname: {name}\nversion: {version}\ndescription: For a test\n"
        f"inputs: {inputs}\n{extra}{changelog}---\n{body}"
    )


class Shelf:
    """A folder of prompts under construction."""

    def __init__(self, path: Path, layer: str | None = None) -> None:
        self.path = path
        self.folder = Folder(path, layer or str(path))
        path.mkdir(parents=True, exist_ok=True)

    def put(self, reference: str, body: str = "user:\n{{ request }}\n", **more: str) -> Path:
        name, _, version = reference.partition("@")
        stated = more.pop("stated", "1.0.0" if version == "_next" else version)
        return self.file(f"{name}/{version}.md", template_text(name, stated, body, **more))

    def file(self, place: str, text: str) -> Path:
        path = self.path / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    @property
    def library(self) -> Library:
        return Library((self.folder,))
