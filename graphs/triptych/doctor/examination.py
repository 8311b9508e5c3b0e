"""The whole examination: what is looked at, in which order, and what is left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext

from triptych.doctor import (
    answering,
    forms,
    habits,
    listing,
    machine,
    pace,
    packages,
    terminal,
)
from triptych.doctor.finding import Check, Finding
from triptych.doctor.subject import Subject
from triptych.errors import InputError
from triptych.models import catalogue

Around = Callable[[str], AbstractContextManager[None]]
"""Called with the name of a check, for the time that it takes: a place for a progress display."""


def _nothing(_: str) -> AbstractContextManager[None]:
    return nullcontext()


def of_machine(*, quick: bool = False, around: Around = _nothing) -> Iterator[Finding]:
    """What this machine can do; costs no tokens and needs no network.

    Args:
        quick: Leave out what takes longer than a second.
        around: See `Around`.
    """
    for check in _of_machine(quick):
        with around(check.name):
            found = check.look()
        yield from found


def of_endpoint(
    subject: Subject, *, quick: bool = False, around: Around = _nothing
) -> Iterator[Finding]:
    """What a model at its endpoint can do, for no more tokens than its purse holds.

    After a failure that makes the rest pointless, the rest is skipped.

    Args:
        subject: What is examined.
        quick: Ask for one answer only.
        around: See `Around`.
    """
    with around("reachable"):
        found = listing.look(subject)
    yield from found
    broken = next((f for f in found if f.verdict == "fail"), None)
    for check, most, slow in _of_endpoint(subject):
        if broken:
            yield from check.skipped(f"because of: {broken.name}")
        elif quick and slow:
            yield from check.skipped("left out by --quick")
        elif not subject.purse.fits(cost := most()):
            yield from check.skipped(
                f"it may take {cost} tokens, {subject.purse.limit - subject.purse.spent} are left",
                f"Allow more: --spend {subject.purse.limit + cost}.",
            )
        else:
            with around(check.name):
                found = check.look()
            yield from found
            if check.name == "answer":
                broken = next((f for f in found if f.verdict == "fail"), None)


def _of_machine(quick: bool) -> list[Check]:
    def local() -> list[catalogue.Entry]:
        try:
            return [e for e in catalogue.entries().values() if e.kind == "local"]
        except InputError:  # told by the check of the catalogue
            return []

    return [
        Check("python", machine.python),
        Check("packages", lambda: packages.look(quick=quick)),
        Check("sandbox", machine.sandbox),
        Check("terminal", lambda: terminal.look(terminal.here())),
        Check("catalogue", machine.table),
        Check("disk", lambda: machine.disk(local())),
        Check("model files", lambda: machine.files(local(), quick=quick)),
        Check("memory and cores", lambda: [f for e in local()[:1] for f in machine.power(e)]),
    ]


def _of_endpoint(subject: Subject) -> list[tuple[Check, Callable[[], int], bool]]:
    """Each check, the most tokens that it takes, and whether --quick leaves it out."""

    def check(
        name: str,
        look: Callable[[Subject], list[Finding]],
        most: Callable[[Subject], int],
        names: tuple[str, ...] = (),
    ) -> tuple[Check, Callable[[], int], bool]:
        return (
            Check(name, lambda: look(subject), names),
            lambda: most(subject),
            name != "answer",
        )

    return [
        check("answer", answering.look, answering.most, answering.NAMES),
        check("tools", forms.tools, forms.most_tool),
        check("forced tool", forms.forced_tool, forms.most_tool),
        check("structured output", forms.structured, forms.most_structured),
        check("seed", habits.seed, habits.most_seed),
        check("prefix cache", habits.prefix, habits.most_prefix),
        check("concurrency", pace.look, pace.most),
    ]
