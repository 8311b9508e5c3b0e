"""Write docs/standard-suites.md: what LangChain's standard suites say, test by test.

    python tools/standard_table.py             # the shipped class and ours, on the perfect model
    python tools/standard_table.py --local     # and ours on the embedded model, anew

Each column is a class in tests/standard. A run without ``--local`` keeps that column's cells from
the page as it is. Exit code 1 if a test of ours failed.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "standard-suites.md"
SUITES = ROOT / "tests" / "standard"

INTEGRATION = {
    "shipped, lenient": ("shipped.py", "TestLenient"),
    "shipped, strict": ("shipped.py", "TestStrict"),
    "ours, lenient": ("test_standard_perfect.py", "TestLenient"),
    "ours, strict": ("test_standard_perfect.py", "TestStrict"),
    "ours, local": ("test_standard_local.py", "TestLocal"),
}
UNIT = {
    "shipped": ("shipped.py", "TestUnit"),
    "ours": ("test_standard_unit.py", "TestUnit"),
}

Cells = dict[str, str]  # test -> what came of it
Reasons = dict[str, str]  # "test: reason"

HEAD = """\
# LangChain's standard suites

What `langchain-tests` says of the shipped `ChatNVIDIA` and of Triptych's, on the test kit's
rule-based model (a real HTTP server; *lenient* takes whatever it is sent, *strict* refuses what
OpenAI, vLLM and Mistral refuse) and on the embedded 0.5B model. The suites are inherited as they
are (`tests/standard`), and both classes are declared alike.

Made by `make standard-table`.
"""


def run(file: str, name: str) -> tuple[Cells, Reasons]:
    """Run one class; what came of each of its tests, and why those that did not pass did not."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", f"{SUITES / file}::{name}", "-q", "-m", ""]
        command += ["-W", "ignore"]
        subprocess.run(
            [*command, f"--junit-xml={report}"], check=False, cwd=ROOT, stdout=subprocess.DEVNULL
        )
        cases = ET.parse(report).iter("testcase")  # noqa: S314 - of our own making
    cells: Cells = {}
    reasons: Reasons = {}
    for case in cases:
        test, said = case.get("name", ""), "passed"
        for part in case:
            if part.tag in ("failure", "error"):
                said = "**failed**"
            elif part.tag == "skipped":
                said = "excluded" if part.get("type") == "pytest.xfail" else "skipped"
            if part.tag in ("failure", "error", "skipped"):
                reasons[test] = first_line(part.get("message", ""))
        cells[test] = said
    return cells, reasons


def first_line(text: str) -> str:
    """The start of a message, fit for a cell and alike in every run."""
    line = re.sub(r"\s+", " ", text.strip().partition("\n")[0])
    line = re.sub(r"0x[0-9a-f]+|127\.0\.0\.1:\d+|[0-9a-f]{8}-[0-9a-f-]{27}", "…", line)
    line = line.replace("|", "\\|").replace("<", "&lt;")
    return line if len(line) <= 160 else line[:159] + "…"


def kept(column: str) -> tuple[Cells, Reasons]:
    """A column's cells and reasons as the page has them."""
    cells: Cells = {}
    reasons: Reasons = {}
    index = None
    for line in PAGE.read_text().splitlines() if PAGE.exists() else []:
        parts = [part.strip() for part in re.split(r"(?<!\\)\|", line)[1:-1]]
        if column in parts:
            index = parts.index(column)
        elif index is not None and len(parts) > index and parts[0].startswith("`"):
            cells[parts[0].strip("`")] = parts[index]
        elif line.startswith("#"):
            index = None
        found = re.match(rf"- {re.escape(column)}, `(.+?)`: (.*)", line)
        if found:
            reasons[found[1]] = found[2]
    return {test: said for test, said in cells.items() if said}, reasons


def section(title: str, columns: dict[str, tuple[Cells, Reasons]]) -> str:
    """One table, its sums and its reasons."""
    tests = list(dict.fromkeys(test for cells, _ in columns.values() for test in cells))
    lines = [f"## {title}\n", f"| test | {' | '.join(columns)} |", f"|---|{'---|' * len(columns)}"]
    for test in tests:
        said = [cells.get(test, "") for cells, _ in columns.values()]
        lines.append(f"| `{test}` | {' | '.join(said)} |")
    for word in ("passed", "**failed**", "excluded", "skipped"):
        sums = [str(list(cells.values()).count(word)) for cells, _ in columns.values()]
        lines.append(f"| {word.strip('*')} in all | {' | '.join(sums)} |")
    lines.append("\nWhy not passed:\n")
    for column, (_, reasons) in columns.items():
        lines += [f"- {column}, `{test}`: {reason}" for test, reason in reasons.items()]
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Run the suites and write the page."""

    def column(name: str, where: tuple[str, str]) -> tuple[Cells, Reasons]:
        if name == "ours, local" and "--local" not in arguments:
            return kept(name)
        print(name, file=sys.stderr, flush=True)
        return run(*where)

    unit = {name: column(name, where) for name, where in UNIT.items()}
    integration = {name: column(name, where) for name, where in INTEGRATION.items()}
    tables = [section("Unit suite", unit), section("Integration suite", integration)]
    PAGE.write_text("\n".join([HEAD, *tables]))
    ours = [
        cells for part in (unit, integration) for name, (cells, _) in part.items() if "ours" in name
    ]
    return int(any("**failed**" in cells.values() for cells in ours))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
