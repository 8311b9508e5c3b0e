"""Which tasks a search may see: by family, by hash, before it begins."""

from __future__ import annotations

import pytest
from lab_kit import task
from optimise_kit import sums

from triptych.errors import LabError
from triptych.lab.optimise.splitting import HeldOut, refuse_overlap, split
from triptych.lab.tasks.given import task_set


def test_the_parts_are_the_whole_and_share_nothing() -> None:
    parts = split(sums(100))
    ids = [task.id for task in parts.seen] + list(parts.held_out.ids)
    assert sorted(ids) == sorted(task.id for task in sums(100).tasks)
    assert len(parts.held_out.ids) > len(parts.train) > 5


def test_a_family_stays_together() -> None:
    tasks = task_set(task(n, family=f"f{n % 40}") for n in range(120))
    parts = split(tasks)
    seen = {task.family for task in parts.seen}
    held_out = {task.family for task in parts.held_out.opened().tasks}
    assert seen
    assert held_out
    assert not seen & held_out
    assert not {t.family for t in parts.train} & {t.family for t in parts.selection}


def test_a_task_stays_in_its_part_when_the_set_grows() -> None:
    small, large = split(sums(60)), split(sums(90))
    assert set(small.held_out.ids) <= set(large.held_out.ids)
    assert {t.id for t in small.train} <= {t.id for t in large.train}


def test_another_seed_parts_differently() -> None:
    assert split(sums(60), 1).held_out.ids != split(sums(60), 2).held_out.ids


def test_too_few_tasks_are_refused_with_the_sizes() -> None:
    with pytest.raises(LabError, match=r"12 tasks of 'sums' are too few.*held out"):
        split(sums(12))


def test_held_out_tasks_do_not_show_themselves() -> None:
    held_out = split(sums(60)).held_out
    assert repr(held_out) == f"HeldOut({len(held_out.ids)} tasks)"
    assert not hasattr(held_out, "__iter__")


def test_a_shared_task_is_refused_by_name() -> None:
    with pytest.raises(LabError, match=r"1 of the held-out tasks.*t/3"):
        refuse_overlap(["t/3", "t/4"], HeldOut(task_set([task(3), task(5)])))
