"""One folder of prompts: its layout on the disk.

::

    plan/1.0.0.md   plan/_next.md   plan.terse/0.1.0.md
    _partials/style/1.0.0.md   _schemas/Plan.json
    sets/default.yaml   channels.yaml   moves.jsonl   prompts.lock
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from triptych.prompts.front import NAME, VERSION, WORKING_COPY
from triptych.prompts.jinja import PARTIAL
from triptych.prompts.loading import read_text
from triptych.prompts.problems import fault
from triptych.prompts.yamltext import YamlMapping, load_mapping

LOCK = "prompts.lock"
CHANNELS = "channels.yaml"
BUILT_IN = "built-in"


@dataclass(frozen=True)
class Pointer:
    """A value that a YAML file points with, and its place there."""

    value: str
    path: Path
    line: int


@dataclass(frozen=True)
class Folder:
    """A folder of prompts.

    Attributes:
        path: The folder.
        layer: What templates from it record as their origin.
    """

    path: Path
    layer: str

    def names(self) -> list[str]:
        """The names, with lines, of the prompts in it."""
        if not self.path.is_dir():
            return []
        found = (d.name for d in self.path.iterdir() if d.is_dir() and d.name != "sets")
        return sorted(n for n in found if NAME.fullmatch(n))

    def versions(self, name: str) -> dict[str, Path]:
        """Version to file of one prompt, oldest first; ``_next`` last if it is there."""
        return _versions(self.path / name)

    def released(self, name: str) -> list[str]:
        """`versions` without the working copy and without the files."""
        return [version for version in self.versions(name) if version != WORKING_COPY]

    def partials(self) -> dict[str, Path]:
        """Reference to file of each partial."""
        folder = self.path / "_partials"
        if not folder.is_dir():
            return {}
        return {
            f"{each.name}@{version}": path
            for each in sorted(folder.iterdir())
            for version, path in _versions(each).items()
            if PARTIAL.fullmatch(f"{each.name}@{version}")
        }

    def schemas(self) -> dict[str, Path]:
        """Name to file of each schema of an answer: ``_schemas/Plan.json``."""
        found = (self.path / "_schemas").glob("*.json")
        return {path.stem: path for path in sorted(found) if path.stem.isidentifier()}

    def channels(self) -> dict[str, dict[str, Pointer]]:
        """Name to channel to version, as ``channels.yaml`` says.

        Raises:
            PromptError: The file is malformed.
        """
        path = self.path / CHANNELS
        if not path.is_file():
            return {}
        head = load_mapping(read_text(path), path)
        found: dict[str, dict[str, Pointer]] = {}
        for name, channels in head.data.items():
            if not isinstance(channels, dict):
                raise fault(path, head.line(name), f"'{name}' needs {{production: 1.0.0}}.")
            found[name] = {}
            for channel, version in channels.items():
                line = head.line(name, channel)
                if not isinstance(version, str) or not VERSION.fullmatch(version):
                    raise fault(
                        path, line, f"{version!r} is no released version.",
                        "Write three numbers, such as 1.0.0.",
                    )  # fmt: skip
                found[name][channel] = Pointer(version, path, line)
        return found

    def sets(self) -> list[str]:
        """The names of the sets in it."""
        return sorted(path.stem for path in (self.path / "sets").glob("*.yaml"))

    def stages(self, set_name: str) -> dict[str, Pointer]:
        """Stage to selector of one set; empty if the folder has no such set.

        Raises:
            PromptError: The file is malformed.
        """
        if set_name not in self.sets():
            return {}
        path = self.path / "sets" / f"{set_name}.yaml"
        head = load_mapping(read_text(path), path)
        for stage, selector in head.data.items():
            if not isinstance(selector, str):
                raise fault(path, head.line(stage), f"stage '{stage}' needs a selector as text.")
        return {s: Pointer(v, path, head.line(s)) for s, v in head.data.items()}

    def lock(self) -> dict[str, dict[str, str]]:
        """Reference to hashes of each released file, as ``prompts.lock`` says.

        Raises:
            PromptError: The file is malformed.
        """
        return self._lock().data

    def lock_line(self, reference: str) -> int:
        """The line of ``prompts.lock`` at which a reference stands."""
        return self._lock().line(reference)

    def file_of(self, reference: str) -> Path:
        """The file that a reference of the lock stands for, whether it exists or not."""
        name, _, version = reference.rpartition("@")
        return self.path / name / f"{version}.md"

    def _lock(self) -> YamlMapping:
        path = self.path / LOCK
        if not path.is_file():
            return YamlMapping({}, {}, path)
        head = load_mapping(read_text(path), path)
        for reference, hashes in head.data.items():
            if not isinstance(hashes, dict) or not isinstance(hashes.get("file"), str):
                raise fault(path, head.line(reference), f"'{reference}' has no hash.")
        return head


def version_key(version: str) -> tuple[int, ...]:
    """Sorts versions by number; the working copy is the newest."""
    if version == WORKING_COPY:
        return (10**9,)
    return tuple(int(part) for part in version.split("."))


def _versions(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        return {}
    found = {path.stem: path for path in folder.glob("*.md")}
    known = [v for v in found if v == WORKING_COPY or VERSION.fullmatch(v)]
    return {version: found[version] for version in sorted(known, key=version_key)}
