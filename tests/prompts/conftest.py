"""Shelves for the tests of the prompt library."""

from pathlib import Path

import pytest
from prompt_shelf import Shelf

from triptych.prompts.folder import BUILT_IN


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """A folder that stands for the built-in one."""
    return Shelf(tmp_path / "built-in", BUILT_IN)


@pytest.fixture
def over(tmp_path: Path) -> Shelf:
    """A folder that overlays it."""
    return Shelf(tmp_path / "mine")


@pytest.fixture(autouse=True)
def _no_prompts_of_the_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TRIPTYCH_PROMPTS", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
