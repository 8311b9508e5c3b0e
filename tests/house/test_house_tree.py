"""What holds for every file of the tree."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Parted, so that this file passes its own test.
REGISTRIES = r"pypi[.]org|python[h]osted|npmjs[.]|debian[.]org"
LOCAL_PATHS = r"/(root|home|work|Users|opt/pypi)/[\w.]"


def tree() -> list[Path]:
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def places(pattern: str) -> list[str]:
    """Where the tree has it: path, line number and the find."""
    found = []
    for path in tree():
        for number, line in enumerate(path.read_text("utf-8", "ignore").splitlines(), start=1):
            if match := re.search(pattern, line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {match[0]}")
    return found


def test_no_file_names_a_package_registry() -> None:
    assert places(REGISTRIES) == []


def test_no_file_names_a_path_of_one_machine() -> None:
    assert places(LOCAL_PATHS) == []


@pytest.mark.parametrize("folder", ["graphs", "tests", "tools"])
def test_no_module_is_longer_than_400_lines(folder: str) -> None:
    lengths = {p: len(p.read_text().splitlines()) for p in (ROOT / folder).rglob("*.py")}
    assert lengths
    assert {str(p): n for p, n in lengths.items() if n > 400} == {}
