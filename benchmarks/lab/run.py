"""What the lab costs, and what it survives: see README.md.

python benchmarks/lab/run.py                     # all parts; writes result.json and table.md
python benchmarks/lab/run.py throughput kills    # some
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

from parts import keep, say

HERE = Path(__file__).parent


def throughput(given: argparse.Namespace) -> Any:
    """Against a plain loop."""
    from throughput import throughput as part

    return part()


def embedded(given: argparse.Namespace) -> Any:
    """Against the embedded model's own pace."""
    from embedded import embedded as part

    return part()


def steady(given: argparse.Namespace) -> Any:
    """Memory over many cells."""
    from steady import steady as part

    return part(given.cells)


def kills(given: argparse.Namespace) -> Any:
    """kill -9 of the run."""
    from deaths import kills as part

    return part(given.kills)


def cluster(given: argparse.Namespace) -> Any:
    """kill -9 of a worker."""
    from deaths import cluster as part

    return part()


PARTS: dict[str, Callable[[argparse.Namespace], Any]] = {
    "throughput": throughput,
    "kills": kills,
    "cluster": cluster,
    "steady": steady,
    "embedded": embedded,
}


def main() -> None:
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--cells", type=int, default=10_000, help="of the part steady")
    parser.add_argument("--kills", type=int, default=50)
    given = parser.parse_args()
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    for name in given.parts or PARTS:
        say(f"-- {name}")
        load = os.getloadavg()[0]
        result, records = PARTS[name](given)
        machine = {
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "load_before": round(load, 1),
        }
        keep(HERE, name, {**result, "machine": machine}, records)
    write_table()
    print((HERE / "table.md").read_text(), end="")


def write_table() -> None:
    """The figures as a table for people."""
    found = json.loads((HERE / "result.json").read_text())
    rows = ["| part | what | figure | wanted |", "|---|---|---|---|"]

    def row(part: str, what: str, figure: Callable[[dict[str, Any]], str], wanted: str) -> None:
        if part in found:
            rows.append(f"| {part} | {what} | {figure(found[part])} | {wanted} |")

    row(
        "throughput",
        "cells a second of the lab / of a plain asyncio loop",
        lambda r: (
            f"{r['lab_to_plain_loop']:.3f} ({r['cells_per_second']['lab']:.2f} / "
            f"{r['cells_per_second']['plain loop']:.2f}, {r['at_once']} at once, "
            f"{r['latency']:g} s a call)"
        ),
        "at least 0.95",
    )
    row(
        "throughput",
        "of the lab / of the model's calls alone",
        lambda r: f"{r['lab_to_bare_calls']:.3f}",
        "",
    )
    row(
        "embedded",
        "tokens a second of the lab / straight from the server",
        lambda r: f"{r['lab_to_straight']:.3f} ({r['at_once']} at once)",
        "at least 0.95",
    )
    row(
        "embedded",
        "the same without grading",
        lambda r: f"{r['lab_not_graded_to_straight']:.3f}",
        "",
    )
    row(
        "steady",
        "megabytes more for each 1,000 cells, after the first 1,000",
        lambda r: f"{r['megabytes_per_1000_cells']:.3f} over {r['cells']:,} cells",
        "below 1",
    )
    row(
        "kills",
        "kill -9; cells lost, changed, doubled or asked again",
        lambda r: f"{r['kills']}; {len(r['problems'])} of {r['cells']} cells",
        "50; none",
    )
    row(
        "cluster",
        "two processes, one killed: every cell once",
        lambda r: f"{'yes' if r['every_cell_once'] else 'no'}, {r['cells']} cells",
        "yes",
    )
    (HERE / "table.md").write_text("\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
