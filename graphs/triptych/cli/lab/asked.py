"""What `compare` and `run` share: options, the preview, the question before spending, the end."""

from __future__ import annotations

import dataclasses
import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from triptych.cli import interrupt
from triptych.errors import InputError, UnknownModelError

if TYPE_CHECKING:
    from triptych.lab.experiment.live import Resolved
    from triptych.lab.folder import RunFolder
    from triptych.lab.results import Result
    from triptych.state import Strategy

DECLINED = 4
"""The exit code where a person said no, as that of `triptych run`."""

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before measuring.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what it would cost and show.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the numbers as one JSON document.")]
Limit = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="Only so many of the first tasks.")
]
AtOnce = Annotated[
    int | None,
    typer.Option(min=1, max=1024, metavar="N", help="Tasks in progress at the same time."),
]
Cluster = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS", help="Of a Dask scheduler, or local:N for N processes of this machine."
    ),
]


Tasks = Annotated[
    str, typer.Option(metavar="SET|PATH", help="humaneval, a JSONL file or a folder.")
]
Model = Annotated[
    str | None, typer.Option("--model", "-m", metavar="NAME", help="As in `triptych run`.")
]
BaseUrl = Annotated[
    str | None, typer.Option(metavar="URL", help="A self-hosted endpoint, such as a NIM.")
]
Junit = Annotated[
    Path | None, typer.Option("--junit", metavar="FILE", help="Also write a JUnit XML file.")
]


def epilog(*examples: str, more: str = "") -> str:
    """Examples below the help of a command, and what is to be said after them."""
    # \b keeps the lines as they are.
    return "\n".join(["Examples:", "", "\b", *(f"  {line}" for line in examples), "", more])


def tell(text: str) -> None:
    """A line on standard error."""
    typer.echo(text, err=True)


def tell_start(model: str | None, base_url: str | None) -> None:
    """Say what may take long, before a model is made ready."""
    from triptych.cli.given import notice

    with suppress(UnknownModelError):  # told with its variant by who resolves it
        if text := notice(model, base_url):
            tell(text)


def previewed(resolved: Resolved, out: Path, *, dry_run: bool, as_json: bool) -> int:
    """Show what an experiment will cost and can show; the number of cells that are left.

    It goes to standard error, or is the answer of a dry run.

    Raises:
        LabError: The folder was made with something else, and it says what differs.
    """
    from triptych.cli.lab.showing import lines
    from triptych.lab.experiment.preview import preview
    from triptych.lab.folder import records_in
    from triptych.lab.measuring.prepare import settled
    from triptych.lab.measuring.schedule import planned

    cells = planned(settled(out, resolved))
    made = preview(resolved, records_in(out), planned=cells)
    if dry_run and as_json:
        typer.echo(json.dumps(dataclasses.asdict(made), indent=2))
    else:
        for line in lines(resolved, made):
            typer.echo(line, err=not dry_run)
    return made.cells


def agreed(resolved: Resolved, cells: int, *, yes: bool) -> None:
    """Ask before anything is spent, on a terminal; elsewhere hosted models need --yes.

    Raises:
        InputError: There is nobody to ask, and requests would go to a hosted model.
        typer.Exit: The answer was no.
    """
    if yes or not cells:
        return
    if somebody():
        if not typer.confirm(f"Measure {cells} cells?", default=True, err=True):
            raise typer.Exit(DECLINED)
        return
    from triptych.lab.experiment.seen import seen_model

    for seen in map(seen_model, resolved.models):
        if seen.place == "hosted":
            raise InputError(
                f"This would spend requests at a hosted model, {seen.name}, and there is nobody to "
                "ask.",
                "Add --yes, after a look at --dry-run.",
            )


def strategy_of(text: str | None) -> Strategy | None:
    """What --strategy says.

    Raises:
        TriptychError: It names a field or a value that there is not.
    """
    if text is None:
        return None
    from triptych.cli.given import pairs
    from triptych.lab.experiment.compare import strategy_from
    from triptych.state import Strategy

    return strategy_from(pairs(text.split(","), "--strategy", list(Strategy.model_fields)))


def somebody() -> bool:
    """True where a person can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def measured(
    resolved: Resolved, out: Path, *, cluster: str | None = None, definition: str = ""
) -> RunFolder:
    """Measure what is left, with progress on standard error.

    Args:
        resolved: The experiment.
        out: Its folder.
        cluster: See `measuring.run.measure`.
        definition: The YAML as it was given, kept in the folder for readers.

    Raises:
        typer.Exit: Ctrl-C; what was measured is kept.
    """
    from triptych.lab.folder import write_whole
    from triptych.lab.measuring.progress import Watcher
    from triptych.lab.measuring.run import measure

    watcher = Watcher(resolved, out)  # refuses a folder that was made with something else
    if definition:
        write_whole(out / "experiment.yaml", definition)
    try:
        with interrupt.stoppable(lambda: True, lambda: tell("stopping…")), watcher:
            return measure(resolved, out, cluster=cluster, on_record=watcher.saw)
    except KeyboardInterrupt:
        tell(f"Stopped. What was measured is kept in {out}; the same command goes on from it.")
        raise typer.Exit(interrupt.INTERRUPTED) from None


def reported(run: RunFolder, *, as_json: bool) -> Result:
    """Write the report, and show its table on standard output."""
    from triptych.lab.report.writing import write_report

    result = write_report(run)
    shown(result, as_json=as_json)
    tell(f"report: {run.path / 'report.html'}")
    return result


def shown(result: Result, *, as_json: bool) -> None:
    """A result on standard output: as JSON, as tables on a terminal, as Markdown where piped."""
    if as_json:
        from triptych.lab.report.writing import result_json

        typer.echo(result_json(result), nl=False)
    elif sys.stdout.isatty():
        from rich.console import Console

        from triptych.lab.report.terminal import rich_tables

        Console().print(rich_tables(result))
    else:
        from triptych.lab.report.terminal import markdown

        typer.echo(markdown(result), nl=False)
