"""Whole files in a reply: which fenced block is the text of which file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from triptych.errors import EditError
from triptych.workspace.fenced import Fence, fences
from triptych.workspace.languages import clashes, is_aside, is_python, suffix_of, with_suffix
from triptych.workspace.naming import Name, language, name_of
from triptych.workspace.paths import safe_path
from triptych.workspace.pysource import definitions, is_program, parse

_CURE = "Answer with the whole file in one fenced block, its path in the line above."

Named = dict[str, list[tuple[Name, Fence]]]


def whole_files(
    lines: Sequence[str], files: Mapping[str, str], default_path: str
) -> dict[str, str]:
    """The files that a reply writes as a whole.

    Args:
        lines: The reply, without the model's thoughts.
        files: The files that exist.
        default_path: The file of a block that nothing names.

    Returns:
        Safe path -> text with LF.

    Raises:
        EditError: There is no code, or a path is not safe.
    """
    blocks = fences(list(lines))
    if not blocks:
        return _bare_program(lines, files, default_path)
    named, unnamed = sort_blocks(blocks, lines, files)
    written = {path: _version(candidates).text for path, candidates in named.items()}
    first_named = min((f.start for group in named.values() for _, f in group), default=None)
    if first_named is not None:
        # The answer first, then its tests under a name of their own; a later unnamed block is
        # only an example of use.
        unnamed = [b for b in unnamed if b.start < first_named and definitions(b.text)]
    if unnamed:
        block = choose(unnamed, files, default_path)
        written.setdefault(target(block.text, language(block), files, default_path), block.text)
    if not written:
        raise EditError("The reply has no code in its fenced blocks.", _CURE)
    return written


def sort_blocks(
    blocks: Sequence[Fence], lines: Sequence[str], files: Mapping[str, str]
) -> tuple[Named, list[Fence]]:
    """The blocks by the safe path of the file that they name, and those that name none.

    Blocks without text are left out, but for a closed one with a name: an empty file. So are
    differences (``diff``), which are no file's text.
    """
    named: Named = {}
    unnamed: list[Fence] = []
    floor = 0
    for block in blocks:
        name = name_of(block, lines, floor, files)
        floor = block.end + 1
        if language(block) in ("diff", "patch"):
            continue
        if name is not None and (block.text.strip() or (name.strong and block.closed)):
            named.setdefault(safe_path(name.path), []).append((name, block))
        elif block.text.strip():
            unnamed.append(block)
    return named, unnamed


def _version(candidates: list[tuple[Name, Fence]]) -> Fence:
    """The block that counts, of several for one file.

    A model that writes a file twice has corrected itself: the last one. But an example of use
    under a heading that mentions the file is not the file: what defines something goes first.
    """
    strong = [block for name, block in candidates if name.strong]
    blocks = strong or [block for _, block in candidates]
    if len(blocks) == 1:
        return blocks[0]
    return ([block for block in blocks if definitions(block.text)] or blocks)[-1]


def choose(blocks: Sequence[Fence], files: Mapping[str, str], default_path: str) -> Fence:
    """The block that is the answer, of those that name no file.

    Small models put the solution, then variants, examples of use and output into blocks of their
    own. Joined to the solution, an example of use runs when it is imported; the last block is
    mostly such an example, and the first may be a bare import or a signature. So the longest block
    that parses and defines a function or a class is taken, the first of equals.
    """
    code = [block for block in blocks if not is_aside(language(block))] or list(blocks)
    wanted = PurePosixPath(next(iter(files)) if len(files) == 1 else default_path).suffix
    code = [block for block in code if suffix_of(language(block)) == wanted] or code
    if len(code) == 1:
        return code[0]
    python = [block for block in code if language(block) == "" or is_python(language(block))]
    best = (
        [block for block in python if definitions(block.text)]
        or [block for block in python if parse(block.text) is not None]
        or code
    )
    return max(best, key=lambda block: len(block.text))


def target(text: str, lang: str, files: Mapping[str, str], default_path: str) -> str:
    """The file that an unnamed block is meant for.

    The only file there is, unless that is a test or in another language; of several, the one that
    defines what the block defines; else `default_path`, with the extension of the language.
    """
    mine = definitions(text)
    if len(files) == 1:
        only = next(iter(files))
        stranger = _is_test(only) and not mine & definitions(files[only])
        if not stranger and not clashes(lang, only):
            return only
    elif mine:
        owners = [
            path for path in files if _is_python_file(path) and mine & definitions(files[path])
        ]
        if len(owners) == 1:
            return owners[0]
    if files and is_aside(lang):
        raise EditError("The reply has no code for any of the files.", _CURE)
    return safe_path(with_suffix(default_path, lang))


def _is_python_file(path: str) -> bool:
    return path.endswith(".py")


def _is_test(path: str) -> bool:
    name = PurePosixPath(path).name
    return _is_python_file(name) and (name.startswith("test_") or name.endswith("_test.py"))


def _bare_program(
    lines: Sequence[str], files: Mapping[str, str], default_path: str
) -> dict[str, str]:
    """A reply without any fence is accepted where all of it is a Python program."""
    text = "\n".join(lines).strip("\n") + "\n"
    if not is_program(text):
        raise EditError("The reply has no code: there is no fenced block in it.", _CURE)
    return {target(text, "python", files, default_path): text}
