"""``triptych lab report``: what a run has shown so far."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from triptych.cli.lab.asked import AsJson, Junit, epilog, shown, tell

EPILOG = epilog(
    "triptych lab report first-try --open",
    "triptych lab report first-try --json > result.json",
    "triptych lab report first-try --junit junit.xml --inspect first-try/inspect",
)


def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The --out of a run.")],
    *,
    as_json: AsJson = False,
    junit: Junit = None,
    inspect: Annotated[
        Path | None,
        typer.Option("--inspect", metavar="DIR", help="Also write logs for inspect_ai's viewer."),
    ] = None,
    no_html: Annotated[bool, typer.Option("--no-html", help="Without the page.")] = False,
    show: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
) -> None:
    """Show the verdicts and tables of a run, finished or not (Markdown where it is piped).

    Writes report.html, table.md and result.json into DIR. The page is one file that needs nothing
    else: it can be mailed.
    """
    from triptych.lab.folder import RunFolder, write_whole
    from triptych.lab.report.writing import write_report

    run = RunFolder.open(folder)
    result = write_report(run, page=not no_html)
    if junit is not None:
        from triptych.lab.report.junit import junit as as_xml

        tell(f"JUnit: {write_whole(junit, as_xml(result, run))}")
    if inspect is not None:
        from triptych.lab.report.inspect_log import export

        tell(f"inspect_ai: {len(export(run, inspect))} logs in {inspect}")
    shown(result, as_json=as_json)
    if no_html:
        return
    page = run.path / "report.html"
    tell(f"report: {page}")
    if show:
        typer.launch(page.resolve().as_uri())
