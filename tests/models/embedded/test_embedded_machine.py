"""Threads, slots and memory follow from what this process may use of the machine."""

import os

import pytest

from triptych.errors import ModelError
from triptych.models.embedded import cgroups, machine

GIB = 1 << 30


@pytest.fixture
def groups(monkeypatch, tmp_path):
    """A tree of control groups: `groups(own, **files)` writes them."""
    monkeypatch.setattr(cgroups, "ROOT", tmp_path / "fs")
    monkeypatch.setattr(cgroups, "OWN", tmp_path / "own")

    def write(own, files):
        (tmp_path / "own").write_text(own)
        for name, text in files.items():
            path = tmp_path / "fs" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{text}\n")

    return write


def test_slots_follow_cores_and_memory(monkeypatch):
    monkeypatch.setattr(machine, "threads", lambda: 4)
    for memory, slots in ((None, 4), (64 * GIB, 4), (GIB, 3), (100, 1)):
        monkeypatch.setattr(machine, "available", lambda memory=memory: memory)
        assert machine.slots(weights=400 << 20, bytes_per_token=12_288) == slots


def test_the_memory_for_earlier_prompts_is_a_part_of_what_the_weights_leave(monkeypatch):
    for memory, mib in ((None, 256), (64 * GIB, 1024), (3 * GIB, 256), (GIB // 2, 0)):
        monkeypatch.setattr(machine, "available", lambda memory=memory: memory)
        assert machine.cache_mib(weights=GIB) == mib


def test_a_model_that_does_not_fit_is_refused_before_it_is_loaded(monkeypatch):
    monkeypatch.setattr(machine, "available", lambda: 600 << 20)
    machine.check_memory("small", 491_400_064, 12_288)
    with pytest.raises(ModelError, match=r"for large: it needs 1,347 MB and 629 MB are free"):
        machine.check_memory("large", 1_117_320_768, 28_000)


def test_threads_are_at_least_one_and_no_more_than_this_process_may_use(monkeypatch):
    assert 1 <= machine.threads() <= len(os.sched_getaffinity(0))
    monkeypatch.setattr(cgroups, "cpus", lambda: 1)
    assert machine.threads() == 1


def test_version_2_the_tightest_of_the_groups_above_counts_and_file_cache_is_free(groups):
    groups(
        "0::/pod/box",
        {
            "pod/memory.max": 2 * GIB,
            "pod/memory.current": GIB,
            "pod/memory.stat": f"anon 5\ninactive_file {GIB // 2}",
            "pod/box/memory.max": "max",
            "pod/box/cpu.max": "350000 100000",
            "pod/cpu.max": "max 100000",
        },
    )
    assert cgroups.memory() == GIB + GIB // 2
    assert cgroups.cpus() == 3


def test_version_2_in_a_container_the_root_is_the_group(groups):
    groups("0::/", {"memory.max": GIB, "memory.current": 0, "cpu.max": "50000 100000"})
    assert cgroups.memory() == GIB
    assert cgroups.cpus() == 1


def test_version_1(groups):
    groups(
        "9:memory:/docker/ab\n4:cpu,cpuacct:/docker/ab\n0::/",
        {
            "memory/docker/ab/memory.limit_in_bytes": GIB,
            "memory/docker/ab/memory.usage_in_bytes": GIB // 2,
            "cpu,cpuacct/docker/ab/cpu.cfs_quota_us": 250_000,
            "cpu,cpuacct/docker/ab/cpu.cfs_period_us": 100_000,
            "memory/memory.limit_in_bytes": 1 << 62,
        },
    )
    assert cgroups.memory() == GIB // 2
    assert cgroups.cpus() == 2


def test_without_limits_or_groups_there_is_none(groups):
    assert cgroups.memory() is None  # not even /proc/self/cgroup
    groups("0::/", {"cpu.max": "max 100000", "memory.max": "max"})
    assert cgroups.memory() is None
    assert cgroups.cpus() is None
    groups("4:cpu:/", {"cpu/cpu.cfs_quota_us": -1, "cpu/cpu.cfs_period_us": 100_000})
    assert cgroups.cpus() is None
