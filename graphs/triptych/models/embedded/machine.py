"""What this machine can carry: how many threads and how many requests at once."""

from __future__ import annotations

import os
from pathlib import Path

SLOT_TOKENS = 8192
"""Context of one slot of the local server: request and answer together."""

MOST_SLOTS = 8


def threads() -> int:
    """Physical cores that this process may use; hyper-threads only slow llama.cpp down."""
    cpus = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    if cpus is None:
        return max(1, (os.cpu_count() or 2) // 2)
    cores = {_siblings(cpu) for cpu in cpus}
    return max(1, min(len(cores), _quota() or len(cores)))


def slots(weights: int, bytes_per_token: int) -> int:
    """How many requests the local server works on at once.

    Args:
        weights: Size of the model file in bytes.
        bytes_per_token: Memory of one token in the cache.

    Returns:
        One a core, at least two and at most `MOST_SLOTS`, and never more than half of what is
        left of the available memory beside the weights can hold, but always one.
    """
    wanted = max(2, min(MOST_SLOTS, threads()))
    slot = max(1, SLOT_TOKENS * bytes_per_token)
    memory = _available()
    fit = wanted if memory is None else (memory - weights) // 2 // slot
    return max(1, min(wanted, fit))


def cache_mib() -> int:
    """Memory for the prompts of earlier requests: an eighth of what is free, at most 1 GiB.

    llama.cpp's own default is 8 GiB whatever the machine has.
    """
    memory = _available()
    return 256 if memory is None else max(0, min(1024, memory // 8 // 2**20))


def _siblings(cpu: int) -> str:
    path = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
    return _read(path) or str(cpu)


def _quota() -> int | None:
    """Whole CPUs that the container may use (cgroup v2), at least one."""
    quota, _, period = (_read(Path("/sys/fs/cgroup/cpu.max")) or "max").partition(" ")
    return None if quota == "max" else max(1, int(quota) // int(period or 100_000))


def _available() -> int | None:
    """Bytes of memory that can be used without swapping, or None where the system is silent."""
    lines = (_read(Path("/proc/meminfo")) or "").splitlines()
    kib = next((int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")), None)
    limit = _read(Path("/sys/fs/cgroup/memory.max"))
    bounds = [kib * 1024] if kib is not None else []
    if limit and limit != "max":
        bounds.append(int(limit) - int(_read(Path("/sys/fs/cgroup/memory.current")) or 0))
    return min(bounds, default=None)


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return None
