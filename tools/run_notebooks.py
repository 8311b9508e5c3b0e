"""Execute notebooks in place: `python tools/run_notebooks.py NOTEBOOK…`.

Keeps real outputs and drops what differs from run to run without telling anything (timestamps).
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient


def execute(path: Path) -> None:
    """Run a notebook in its own folder and write it back with the outputs.

    Raises:
        CellExecutionError: if a cell fails; the file then stays as it was.
    """
    notebook: nbformat.NotebookNode = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    folder = {"metadata": {"path": str(path.parent)}}
    client = NotebookClient(notebook, timeout=600, record_timing=False, resources=folder)
    client.execute()
    nbformat.write(notebook, path)  # type: ignore[no-untyped-call]


def main(names: list[str]) -> None:
    """Execute each of the notebooks named."""
    for name in names:
        started = time.monotonic()
        execute(Path(name))
        print(f"{name}: executed in {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
