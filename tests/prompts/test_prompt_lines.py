"""Lines: branches of a prompt, each made from something that can be named."""

import pytest
from prompt_shelf import Shelf

from triptych.errors import PromptError
from triptych.prompts.library import Library
from triptych.prompts.lint import lint
from triptych.prompts.lock import write_lock


def told(shelf: Shelf, books: Library | None = None) -> str:
    return "\n".join(str(p) for p in lint(shelf.folder, books or shelf.library).problems)


@pytest.fixture
def plan(shelf: Shelf) -> Shelf:
    shelf.put("plan@1.0.0")
    write_lock(shelf.folder, shelf.library)
    return shelf


def test_lines_of_a_prompt(plan: Shelf) -> None:
    for name in ("plan.terse", "plan.long", "planner.x"):
        plan.put(f"{name}@0.1.0", extra="parent: plan@1.0.0\n")
    assert plan.library.lines("plan") == ["plan.long", "plan.terse"]
    assert plan.library.lines("code") == []


def test_ancestry_goes_up_to_the_first(plan: Shelf) -> None:
    plan.put("plan.a@0.1.0", extra="parent: plan@1.0.0\n")
    plan.put("plan.b@0.1.0", extra="parent: plan.a@0.1.0\n")
    books = plan.library
    assert books.ancestry(books.get("plan.b@0.1.0")) == ["plan.a@0.1.0", "plan@1.0.0"]
    assert books.ancestry(books.get("plan")) == []


def test_a_good_line(plan: Shelf) -> None:
    plan.put("plan.terse@0.1.0", extra="parent: plan@1.0.0\n")
    write_lock(plan.folder, plan.library)
    assert told(plan) == ""


def test_a_line_without_parent(plan: Shelf) -> None:
    plan.put("plan.terse@0.1.0")
    assert "plan.terse/0.1.0.md:1: 'plan.terse' is a line and names no parent" in told(plan)


def test_a_line_of_nothing(plan: Shelf) -> None:
    plan.put("review.terse@0.1.0", extra="parent: plan@1.0.0\n")
    assert "'review.terse' is a line of 'review', which there is not" in told(plan)


@pytest.mark.parametrize("parent", ["plan", "plan@~=1.0", "plan@_next", "plan@production"])
def test_a_parent_that_may_change(plan: Shelf, parent: str) -> None:
    plan.put("plan.terse@0.1.0", extra=f"parent: {parent}\n")
    assert f"parent '{parent}' is no exact reference" in told(plan)


def test_a_parent_in_another_folder_has_to_be_locked(shelf: Shelf, over: Shelf) -> None:
    shelf.put("plan@1.0.0")
    over.put("plan.mine@0.1.0", extra="parent: plan@1.0.0\n")
    books = Library((over.folder, shelf.folder))
    assert "parent 'plan@1.0.0' is in no lock, and may change" in told(over, books)
    write_lock(shelf.folder, shelf.library)
    assert told(over, books) == ""


def test_a_circle(plan: Shelf) -> None:
    plan.put("plan.a@0.1.0", extra="parent: plan.b@0.1.0\n")
    plan.put("plan.b@0.1.0", extra="parent: plan.a@0.1.0\n")
    with pytest.raises(PromptError, match="is its own ancestor"):
        plan.library.ancestry(plan.library.get("plan.a@0.1.0"))
    assert told(plan).count("is its own ancestor") == 2


def test_a_parent_that_is_gone_further_up(plan: Shelf) -> None:
    plan.put("plan.a@0.1.0", extra="parent: plan@0.9.0\n")
    plan.put("plan.b@0.1.0", extra="parent: plan.a@0.1.0\n")
    assert "plan.b/0.1.0.md:1: parent 'plan.a@0.1.0': 'plan' has no version 0.9.0" in told(plan)
