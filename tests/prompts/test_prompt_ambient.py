"""`using`: the prompts of all that is called inside a block."""

import asyncio
import threading
from contextvars import copy_context
from pathlib import Path

import pytest

from triptych.errors import PromptError
from triptych.prompts import library, using
from triptych.prompts.ambient import Ambient, ambient


def test_outside_of_any_block_nothing_is_said() -> None:
    assert ambient() == Ambient(None, None, {})


def test_inside_it_says_what_was_given_and_afterwards_nothing(tmp_path: Path) -> None:
    template = library().get("code")
    with using(set="small", dir=tmp_path, code=template) as chosen:
        assert ambient() is chosen
        assert chosen == Ambient("small", str(tmp_path), {"code": template})
    assert ambient() == Ambient()


def test_inner_block_wins_stage_by_stage() -> None:
    with using(set="a", code="code@1.0.0", plan="plan@1.0.0"):
        with using(plan="plan@_next"):
            assert ambient() == Ambient("a", None, {"code": "code@1.0.0", "plan": "plan@_next"})
        with using(set="b"):
            assert ambient().set == "b"
            assert ambient().stages["plan"] == "plan@1.0.0"
        assert ambient().stages["plan"] == "plan@1.0.0"


def test_a_block_ends_with_an_error_too() -> None:
    with pytest.raises(ZeroDivisionError), using(set="a"):
        raise ZeroDivisionError
    assert ambient() == Ambient()


def test_neither_selector_nor_template_is_told() -> None:
    with pytest.raises(PromptError, match=r"using\(code=…\) was given int"), using(code=1):  # type: ignore[arg-type]
        pass


async def test_tasks_that_run_side_by_side_do_not_see_each_other() -> None:
    gate = asyncio.Barrier(2)

    async def inside(name: str) -> str | None:
        with using(set=name):
            await gate.wait()  # both are in their blocks now
            return ambient().set

    assert await asyncio.gather(inside("a"), inside("b")) == ["a", "b"]


def test_a_thread_sees_it_through_a_copied_context_only() -> None:
    seen: list[str | None] = []

    def look() -> None:
        seen.append(ambient().set)

    with using(set="a"):
        plain = threading.Thread(target=look)
        copied = threading.Thread(target=copy_context().run, args=(look,))
        for thread in (plain, copied):
            thread.start()
            thread.join()
    assert seen == [None, "a"]
