"""A result as JUnit XML, which CI servers show."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree as Tree

from triptych.lab.analysis.pairs import Pair, all_pairs
from triptych.lab.analysis.table import Table, table
from triptych.lab.folder import RunFolder
from triptych.lab.report.elements import Element, el
from triptych.lab.report.phrases import effect, headline
from triptych.lab.results import Comparison, GateResult, Result


def junit(result: Result, run: RunFolder | None = None, gate: GateResult | None = None) -> str:
    """One suite a candidate: its verdict, the gate if it was asked for, and each task.

    A verdict of `worse` is a failure, one that is undecided is skipped. A task is a failure where
    the candidate lost one that the baseline always solved. What a single task shows is noise as
    well, so let CI act upon the verdict or the gate.

    Args:
        result: Of a run.
        run: Its folder; without it there are no tasks.
        gate: What `triptych lab gate` decided.
    """
    cells = table(run.records(), run.fingerprint) if run else None
    suites = [_suite(result, one, cells, gate) for one in result.comparisons]
    root = el("testsuites", *suites, name=result.name, **_counts(suites))
    Tree.indent(root)
    text = Tree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def _suite(
    result: Result, one: Comparison, cells: Table | None, gate: GateResult | None
) -> Element:
    name = f"{result.name}: {one.candidate} against {one.baseline}"
    cases = [_verdict(one, name)]
    if gate is not None and gate.comparison == one:
        cases.append(_gate(gate, name))
    if cells is not None:
        pairs = all_pairs(cells, one.baseline, one.candidate).pairs
        cases += [_task(pair, name) for pair in pairs]
    properties = (el("property", name=key, value=value) for key, value in _told(result, one))
    counts = _counts_of(cases)
    return el("testsuite", el("properties", *properties), *cases, name=name, **counts)


def _verdict(one: Comparison, suite: str) -> Element:
    case = el("testcase", name="verdict", classname=suite)
    if one.verdict == "worse":
        case.append(el("failure", one.why, message=f"{headline(one)}: {effect(one)}", type="worse"))
    elif one.verdict in ("inconclusive", "none"):
        case.append(el("skipped", message=f"{headline(one)}: {one.why}"))
    return case


def _gate(gate: GateResult, suite: str) -> Element:
    case = el("testcase", name=f"gate: {gate.requirement}", classname=suite)
    if gate.exit_code == 1:
        case.append(el("failure", gate.why, message="The requirement does not hold.", type="gate"))
    elif not gate.passed:
        case.append(el("skipped", message=f"Undecided: {gate.why}"))
    return case


def _task(pair: Pair, suite: str) -> Element:
    case = el("testcase", name=pair.task, classname=suite)
    before, after = (sum(cell.passed for cell in cells) for cells in (pair.a, pair.b))
    if before == pair.trials and after < before:
        told = f"The baseline passed {before} of {pair.trials} trials, the candidate {after}."
        case.append(el("failure", told, message=told, type="lost"))
    return case


def _told(result: Result, one: Comparison) -> Iterator[tuple[str, str]]:
    yield "verdict", one.verdict
    yield "why", one.why
    yield "difference", f"{one.difference:.6f}"
    yield "interval_low", f"{one.interval.low:.6f}"
    yield "interval_high", f"{one.interval.high:.6f}"
    yield "p", f"{one.p_holm:.6g}"
    yield "method", one.method
    yield "tasks", str(one.tasks)
    yield "trials", str(one.trials)
    yield "cells", f"{result.finished} of {result.planned}"
    yield "fingerprint_sha256", result.fingerprint_sha256
    for name, ratio in (("tokens", one.tokens), ("seconds", one.seconds), ("money", one.money)):
        if ratio is not None:
            yield f"{name}_ratio", f"{ratio.value:.4f}"


def _counts_of(cases: list[Element]) -> dict[str, str]:
    return {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": "0",
        "skipped": str(sum(case.find("skipped") is not None for case in cases)),
    }


def _counts(suites: list[Element]) -> dict[str, str]:
    names = ("tests", "failures", "errors", "skipped")
    return {name: str(sum(int(suite.attrib[name]) for suite in suites)) for name in names}
