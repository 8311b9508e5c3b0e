"""A person answers the run's questions on the terminal: ``--ask``."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.markup import escape

from triptych import display
from triptych.cli.progress import Progress
from triptych.errors import InputError


def need_terminal() -> None:
    """Refuse where nobody can be asked.

    Raises:
        InputError: if standard input or standard error is no terminal.
    """
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr.isatty()):
        raise InputError(
            "--ask needs a terminal: there is nobody to ask here.",
            "Leave --ask out, or give the request as an argument and run it on a terminal.",
        )


class Asking:
    """Asks about the plan (yes, no, edit) and the patch (yes, no); called by `triptych.run`.

    Args:
        progress: What is shown meanwhile; it stands still while someone is asked.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.declined = False

    async def __call__(self, question: dict[str, Any]) -> Any:
        """The answer to one question of the graph."""
        with self._progress.paused():
            if question["ask"] == "approve_plan":
                answer = await self._about_plan(question["plan"])
            else:
                patch = display.highlighted(question["patch"], "it.patch")
                self._progress.console.print(patch)
                answer = await self._letter(f"{question['status']}: accept this?", "yn") == "y"
        self.declined = answer is False
        return answer

    async def _about_plan(self, plan: dict[str, Any]) -> Any:
        letter = await self._letter("go on with this plan?", "yne")
        if letter == "e":
            return await self._edited(plan)
        return letter == "y"

    async def _letter(self, text: str, letters: str) -> str:
        """The first letter of what is typed, asked for until it is one of those."""
        while True:
            self._progress.line(f"[bold]{escape(text)}[/] ({'/'.join(letters)})")
            typed = await _typed_line()
            if not typed:  # the end of input
                return "n"
            if typed.strip().lower()[:1] in tuple(letters):
                return typed.strip().lower()[0]

    async def _edited(self, plan: dict[str, Any]) -> dict[str, Any]:
        """The plan after the person's editor has closed, asked again until it is one."""
        import yaml
        from pydantic import ValidationError

        from triptych.state import Plan

        text = yaml.safe_dump(plan, sort_keys=False, allow_unicode=True, width=100)
        while True:
            text = _in_editor(text)
            try:
                return Plan.model_validate(yaml.safe_load(text)).model_dump(mode="json")
            except (yaml.YAMLError, ValidationError) as error:
                self._progress.line(f"[red]That is no plan:[/] {escape(str(error))}")
                if await self._letter("edit again?", "yn") == "n":
                    return plan


async def _typed_line() -> str:
    """A line from standard input; waiting for it can be cancelled, as `input` cannot."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(sys.stdin.fileno())
    return sys.stdin.readline()


def _in_editor(text: str) -> str:
    """What a text has become in $VISUAL, $EDITOR or vi; the run waits, for it has nothing to do.

    Raises:
        InputError: if there is no editor.
    """
    command = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")
    if not shutil.which(command[0]):
        raise InputError(f"There is no editor {command[0]!r}.", "Set EDITOR to one, such as nano.")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "plan.yaml")
        path.write_text(text, encoding="utf-8")
        subprocess.run([*command, str(path)], check=False)
        return path.read_text(encoding="utf-8")
