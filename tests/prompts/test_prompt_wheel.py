"""The prompts are found the same way from a checkout and from a wheel."""

import importlib.util
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from triptych.prompts import library
from triptych.prompts.layers import built_in_folder

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of a copy of the tree that has working copies, unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    tree = folder / "tree"
    for name in ("graphs", "prompts"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree / name)
    for name in ("plan", "brandnew"):
        (tree / "prompts" / name).mkdir(exist_ok=True)
        (tree / "prompts" / name / "_next.md").write_text("not released")
    pip = [sys.executable, "-m", "pip", "wheel", "--no-deps", "-q", "-w", folder, tree]
    if importlib.util.find_spec("hatchling"):  # else pip fetches it
        pip.append("--no-build-isolation")
    subprocess.run(pip, check=True, capture_output=True)
    [wheel] = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "site")
    return folder / "site"


def test_wheel_holds_the_released_prompts_and_no_working_copy(installed: Path) -> None:
    def files(folder: Path) -> set[str]:
        found = (p for p in folder.rglob("*") if p.is_file())
        return {str(p.relative_to(folder)) for p in found}

    here = {name for name in files(built_in_folder()) if not name.endswith("_next.md")}
    assert files(installed / "triptych" / "_prompts") == here


def test_wheel_and_checkout_give_the_same_template(installed: Path) -> None:
    script = (
        "from triptych.prompts import library; t = library().get('code')\n"
        "print(t.ref, t.render(request='r'), t.path)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": str(installed)}, cwd=installed,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    here = library().get("code")
    path = installed / "triptych" / "_prompts" / "code" / f"{here.version}.md"
    assert done.stdout.strip() == f"{here.ref} {here.render(request='r')} {path}"


def test_checkout_reads_the_top_level_folder() -> None:
    assert built_in_folder() == ROOT / "prompts"
