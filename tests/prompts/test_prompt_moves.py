"""What a channel points at, and the reason of every move."""

import json
from typing import Any

import pytest
from prompt_shelf import Shelf

from triptych.errors import PromptError
from triptych.prompts import moves as moving
from triptych.prompts.library import Library
from triptych.prompts.lint import lint
from triptych.prompts.lock import write_lock
from triptych.prompts.moves import Move, move, moves, rollback

CHANNELS = "# Ours.\nplan: {production: 1.0.0, staging: 1.0.0}  # the planner\n"


@pytest.fixture
def plan(shelf: Shelf) -> Shelf:
    shelf.put("plan@1.0.0")
    for number in (1, 2):
        shelf.put(f"plan@1.{number}.0", f"user:\n{{{{ request }}}} {number}\n")
    shelf.file("channels.yaml", CHANNELS)
    write_lock(shelf.folder, shelf.library)
    return shelf


def to(shelf: Shelf, version: str, channel: str = "production", **more: Any) -> Move:
    values = {"kind": "promote", "why": "it is better", "comparison": None, **more}
    return move(shelf.folder, shelf.library, "plan", channel, version, **values)


def told(shelf: Shelf) -> str:
    return "\n".join(str(p) for p in lint(shelf.folder, shelf.library).problems)


def now(shelf: Shelf, channel: str = "production") -> str:
    return shelf.library.channels("plan")[channel]


def test_a_move_changes_the_channel_and_keeps_the_comments(plan: Shelf) -> None:
    to(plan, "1.1.0")
    text = (plan.path / "channels.yaml").read_text()
    assert text == CHANNELS.replace("production: 1.0.0", "production: 1.1.0")
    assert plan.library.get("plan").reference == "plan@1.1.0"
    assert told(plan) == ""


def test_a_move_is_written_down_with_its_reason(plan: Shelf) -> None:
    made = to(plan, "1.1.0", comparison={"verdict": "better", "p": 0.01})
    assert [made] == moves(plan.folder)
    assert (made.before, made.after, made.kind) == ("1.0.0", "1.1.0", "promote")
    assert made.sha256 == plan.library.get("plan@1.1.0").sha256
    assert made.comparison == {"verdict": "better", "p": 0.01}
    [line] = (plan.path / "moves.jsonl").read_text().splitlines()
    assert json.loads(line)["why"] == "it is better"


def test_earlier_lines_are_never_touched(plan: Shelf) -> None:
    to(plan, "1.1.0")
    before = (plan.path / "moves.jsonl").read_bytes()
    to(plan, "1.2.0", "staging")
    assert (plan.path / "moves.jsonl").read_bytes().startswith(before)
    assert len(moves(plan.folder)) == 2


def test_a_channel_of_an_overlay_is_the_overlays_own(plan: Shelf, over: Shelf) -> None:
    books = Library((over.folder, plan.folder))
    made = move(over.folder, books, "plan", "production", "1.1.0", kind="promote", why="mine",
                comparison=None)  # fmt: skip
    assert made.before == "1.0.0"
    assert (over.path / "channels.yaml").read_text() == "plan: {production: 1.1.0}\n"
    assert now(plan) == "1.0.0"


@pytest.mark.parametrize(
    ("version", "match"),
    [("_next", "not released"), ("~=1.0", "not released"), ("9.9.9", "no version 9.9.9"),
     ("1.0.0", "is 1.0.0 already")],
)  # fmt: skip
def test_what_cannot_be_moved_to(plan: Shelf, version: str, match: str) -> None:
    plan.put("plan@_next")
    with pytest.raises(PromptError, match=match):
        to(plan, version)
    assert moves(plan.folder) == []


@pytest.mark.parametrize("channel", ["Beta", "1.0.0", "a b", "", "_next", "~=1"])
def test_a_channel_that_no_selector_could_name(plan: Shelf, channel: str) -> None:
    with pytest.raises(PromptError, match=f"'{channel}' is no name for a channel"):
        to(plan, "1.1.0", channel)
    assert moves(plan.folder) == []


class TestOnlyWhatIsLocked:
    """A channel points at bytes that can't change."""

    def test_in_no_lock(self, plan: Shelf) -> None:
        plan.put("plan@1.3.0", "user:\n{{ request }} 3\n")
        with pytest.raises(PromptError, match=r"'plan@1\.3\.0' stands in no prompts\.lock"):
            to(plan, "1.3.0")
        write_lock(plan.folder, plan.library)
        assert to(plan, "1.3.0").after == "1.3.0"

    def test_changed_since(self, plan: Shelf) -> None:
        path = plan.path / "plan/1.1.0.md"
        path.write_text(path.read_text() + "More.\n")
        with pytest.raises(PromptError, match=r"'plan@1\.1\.0' is released, and its content has"):
            to(plan, "1.1.0")
        assert moves(plan.folder) == []


