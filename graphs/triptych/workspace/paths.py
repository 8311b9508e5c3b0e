"""Which paths a model may write to: relative, inside the workspace, and harmless."""

from __future__ import annotations

import re
import unicodedata

from triptych.errors import EditError

MAX_PART_BYTES = 255
"""The longest file name that common file systems take (NAME_MAX)."""

MAX_PATH_BYTES = 4096
"""The longest path that Linux takes (PATH_MAX)."""

_CURE = "Name a file by its path inside the workspace, such as `src/app.py`."
_DRIVE = re.compile(r"[A-Za-z]:")
# Cc: control characters; Cf: invisible ones that can disguise a name; Cs: not encodable.
_BAD_CATEGORIES = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def safe_path(text: str) -> str:
    """The normalised relative POSIX path that `text` names.

    It is judged as text alone; `write_files` also looks at the symbolic links on the disk.

    Args:
        text: A path as a model or a user wrote it.

    Returns:
        The path without ``.``, ``..`` and doubled slashes, never empty or absolute.

    Raises:
        EditError: The path is empty, absolute, leaves the workspace, names a directory, goes
            through ``.git``, is too long, or has backslashes, a drive letter or control characters.

    Example:
        >>> safe_path("./src//lib/../app.py")
        'src/app.py'
    """
    if len(text) > MAX_PATH_BYTES:
        raise EditError(f"The path {text[:60]!r}… is too long ({len(text)} characters).", _CURE)
    if reason := _fault(text):
        raise EditError(f"The path {text[:200]!r} {reason}.", _CURE)
    parts: list[str] = []
    for part in text.split("/"):
        if part == "..":
            if not parts:
                raise EditError(f"The path {text[:200]!r} leads out of the workspace.", _CURE)
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    if not parts:
        raise EditError(f"The path {text[:200]!r} names no file.", _CURE)
    path = "/".join(parts)
    # Once more, for what the dots hid: `./C:/x` and `./~/x`.
    reasons = [_fault(path), *(_part_fault(part) for part in parts)]
    if reason := next(filter(None, reasons), ""):
        raise EditError(f"The path {text[:200]!r} {reason}.", _CURE)
    return path


def _fault(text: str) -> str:
    """What is wrong with the path as a whole, or an empty string."""
    faults = {
        "is empty": not text.strip(),
        "has control or invisible characters": any(
            unicodedata.category(char) in _BAD_CATEGORIES for char in text
        ),
        "has a backslash": "\\" in text,
        "is absolute": text.startswith(("/", "~")) or _DRIVE.match(text),
        "names a directory": text.endswith(("/", "/.", "/..")),
        "is too long": len(text.encode(errors="replace")) > MAX_PATH_BYTES,
    }
    return next((reason for reason, found in faults.items() if found), "")


def _part_fault(part: str) -> str:
    # Other spellings of .git that some file systems take for the same directory (CVE-2014-9390).
    if part.casefold().rstrip(". ") in (".git", "git~1"):
        return "goes into .git"
    if part == ".triptych":  # where the sandbox keeps the scripts that judge a draft
        return "goes into .triptych"
    if part != part.strip():
        return "has a name that starts or ends with a space"
    if len(part.encode()) > MAX_PART_BYTES:
        return f"has a name longer than {MAX_PART_BYTES} bytes"
    return ""
