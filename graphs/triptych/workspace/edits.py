"""From a model's reply to the new text of the files it writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from triptych.errors import EditError
from triptych.workspace.blocks import Block, find_blocks
from triptych.workspace.fenced import fences, without_thinking
from triptych.workspace.line_ends import like, to_lf
from triptych.workspace.matching import apply_edit
from triptych.workspace.naming import language
from triptych.workspace.paths import safe_path
from triptych.workspace.pysource import definitions
from triptych.workspace.whole import choose, sort_blocks, target, whole_files

if TYPE_CHECKING:
    from triptych.state import EditFormat

_CURE = "Quote the lines as they stand in the file, enough of them to be found only once."


def parse_reply(
    reply: str, files: Mapping[str, str], edit_format: EditFormat, default_path: str = "solution.py"
) -> dict[str, str]:
    r"""The files that a reply writes.

    Args:
        reply: The model's reply, in Markdown.
        files: The files as they are: relative path -> text.
        edit_format: ``whole``: each fenced block is a file. ``blocks``: search/replace blocks, and
            whole files in fenced blocks that name their file.
        default_path: The file of code that nothing names, its extension changed to the fence's
            language.

    Returns:
        Safe path -> full new text of each file that the reply writes, with the line ends and the
        final newline that the file had. Files that it leaves alone are not in it.

    Raises:
        EditError: There is no code, an edit does not match exactly once, or a path is not safe.

    Example:
        >>> parse_reply("```python\nx = 1\n```", {}, "whole")
        {'solution.py': 'x = 1\n'}
    """
    lines = without_thinking(reply)
    if edit_format == "whole":
        written = whole_files(lines, files, default_path)
        result = {path: like(files.get(path, ""), text) for path, text in written.items()}
    else:
        result = _edited(lines, files, default_path)
    _check_folders(result, files)
    return result


def _edited(lines: list[str], files: Mapping[str, str], default_path: str) -> dict[str, str]:
    edits = find_blocks(lines, files)
    if not edits and not files:
        return whole_files(lines, files, default_path)
    current = {path: to_lf(text) for path, text in files.items()}
    changed: set[str] = set()
    for edit in edits:
        path = _resolve(edit, current, default_path)
        current[path] = _applied(edit, path, current.get(path))
        changed.add(path)
    for path, text in _named_files(lines, edits, files).items():
        if path not in changed:  # beside its edits, a block is only an excerpt
            current[path] = text
            changed.add(path)
    if not changed:
        path, text = _lossless(lines, files, default_path)
        return {path: like(files[path], text)}
    return {path: like(files.get(path, ""), current[path]) for path in current if path in changed}


def _resolve(edit: Block, current: Mapping[str, str], default_path: str) -> str:
    """The file that an edit is for; one that exists may be named by the end of its path."""
    if not edit.path:
        if len(current) > 1:
            raise EditError(
                f"The edit in line {edit.start + 1} of the reply names no file.",
                "Put the file's path in the line above the edit.",
            )
        return next(iter(current), safe_path(default_path))
    path = safe_path(edit.path)
    if path not in current and any(line.strip() for line in edit.search):
        near = [p for p in current if p.endswith("/" + path) or path.endswith("/" + p)]
        if len(near) == 1:
            return near[0]
    return path


def _applied(edit: Block, path: str, text: str | None) -> str:
    if not any(line.strip() for line in edit.search):
        if text is not None and text.strip():
            raise EditError(f"{path}: the SEARCH part is empty, but the file exists.", _CURE)
        return "\n".join(edit.replace) + "\n" if edit.replace else ""
    if text is None:
        raise EditError(f"{path}: there is no such file to edit.", "Name a file that exists.")
    try:
        return apply_edit(text, edit.search, edit.replace)
    except LookupError as error:
        raise EditError(f"{path}: {error}.", _CURE) from error


def _named_files(
    lines: Sequence[str], edits: Sequence[Block], files: Mapping[str, str]
) -> dict[str, str]:
    """The whole files beside the edits: blocks that give their file's name as their own."""
    rest = list(lines)
    for edit in edits:  # what an edit holds may look like a fence
        rest[edit.start : edit.end + 1] = [""] * (edit.end + 1 - edit.start)
    starts = iter(sorted(edit.start for edit in edits))
    start = next(starts, None)
    plain = []
    for block in fences(rest):
        while start is not None and start < block.start:
            start = next(starts, None)
        if start is None or start > block.end:
            plain.append(block)
    named, _ = sort_blocks(plain, rest, files)
    strong = {
        path: [block for name, block in group if name.strong] for path, group in named.items()
    }
    return {path: group[-1].text for path, group in strong.items() if group}


def _lossless(lines: Sequence[str], files: Mapping[str, str], default_path: str) -> tuple[str, str]:
    """The whole file of a model that forgot the format and the name, if nothing is lost by it."""
    _, unnamed = sort_blocks(fences(list(lines)), lines, files)
    if unnamed:
        block = choose(unnamed, files, default_path)
        path = target(block.text, language(block), files, default_path)
        before = definitions(files.get(path, ""))
        if before and before <= definitions(block.text):
            return path, block.text
    raise EditError("The reply has no search/replace block and names no file.", _CURE)


def _check_folders(written: Mapping[str, str], files: Mapping[str, str]) -> None:
    """A path cannot be a file and a folder at once."""
    everything = files.keys() | written.keys()
    folders = {str(parent): path for path in everything for parent in PurePosixPath(path).parents}
    for path in everything:
        if path in folders and (path in written or folders[path] in written):
            raise EditError(f"{path} would be a file and the folder of {folders[path]}.")