class TestRollback:
    """Back to what was before."""

    def test_back_to_before_the_last_promotion(self, plan: Shelf) -> None:
        to(plan, "1.1.0")
        made = rollback(plan.folder, plan.library, "plan", "production", "slower")
        assert (made.kind, made.before, made.after, made.why) == (
            "rollback", "1.1.0", "1.0.0", "slower",
        )  # fmt: skip
        assert now(plan) == "1.0.0"
        assert told(plan) == ""

    def test_again_goes_further_back_and_never_forth(self, plan: Shelf) -> None:
        to(plan, "1.1.0")
        to(plan, "1.2.0")
        for wanted in ("1.1.0", "1.0.0"):
            rollback(plan.folder, plan.library, "plan", "production")
            assert now(plan) == wanted
        with pytest.raises(PromptError, match="no move to take back"):
            rollback(plan.folder, plan.library, "plan", "production")

    def test_of_one_channel_only(self, plan: Shelf) -> None:
        to(plan, "1.1.0", "staging")
        with pytest.raises(PromptError, match="production of 'plan' has no move to take back"):
            rollback(plan.folder, plan.library, "plan", "production")

    def test_to_nothing(self, plan: Shelf) -> None:
        to(plan, "1.1.0", "trial")
        with pytest.raises(PromptError, match="trial of 'plan' has no move to take back"):
            rollback(plan.folder, plan.library, "plan", "trial")


class TestCutOff:
    """Killed between the two files: lint tells, and the same command ends it."""

    @pytest.fixture
    def dies(self, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
        def die(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(moving, "write_whole", die)
        return monkeypatch

    def test_promotion(self, plan: Shelf, dies: pytest.MonkeyPatch) -> None:
        with pytest.raises(KeyboardInterrupt):
            to(plan, "1.1.0")
        dies.undo()
        assert "production of 'plan' is 1.0.0, and its last move went to 1.1.0" in told(plan)
        to(plan, "1.1.0")
        assert len(moves(plan.folder)) == 1
        assert now(plan) == "1.1.0"
        assert told(plan) == ""

    def test_rollback(self, plan: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
        to(plan, "1.1.0")

        def die(*_: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(moving, "write_whole", die)
            with pytest.raises(KeyboardInterrupt):
                rollback(plan.folder, plan.library, "plan", "production", "slower")
        assert told(plan) != ""
        rollback(plan.folder, plan.library, "plan", "production")
        assert [m.kind for m in moves(plan.folder)] == ["promote", "rollback"]
        assert now(plan) == "1.0.0"
        assert told(plan) == ""

    def test_a_torn_line_is_told_and_the_next_move_stands_alone(self, plan: Shelf) -> None:
        to(plan, "1.1.0")
        path = plan.path / "moves.jsonl"
        path.write_text(path.read_text() + '{"at": "20')
        with pytest.raises(PromptError, match=r"moves\.jsonl:2: this is no move"):
            moves(plan.folder)
        path.write_text(path.read_text().rstrip("\n").removesuffix('{"at": "20').rstrip("\n"))
        to(plan, "1.2.0")
        assert [m.after for m in moves(plan.folder)] == ["1.1.0", "1.2.0"]


class TestLint:
    """Channels, moves and releases agree."""

    def test_a_channel_that_was_edited_by_hand(self, plan: Shelf) -> None:
        to(plan, "1.1.0")
        plan.file("channels.yaml", CHANNELS.replace("production: 1.0.0", "production: 1.2.0"))
        assert (
            "channels.yaml:2: production of 'plan' is 1.2.0, and its last move went to 1.1.0"
            in told(plan)
        )

    def test_a_channel_that_is_gone(self, plan: Shelf) -> None:
        to(plan, "1.1.0")
        plan.file("channels.yaml", "")
        assert "production of 'plan' is nothing" in told(plan)

    def test_production_without_a_reason(self, plan: Shelf) -> None:
        to(plan, "1.1.0", why=" ")
        assert "moves.jsonl:1: the move of 'plan' to 1.1.0 gives no reason" in told(plan)

    def test_a_version_that_is_not_what_was_moved_to(self, plan: Shelf) -> None:
        to(plan, "1.1.0")
        path = plan.path / "plan/1.1.0.md"
        path.write_text(path.read_text() + "More.\n")
        assert "'plan@1.1.0' is not what production was moved to" in told(plan)

    @pytest.mark.parametrize("line", ["x", "[]", "{}", '{"at": 1}', "null"])
    def test_a_line_that_is_no_move(self, plan: Shelf, line: str) -> None:
        plan.file("moves.jsonl", f"\n{line}\n")
        assert "moves.jsonl:2: this is no move of a channel" in told(plan)
