"""Outcomes as people read them: Markdown in notebooks, text on terminals."""

import io

import pytest
from rich.console import Console

from triptych import display
from triptych.state import CheckResult, Draft, Evidence, Finding, Outcome, Review, Usage


@pytest.fixture
def outcome() -> Outcome:
    results = [
        CheckResult(kind="static", name="compiles", status="passed", source="add.py"),
        CheckResult(kind="static", name="imports", status="passed", source="add.py"),
        CheckResult(kind="static", name="lint", status="failed", source="add.py", detail="F821 b"),
        CheckResult(kind="example", name="example 1", status="passed", source="add(1, 1) == 2"),
        CheckResult(
            kind="example",
            name="example 2",
            status="failed",
            source="add(0, [b]) == 1",
            detail="Traceback…\nTypeError: unsupported",
        ),
        CheckResult(kind="command", name="pytest", status="not-run", source="pytest -q"),
    ]
    finding = Finding(quote="return a", failure="add(1, 1) gives 1")
    draft = Draft(
        id=0,
        origin="first",
        files={"add.py": "def add(a, b):\n    return a\n"},
        evidence=Evidence(results=results),
        review=Review(verdict="changes", findings=[finding]),
    )
    usage = Usage(calls=2, failed_calls=1, input_tokens=1200, output_tokens=34, seconds=1.25)
    return Outcome(
        status="needs-work", reason="failed: example 2", request="add", best=0, drafts=[draft],
        usage=usage,
    )  # fmt: skip


def text_of(outcome: Outcome) -> str:
    sink = io.StringIO()
    display.show(outcome, Console(file=sink, width=40))
    return sink.getvalue()


def test_terminal_text_has_status_code_evidence_review_and_usage(outcome):
    lines = text_of(outcome).splitlines()
    for line in (
        "# add.py",
        "    return a",
        "needs-work: failed: example 2",
        "  ✓ add(1, 1) == 2",
        "  ✗ add(0, [b]) == 1  TypeError: unsupported",
        "  – pytest -q  not-run",
        "  ✓ add.py: compiles, imports",
        "  ✗ add.py: lint  F821 b",
        "  review: changes, 1 finding",
        "      add(1, 1) gives 1",
    ):
        assert line in lines
    assert "2 calls, 1 failed, 1,200 + 34 tokens, 1.2 s" in lines[-1]


def test_strongest_evidence_stands_first(outcome):
    text = text_of(outcome)
    assert text.index("pytest -q") < text.index("add(1, 1) == 2") < text.index("compiles")


def test_a_models_words_cannot_steer_the_terminal(outcome):
    evil = "x = 1  # \x1b[2J\x07\x9b31m [bold]b[/bold]\r\n"
    draft = outcome.drafts[0].model_copy(update={"files": {"a.py": evil}})
    text = text_of(outcome.model_copy(update={"drafts": [draft]}))
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "\x9b" not in text
    assert "[bold]b[/bold]" in text


def test_long_lines_of_code_are_not_cut_or_folded(outcome):
    line = "value = " + " + ".join(str(n) for n in range(100))
    draft = outcome.drafts[0].model_copy(update={"files": {"a.py": line}})
    assert line in text_of(outcome.model_copy(update={"drafts": [draft]})).splitlines()


def test_markdown_holds_code_in_a_fence_that_it_cannot_close(outcome):
    code = 'TEXT = """\n````\n"""\n'
    draft = outcome.drafts[0].model_copy(update={"files": {"a.py": code}})
    text = display.to_markdown(outcome.model_copy(update={"drafts": [draft]}))
    assert f"`````python\n{code}`````\n" in text
    assert "**needs-work**: failed: example 2" in text
    assert "✗ add(0, [b]) == 1  TypeError: unsupported" in text


def test_an_outcome_without_code_shows_its_reason():
    outcome = Outcome(status="failed", reason="no usable code yet", request="x")
    assert text_of(outcome).startswith("failed: no usable code yet\n")
    assert display.to_markdown(outcome).startswith("**failed**: no usable code yet\n")


def test_money_is_shown_where_a_price_is_known():
    assert display.usage_line(Usage(calls=1, money=0.01234)).endswith("$0.0123")
    assert "$" not in display.usage_line(Usage(calls=1))
