"""The notebooks run for real, on the embedded model; what is committed is from such a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


def text_of(cell: Any) -> str:
    return "".join(
        output.get("text", "") or str(output.get("data", {})) for output in cell.get("outputs", [])
    )


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_from_top_to_bottom(path: Path) -> None:
    book = nbformat.read(path, as_version=4)
    NotebookClient(book, timeout=600, resources={"metadata": {"path": str(path.parent)}}).execute()
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_its_committed_outputs_are_there_and_clean(path: Path) -> None:
    book = nbformat.read(path, as_version=4)
    shown = "\n".join(text_of(cell) for cell in book.cells)
    assert len(shown) > 1000, "run `make notebooks`"
    assert "Traceback" not in shown
    assert "/root/" not in shown
    assert "/home/" not in shown


def test_there_are_notebooks() -> None:
    assert [path.stem for path in NOTEBOOKS] == [
        "01_run_a_graph",
        "02_embed_the_chains",
        "03_try_prompt_variants",
    ]
