"""What the doctor found, as an entry of the user's catalogue."""

from __future__ import annotations

import datetime
import re
from dataclasses import asdict
from typing import Any

from triptych.doctor.finding import Finding, failed
from triptych.doctor.subject import Subject
from triptych.errors import InputError
from triptych.models import catalogue, faults


def measured(subject: Subject, findings: list[Finding], day: str = "") -> catalogue.Measured:
    """The profile that the findings make.

    Args:
        subject: What was examined.
        findings: All findings.
        day: ``2026-11-24``; today, if not said.
    """
    seen = {finding.name: finding.value for finding in findings}
    # A local server takes another port each time.
    local = subject.entry is not None and subject.entry.kind == "local"
    return catalogue.Measured(
        date=day or datetime.date.today().isoformat(),
        endpoint="this machine" if local else subject.base_url,
        tokens_per_second=seen.get("speed"),
        first_token_seconds=seen.get("first token"),
        concurrency=seen.get("concurrency"),
        seed_repeats=seen.get("seed"),
        prefix_cache=seen.get("prefix cache"),
    )


def write(subject: Subject, findings: list[Finding]) -> Finding:
    """Note the profile in the user's catalogue; a model that is not in it gets an entry there.

    Returns:
        What became of it, with the file as its value.
    """
    name = "catalogue entry"
    if not any(f.name == "answer" and f.verdict in ("ok", "warn") for f in findings):
        return Finding(name, "skip", "not written: nothing was measured")
    profile = asdict(measured(subject, findings))
    known = subject.entry.measured if subject.entry else None
    if known and known.endpoint == profile["endpoint"]:  # a quick look does not undo a long one
        profile = {k: v if v is not None else getattr(known, k) for k, v in profile.items()}
    alias = subject.entry.alias if subject.entry else alias_for(subject.model)
    try:
        row = {} if subject.entry else _fresh(subject, findings)
        path = catalogue.write(alias, row, profile)
    except InputError as error:
        return failed(name, error)
    return Finding(name, "ok", f"{alias}, noted in {path}", value=str(path))


def alias_for(model: str) -> str:
    """A short name for a model that has none: the last part of its id, made free."""
    short = re.sub(r"[^a-z0-9.]+", "-", model.rpartition("/")[2].lower()).strip("-.") or "model"
    taken = {name.lower() for entry in catalogue.entries().values() for name in entry.names}
    names = [short, *(f"{short}-{number}" for number in range(2, 1000))]
    return next(name for name in names if name not in taken)


def _fresh(subject: Subject, findings: list[Finding]) -> dict[str, Any]:
    seen = {finding.name: finding.value for finding in findings}
    kind = "hosted" if faults.is_hosted(subject.base_url) else "self-hosted"
    row: dict[str, Any] = {"id": subject.model, "kind": kind, "base_url": subject.base_url}
    if seen.get("context"):
        row["context"] = seen["context"]
    abilities = {}
    if seen.get("tools") is False or seen.get("forced tool") is False:
        abilities["tools"] = "schema"
    if seen.get("structured output") is False:
        abilities["structured"] = "tools" if seen.get("forced tool") else "prompt"
    return {**row, "abilities": abilities} if abilities else row
