"""``triptych lab``: compare ways to run on tasks with hidden checks."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from triptych.errors import LabError

if TYPE_CHECKING:
    from triptych.lab.experiment import Experiment
    from triptych.lab.records import RecordFile

app = typer.Typer(
    name="lab",
    help="""Measure: the same tasks by two arms side by side, graded by checks that no run sees.

    The arms are `single` (one call, no review) and `default` (the model's own strategy).
    """,
    no_args_is_help=True,
    rich_markup_mode=None,
)

AsJson = Annotated[bool, typer.Option("--json", help="Print the numbers as one JSON document.")]


def _epilog(*examples: str) -> str:
    # \b keeps the lines as they are.
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in examples)])


@app.command(
    epilog=_epilog(
        "triptych lab run humaneval --limit 40",
        "triptych lab run humaneval --model local --out benchmarks/humaneval",
    )
)
def run(
    tasks: Annotated[str, typer.Argument(metavar="TASKS", help="A task set: humaneval.")],
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Only the first N tasks.")
    ] = None,
    model: Annotated[str, typer.Option(help="As `triptych models list` names it.")] = "local",
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where the record is kept. [default: lab-TASKS]"),
    ] = None,
    at_once: Annotated[int, typer.Option(min=1, help="Tasks in progress at the same time.")] = 2,
    as_json: AsJson = False,
) -> None:
    """Run all cells (task × arm) that the record in DIR does not hold yet, then report.

    Each cell is on the disk as it ends (records.jsonl): after Ctrl-C, a crash or a larger
    --limit the same command goes on where it stopped. Progress goes to stderr.
    """
    import asyncio

    from triptych.lab.experiment import Experiment
    from triptych.lab.folder import RECORDS
    from triptych.lab.records import RecordFile
    from triptych.lab.sets import load
    from triptych.models import chat_model

    folder = out or Path(f"lab-{tasks}")
    task_set = load(tasks, limit)
    with RecordFile(folder / RECORDS) as file:
        experiment = Experiment(task_set, chat_model(model))
        try:
            asyncio.run(_measure(experiment, file, at_once))
        except KeyboardInterrupt:
            typer.echo(
                f"Stopped; {len(file.records)} cells are kept in {folder / RECORDS}. "
                "The same command goes on from there.",
                err=True,
            )
            raise typer.Exit(130) from None
        failed = [r for r in file.records if r.error]
    _show(folder, as_json)
    if failed and len(experiment.left(file.records)):
        raise LabError(
            f"Some cells could not be measured: {failed[-1].error}",
            "The same command tries them again.",
        )


@app.command(
    epilog=_epilog("triptych lab report lab-humaneval", "triptych lab report DIR > table.md")
)
def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The --out of a run.")],
    as_json: AsJson = False,
) -> None:
    """Show the table of a record (Markdown where it is piped), and write table.md and result.json.

    Only tasks that both arms have finished are counted.
    """
    _show(folder, as_json)


async def _measure(experiment: Experiment, file: RecordFile, at_once: int) -> None:
    from triptych.lab.progress import Watcher

    left = sum(map(len, experiment.left(file.records)))
    with Watcher(file.records, left) as watcher:
        await experiment.run(file, at_once=at_once, on_record=watcher.saw)


def _show(folder: Path, as_json: bool) -> None:
    from triptych.lab.folder import write_report
    from triptych.lab.table import markdown, rich_tables

    numbers: dict[str, Any] = write_report(folder)
    if as_json:
        typer.echo(json.dumps(numbers, indent=2))
    elif sys.stdout.isatty():
        from rich.console import Console

        Console().print(rich_tables(numbers))
    else:
        typer.echo(markdown(numbers), nl=False)
