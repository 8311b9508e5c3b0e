"""Names of languages by the ending of a file, for messages."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

NAMES = {
    ".c": "C", ".cc": "C++", ".cpp": "C++", ".cs": "C#", ".cu": "CUDA", ".go": "Go",
    ".h": "C", ".hpp": "C++", ".java": "Java", ".jl": "Julia", ".js": "JavaScript",
    ".jsx": "JavaScript", ".kt": "Kotlin", ".lua": "Lua", ".mjs": "JavaScript", ".php": "PHP",
    ".pl": "Perl", ".r": "R", ".rb": "Ruby", ".rs": "Rust", ".scala": "Scala", ".sh": "shell",
    ".sql": "SQL", ".swift": "Swift", ".ts": "TypeScript", ".tsx": "TypeScript",
}  # fmt: skip


def language(paths: Iterable[str]) -> str:
    """The language of the first file that has one, or "" where none is known."""
    found = (NAMES.get(PurePosixPath(path).suffix.lower()) for path in paths)
    return next((name for name in found if name), "")
