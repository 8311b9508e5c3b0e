"""``triptych lab tasks``: a task set of one's own, held against its reference solutions."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Annotated

import typer

from triptych.cli.lab.asked import AsJson, Limit, epilog, tell

if TYPE_CHECKING:
    from triptych.lab.experiment.checking import TaskReport

app = typer.Typer(
    name="tasks",
    help="Task sets: a JSONL file, a folder, or humaneval.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def root() -> None:
    """Task sets: a JSONL file, a folder, or humaneval."""


@app.command(
    epilog=epilog(
        "triptych lab tasks check ./tasks.jsonl",
        "triptych lab tasks check ./tasks --json",
        more="docs/schemas/tasks.schema.json says how a task is written.",
    )
)
def check(
    source: Annotated[str, typer.Argument(metavar="SET|PATH")],
    limit: Limit = None,
    as_json: AsJson = False,
) -> None:
    """Try each task's checks on its reference solution and on nothing; the exit code is 1 if one
    cannot measure.

    The reference must pass, nothing must not, the request must not show the hidden check, and the
    visible checks must not fail on the reference.
    """
    import asyncio

    from triptych.lab.experiment.checking import check as look
    from triptych.lab.grading.sandboxed import SandboxGrader
    from triptych.lab.tasks.sets import load
    from triptych.lab.tasks.sets import source as named

    tasks = load(named(source, limit=limit))
    grader = SandboxGrader.usual()
    tell(f"trying {len(tasks.tasks)} tasks…")
    reports = asyncio.run(look(tasks, grader, grader.python))
    if as_json:
        typer.echo(json.dumps([dataclasses.asdict(report) for report in reports], indent=2))
    else:
        _show(reports)
    bad = sum(bool(report.problems) for report in reports)
    with_reference = sum(report.reference != "none" for report in reports)
    if bad:
        tell(f"{bad} of {len(reports)} tasks cannot measure")
        raise typer.Exit(1)
    tell(f"{len(reports)} tasks are fit; {with_reference} have a reference, and it passes")


def _show(reports: list[TaskReport]) -> None:
    for report in reports:
        for problem in report.problems:
            typer.echo(f"{report.id}: {problem}")
        for warning in report.warnings:
            tell(f"{report.id}: {warning}")
