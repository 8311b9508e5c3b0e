"""Write docs/faults.md: what comes of every fault in every way of calling.

    python tools/fault_table.py

tests/models/test_models_fault_table.py holds each cell against what it must be.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "faults.md"

HEAD = """\
# What goes wrong, and what comes of it

Every fault of the test kit (`triptych.testing.Faults`), met with two attempts allowed. *answers*:
as if nothing had been. *again → answers*: the second attempt was answered, the fault having met the
first; where it stays, the error below is raised after the last attempt. Else the error that is
raised at once, with the text so far in `partial`. `tools` is `bind_tools(…).invoke`, `structured`
is `with_structured_output(…).invoke`.

Made by `make fault-table`.
"""


def cell(bench: Any, name: str, way: str) -> tuple[str, Any]:
    """The words of one cell, and what came of the fault that stays."""
    stays = bench.meet(name, way, passing=False)
    if stays.error is None:
        return "answers", stays
    if stays.attempts == 1:
        return f"{stays.kind}", stays
    passes = stays if name == "refused" else bench.meet(name, way, passing=True)
    after = "answers" if passes.error is None else f"{passes.kind}"
    return f"again → {after}", stays


def escaped(text: str) -> str:
    """A text as a table's cell takes it."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def main() -> int:
    """Meet all faults and write the page."""
    sys.path.insert(0, str(ROOT / "tests" / "models"))
    import faulty  # type: ignore[import-not-found]

    grid = [f"| fault | {' | '.join(faulty.WAYS)} |", f"|---|{'---|' * len(faulty.WAYS)}"]
    errors = ["| fault | ways | error | attempts | text |", "|---|---|---|---|---|"]
    with faulty.bench() as bench:
        for name in faulty.NAMES:
            cells = {way: cell(bench, name, way) for way in faulty.WAYS}
            grid.append(f"| `{name}` | {' | '.join(words for words, _ in cells.values())} |")
            found: dict[tuple[str, int, str], list[str]] = {}
            for way, (_, met) in cells.items():
                if met.error is not None:
                    found.setdefault((met.kind, met.attempts, met.words), []).append(way)
            for (kind, attempts, words), ways in found.items():
                said = "all" if len(ways) == len(faulty.WAYS) else ", ".join(ways)
                errors.append(f"| `{name}` | {said} | {kind} | {attempts} | {escaped(words)} |")
    parts = [HEAD, *grid, "\n## The errors, where a fault stays\n", *errors]
    PAGE.write_text("\n".join(parts) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
