"""Handing an outcome over: on standard output, as JSON, as files or as a patch."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from triptych.errors import InputError, TriptychError

if TYPE_CHECKING:
    from triptych.state import Outcome


def check_places(out: Path | None, patch: Path | None) -> None:
    """Refuse places that cannot be written, before a run is spent on them.

    Raises:
        InputError: if both are given, or one cannot be written.
    """
    if out and patch:
        raise InputError("--out and --patch are both given.", "Give one of them.")
    if out and out.exists() and not out.is_dir():
        raise InputError(f"--out {out} is no folder.", "Name a folder; it is made if missing.")
    if patch and (patch.is_dir() or not patch.absolute().parent.is_dir()):
        raise InputError(
            f"--patch {patch} cannot be written.", "Name a file in a folder that exists."
        )


def hand_over(
    outcome: Outcome, *, diff: bool, as_json: bool, out: Path | None, patch: Path | None
) -> None:
    """Write what the run delivered where it was asked for.

    Args:
        outcome: What the run returned.
        diff: Print the patch, not the code, where no other place is named.
        as_json: Print the outcome as one JSON document.
        out: A folder for the files.
        patch: A file for the patch.

    Raises:
        InputError: if a place cannot be written; the work is printed then.
    """
    if as_json:
        document = {
            **outcome.model_dump(mode="json"),
            "code": outcome.code,
            "files": outcome.files,
        }
        _print(json.dumps(document, ensure_ascii=False, indent=2))
    try:
        if out and outcome.files:
            _write_files(out, outcome.files)
        elif patch:
            # An empty one too: a patch that an earlier run left there is not this run's.
            _write_patch(patch, outcome.patch)
    except TriptychError:
        if not as_json:
            _show(outcome, diff)
        raise
    if not (as_json or out or patch):
        _show(outcome, diff)


def _show(outcome: Outcome, diff: bool) -> None:
    """The code or the patch on standard output; in colours only on a terminal."""
    if not sys.stdout.isatty():
        _print(outcome.patch if diff else outcome.code)
        return
    from rich.console import Console

    from triptych.display import highlighted

    console = Console(soft_wrap=True)
    for path, text in {"it.patch": outcome.patch}.items() if diff else outcome.files.items():
        console.print()  # between what is told before and after
        if len(outcome.files) > 1 and not diff:
            console.print(f"# --- {path}", markup=False, highlight=False, style="dim")
        console.print(highlighted(text, path))


def _print(text: str) -> None:
    """Text as UTF-8 bytes whatever the locale, ending in one line end at least."""
    if text:
        typer.echo(text.encode("utf-8", "replace"), nl=not text.endswith("\n"))


def _write_files(folder: Path, files: dict[str, str]) -> None:
    from triptych.workspace import write_files

    for path in write_files(folder, files):
        typer.echo(f"written: {path}", err=True)


def _write_patch(path: Path, patch: str) -> None:
    try:
        path.write_bytes(patch.encode("utf-8", "replace"))
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror}.", "Name another file for the patch."
        ) from error
    how = f"apply it with: git apply {path}" if patch else "empty: nothing changes"
    typer.echo(f"written: {path} ({how})", err=True)
