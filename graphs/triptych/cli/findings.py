"""The doctor's findings as lines, and as one JSON document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from triptych.doctor import Finding

STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red", "skip": "dim"}
NAME_WIDTH = 18


class Report:
    """Prints findings one by one, as they come, and keeps them.

    Args:
        console: Standard output.
        secrets: What must not be seen, should an answer of a server repeat it.
    """

    def __init__(self, console: Console, secrets: list[str]) -> None:
        self.console = console
        self.secrets = secrets
        self.found: list[Finding] = []

    @property
    def failed(self) -> bool:
        """True if anything does not work."""
        return any(finding.verdict == "fail" for finding in self.found)

    def tell(self, findings: Iterable[Finding]) -> None:
        """Keep and show findings as they come."""
        for finding in findings:
            self.found.append(finding)
            self._line(finding)

    def head(self, text: str) -> None:
        """A heading."""
        begin = "\n" if self.found else ""
        self.console.print(begin + self._clean(text), style="bold", markup=False, soft_wrap=True)

    def _line(self, finding: Finding) -> None:
        """Verdict, name, detail, and under it the cure."""
        from rich.padding import Padding
        from rich.text import Text

        begin = Text(f"{finding.verdict:4}  ", style=STYLES[finding.verdict])
        begin.append(f"{finding.name:{NAME_WIDTH}}", style="default not bold not dim")
        body = Text(self._clean(finding.detail), style="dim" if finding.verdict == "skip" else "")
        indent = 6 + NAME_WIDTH + 1
        if not self.console.is_terminal or self.console.width < indent + 30:
            self.console.print(begin, body, soft_wrap=True)
            if finding.cure:
                self.console.print(" " * 6 + self._clean(f"→ {finding.cure}"), soft_wrap=True,
                                   markup=False)  # fmt: skip
            return
        lines = body.wrap(self.console, self.console.width - indent)
        for number, line in enumerate(lines):
            self.console.print(begin if number == 0 else Text(" " * (indent - 1)), line)
        if finding.cure:
            cure = Text(self._clean(f"→ {finding.cure}"), style="cyan")
            self.console.print(Padding(cure, (0, 0, 0, indent)))

    def total(self, spent: int, limit: int) -> None:
        """The last line."""
        count = Counter(finding.verdict for finding in self.found)
        warnings = f"{count['warn']} warning{'s' * (count['warn'] != 1)}"
        words = f"{count['ok']} ok, {warnings}, {count['fail']} failed, "
        words += f"{count['skip']} skipped; {spent:,} of {limit:,} tokens spent."
        self.console.print(f"\n{words}", style="bold", markup=False, soft_wrap=True)

    def _clean(self, text: str) -> str:
        return self._encodable(clean(text, self.secrets))

    def _encodable(self, text: str) -> str:
        """Without letters that the terminal cannot show."""
        ascii_ = text.replace("→", "->").replace("…", "...")
        encoding = self.console.encoding or "ascii"
        try:
            text.encode(encoding)
        except UnicodeError:
            return ascii_.encode(encoding, "replace").decode(encoding)
        return text


def clean(text: str, secrets: list[str]) -> str:
    """A text without the secrets, and without what would move a terminal's cursor."""
    for secret in filter(None, secrets):
        text = text.replace(secret, "***")
    return "".join(letter if letter.isprintable() else " " for letter in text)


def document(report: Report, **more: Any) -> dict[str, Any]:
    """All findings as a JSON object.

    Args:
        report: What was found.
        **more: Further fields.
    """
    rows = [finding.as_json() for finding in report.found]
    for row in rows:
        row.update({name: clean(row[name], report.secrets) for name in ("detail", "cure")})
    return {"schema": 1, "ok": not report.failed, **more, "findings": rows}
