"""``triptych run``: one request, from the plan to checked code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from triptych.cli import given, handover, interrupt

EXIT_CODES = {"approved": 0, "needs-work": 1, "limit": 3, "aborted": 4, "failed": 5}
"""By the status of the outcome; 2 is an error in the input or the set-up."""

EPILOG = """Examples:

\b
  triptych run "a function slugify(text)
  >>> slugify('A b')
  'a-b'"
  triptych run - --model local --drafts 5 < request.txt > answer.py
  triptych run "make the test pass" --file calc.py --file test_calc.py \\
      --check "pytest -q" --patch fix.patch
  triptych run "a Makefile for this" --file main.c --check "make" --out build
  triptych run "…" --base-url http://127.0.0.1:8000/v1 --model my-model --json

Standard output has the code, or the patch where --file was given, and nothing else; all that is
told on the way goes to standard error.

Exit codes:

\b
  0    approved: its checks passed, or a reviewer approved what no check could run
  1    needs-work: the best draft so far, with what is still wrong
  2    an error in the input or the set-up
  3    limit: the budget was spent; the best draft so far
  4    aborted: by Ctrl-C (the best draft so far is given), or by a no to --ask (nothing is)
  5    failed: there is no usable code
  70   a fault in triptych itself: please report it
  130  Ctrl-C before the model was asked, or a second Ctrl-C: ended at once
"""


def run(  # noqa: PLR0913 - one parameter is one option
    request: Annotated[
        str, typer.Argument(metavar="REQUEST", help="What to write or change; - reads it.")
    ],
    *,
    file: Annotated[
        list[str] | None,
        typer.Option("--file", "-f", metavar="FILE", help="A file to start from; repeatable."),
    ] = None,
    check: Annotated[
        list[str] | None,
        typer.Option(
            "--check",
            "-c",
            metavar="COMMAND",
            help="Must exit with 0, or is a test file among --file; repeatable.",
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            "-m",
            metavar="NAME",
            help="As in `triptych models list`; with --base-url, its name there. "
            "Default: devstral where NVIDIA_API_KEY is set, else local.",
        ),
    ] = None,
    base_url: Annotated[
        str | None, typer.Option(metavar="URL", help="A self-hosted endpoint, such as a NIM.")
    ] = None,
    plan: Annotated[
        Literal["always", "never", "on-failure"] | None,
        typer.Option(help="When to plan. Default of this and the next three: the model's own."),
    ] = None,
    drafts: Annotated[
        int | None, typer.Option(min=1, max=50, help="Most drafts, the first one included.")
    ] = None,
    repairs: Annotated[
        int | None, typer.Option(min=0, max=20, help="Most repairs of the best draft.")
    ] = None,
    review: Annotated[
        Literal["never", "advise", "decide"] | None,
        typer.Option(help="decide: findings may start a repair; advise: they are reported."),
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option(
            metavar="LIMITS", help="Such as tokens=20000,seconds=60,calls=10,money=0.5 (dollars)."
        ),
    ] = None,
    prompt: Annotated[
        list[str] | None,
        typer.Option(
            metavar="STAGE=SELECTOR",
            help="Another template for plan, code, repair or review; repeatable.",
        ),
    ] = None,
    prompt_set: Annotated[
        str | None, typer.Option(metavar="NAME", help="The set that names all other templates.")
    ] = None,
    prompts: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A folder whose prompts win over all others.")
    ] = None,
    python: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="Python of the checks. Default: the active environment."),
    ] = None,
    sandbox: Annotated[
        Literal["bwrap", "none"],
        typer.Option(help="none runs model-written code unprotected."),
    ] = "bwrap",
    ask: Annotated[
        bool, typer.Option("--ask", help="Ask before going on with the plan and the patch.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the whole outcome as one JSON document.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="Write the files there; print none."),
    ] = None,
    patch: Annotated[
        Path | None,
        typer.Option("--patch", metavar="FILE", help="Write the patch there; print none."),
    ] = None,
) -> None:
    """Write or change code: plan, draft, check, review, repair.

    Examples in the REQUEST (lines of >>> f(1) or assert f(1) == 2) are found and checked.
    """
    # What is cheap to refuse is refused before LangChain is imported and a model is started.
    handover.check_places(out, patch)
    if ask:
        from triptych.cli.asking import need_terminal

        need_terminal()
    how: dict[str, Any] = {
        "checks": check or [],
        "model": model,
        "base_url": base_url,
        "prompts": given.pairs(prompt or [], "--prompt", given.STAGES),
        "prompt_set": prompt_set,
        "prompts_dir": str(prompts) if prompts else None,
        "python": python,
        "sandbox": sandbox,
    }
    limits = given.budget(budget) if budget is not None else {}
    text = given.request_text(request)
    notice = given.notice(model, base_url)
    how["files"] = given.files(file or [])
    changes = {"plan": plan, "drafts": drafts, "repairs": repairs, "review": review}
    how["strategy"] = {name: value for name, value in changes.items() if value is not None}

    outcome, declined = _watched(text, how, limits, notice, ask)
    if not declined or as_json:
        where = {"out": None, "patch": None} if declined else {"out": out, "patch": patch}
        handover.hand_over(outcome, diff=bool(file), as_json=as_json, **where)
    _tell_end(outcome)
    raise typer.Exit(EXIT_CODES[outcome.status])


def _watched(
    request: str, how: dict[str, Any], limits: dict[str, float], notice: str, ask: bool
) -> tuple[Any, bool]:
    """Run it, shown on standard error; the outcome, and whether a person declined it."""
    from triptych.cli.progress import Progress

    progress = Progress(notice)
    with progress, interrupt.stoppable(progress.begun.is_set, progress.stopping):
        if how["sandbox"] == "none":
            progress.line("[yellow]warning:[/] --sandbox none: the checks run unprotected")
        from triptych import Budget, Strategy
        from triptych import run as run_graph

        answer = None
        if ask:
            from triptych.cli.asking import Asking

            answer = Asking(progress)
        outcome = run_graph(
            request,
            **{**how, "strategy": Strategy.model_validate(how["strategy"])},
            budget=Budget.model_validate(limits),
            on_event=progress.event,
            on_token=progress.token if progress.live else None,
            answer=answer,
        )
    return outcome, bool(answer and answer.declined)


def _tell_end(outcome: Any) -> None:
    """Evidence, review and usage on standard error."""
    from triptych.cli.progress import Shown
    from triptych.display import summary_lines

    console = Shown(stderr=True, highlight=False, soft_wrap=True)
    for line in summary_lines(outcome):
        console.print(line)
