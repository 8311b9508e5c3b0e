"""``triptych doctor``: what works here, and what to do about what does not."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from triptych.errors import InputError, ModelError

if TYPE_CHECKING:
    from triptych.cli.findings import Report
    from triptych.doctor import Finding, Purse, Subject
    from triptych.models.catalogue import Entry

FAILED = 1
"""Exit code where something does not work."""

EPILOG = """Examples:

\b
  triptych doctor                          this machine, and the model that runs take here
  triptych doctor --model local --quick    in a few seconds
  triptych doctor --base-url http://10.0.0.5:8000/v1 --model my-model --write
  triptych doctor --spend 0 --json         without asking a model, for a script

Exit codes:

\b
  0    all that was looked at works (warnings are no failures)
  1    something does not work: its line says what to do
  2    an error in the options, the environment or the catalogue
  130  stopped by Ctrl-C
"""


def doctor(
    model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="A model as `triptych models list` names it, or the id of one at --base-url. "
            "[default: the one that runs take]",
        ),
    ] = None,
    base_url: Annotated[
        str | None, typer.Option(metavar="URL", help="An OpenAI-compatible endpoint.")
    ] = None,
    api_key_env: Annotated[
        str,
        typer.Option(
            metavar="VAR", help="The environment variable that holds its key.", show_default=False
        ),
    ] = "",
    spend: Annotated[
        int, typer.Option(min=0, metavar="TOKENS", help="Never spend more than that.")
    ] = 4000,
    quick: Annotated[
        bool, typer.Option("--quick", help="One answer only, and no long looks at files.")
    ] = False,
    write: Annotated[
        bool, typer.Option("--write", help="Note what was measured in your catalogue.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document, at the end.")] = False,
) -> None:
    """Examine this machine and a model's endpoint; each line has a verdict and, if need be, a cure.

    It says first how many tokens it may spend and stays under it: what does not fit is skipped.
    Keys are shown nowhere. With --write the measured profile goes into your catalogue file; what
    else stands in that file stays as it is, and a copy is kept beside it.
    """
    from rich.console import Console

    from triptych import doctor as room
    from triptych.cli.findings import Report
    from triptych.cli.waiting import Waiting
    from triptych.doctor import noted
    from triptych.models import catalogue

    report = Report(Console(highlight=False, quiet=as_json), _secrets(api_key_env))
    purse, waiting = room.Purse(spend), Waiting(Console(stderr=True))
    problem = _problem_of_catalogue()
    entry = None if base_url or problem else catalogue.find(model or _default())
    report.head(f"At most {spend:,} tokens will be spent.")
    report.tell(room.of_machine(quick=quick, around=waiting))

    def opened() -> Subject:
        with waiting("the model's server"):
            if entry:
                return room.named(entry.alias, purse, api_key_env)
            name = model or _only_model(str(base_url), api_key_env)
            return room.addressed(str(base_url), name, purse, api_key_env)

    subject = None
    if problem:
        report.tell([room.Finding("endpoint", "skip", "because of: catalogue")])
    elif missing := _missing(entry):
        report.tell([missing])
    else:
        subject = _opened(opened, report)
    if subject:
        report.secrets.append(subject.key)
        report.head(subject.place)
        report.tell(room.of_endpoint(subject, quick=quick, around=waiting))
        if write:
            report.tell([noted.write(subject, report.found)])
    if as_json:
        print(json.dumps(_document(report, subject, purse), indent=2))
    else:
        report.total(purse.spent, purse.limit)
    if report.failed:
        raise typer.Exit(FAILED)


def _default() -> str:
    from triptych.models import default_name

    return default_name()


def _problem_of_catalogue() -> InputError | None:
    from triptych.models import catalogue

    try:
        catalogue.entries()
    except InputError as error:
        return error
    return None


def _missing(entry: Entry | None) -> Finding | None:
    """The finding that a local model's file is not here: the doctor brings none by itself."""
    from triptych.doctor import Finding
    from triptych.models.embedded import cache

    if entry is None or entry.file is None or cache.present(entry.file):
        return None
    cure = f"`triptych models pull {entry.alias}` brings it; --model names another one."
    return Finding("endpoint", "skip", f"the file of {entry.alias} is not here", cure)


def _opened(opened: Callable[[], Subject], report: Report) -> Subject | None:
    """The endpoint's model; None, and a finding, where it cannot be reached or started."""
    from triptych.doctor import Finding

    try:
        return opened()
    except ModelError as error:
        report.tell([Finding("endpoint", "fail", error.message, error.cure)])
        return None


def _only_model(base_url: str, key_env: str) -> str:
    """The one model at an address, where none is named."""
    from triptych.doctor import Purse, addressed
    from triptych.models import probe

    asked = addressed(base_url, "", Purse(0), key_env)
    ids = [str(row["id"]) for row in probe.models(probe.get(asked.base_url, "models", asked.key))]
    if len(ids) == 1:
        return ids[0]
    raise InputError(
        f"No model is named for {base_url}.",
        f"Add --model: it serves {', '.join(ids[:10])}." if ids else "Add --model: it lists none.",
    )


def _secrets(key_env: str) -> list[str]:
    from triptych.doctor.subject import key_from

    keys = [os.environ.get(name, "").strip() for name in ("NVIDIA_API_KEY", "TRIPTYCH_API_KEY")]
    return [*keys, key_from(key_env)] if key_env else keys


def _document(report: Report, subject: Subject | None, purse: Purse) -> dict[str, Any]:
    from dataclasses import asdict

    from triptych.cli.findings import document
    from triptych.doctor import noted

    return document(
        report,
        model=subject.model if subject else None,
        base_url=subject.base_url if subject else None,
        tokens={"limit": purse.limit, "spent": purse.spent},
        measured=asdict(noted.measured(subject, report.found)) if subject else None,
        written=next((f.value for f in report.found if f.name == "catalogue entry"), None),
    )
