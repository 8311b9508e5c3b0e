"""What docs/lab.md shows can be typed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from triptych.cli import app
from triptych.lab.experiment.reading import read_experiment

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "lab.md").read_text()
COMMANDS = sorted(
    {found.strip() for found in re.findall(r"^    (triptych .+)$", TEXT, re.MULTILINE)}
    | set(re.findall(r"`(triptych [a-z].+?)`", TEXT.replace("\n  ", " ")))
)


def test_the_experiment_is_one(tmp_path: Path) -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    path = tmp_path / "reviewers.yaml"
    path.write_text(block)
    assert list(read_experiment(path).variants) == ["now", "terse", "cheaper", "no-plan"]


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_has_the_options_that_it_is_shown_with(line: str) -> None:
    words = shlex.split(line)[1:]
    command = get_command(app)
    while words and words[0] in getattr(command, "commands", {}):
        command = command.commands[words.pop(0)]  # type: ignore[attr-defined]
    known = {option for parameter in command.params for option in parameter.opts}
    shown = {word for word in words if word.startswith("--")}
    assert not hasattr(command, "commands"), f"{line} names no command"
    assert shown <= known


def test_there_are_commands_and_linked_files() -> None:
    assert len(COMMANDS) > 10
    links = re.findall(r"\]\(([^)#:]+)\)", TEXT)
    assert links
    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []
