"""What this machine can carry: how many threads and how many requests at once."""

from __future__ import annotations

import os

from triptych.errors import ModelError
from triptych.models.embedded import cgroups
from triptych.models.embedded.cgroups import read

SLOT_TOKENS = 8192
"""Context of one slot of the local server: request and answer together."""

MOST_SLOTS = 8


def threads() -> int:
    """Physical cores that this process may use; hyper-threads only slow llama.cpp down."""
    cpus = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    if cpus is None:
        return max(1, (os.cpu_count() or 2) // 2)
    cores = {_siblings(cpu) for cpu in cpus}
    return max(1, min(len(cores), cgroups.cpus() or len(cores)))


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
    memory = available()
    fit = wanted if memory is None else (memory - weights) // 2 // slot
    return max(1, min(wanted, fit))


def cache_mib(weights: int) -> int:
    """Memory for the prompts of earlier requests: an eighth of what is free, at most 1 GiB.

    llama.cpp's own default is 8 GiB whatever the machine has.

    Args:
        weights: Size of the model file in bytes, which is to be loaded beside it.
    """
    memory = available()
    return 256 if memory is None else max(0, min(1024, (memory - weights) // 8 // 2**20))


def check_memory(name: str, weights: int, bytes_per_token: int) -> None:
    """See that the model and one slot fit into the memory that is free.

    Args:
        name: The model, for the error.
        weights: Size of its file in bytes.
        bytes_per_token: Memory of one token in the cache.

    Raises:
        ModelError: If they do not: the system would end the server, or something else, later.
    """
    needed, memory = weights + SLOT_TOKENS * bytes_per_token, available()
    if memory is not None and memory < needed:
        raise ModelError(
            f"There is not enough memory for {name}: it needs {needed / 1e6:,.0f} MB and "
            f"{max(0, memory) / 1e6:,.0f} MB are free.",
            "End other programs, give the container more memory, or take a smaller model.",
        )


def available() -> int | None:
    """Bytes of memory that can be used without swapping, or None where the system is silent."""
    lines = (read("/proc/meminfo") or "").splitlines()
    kib = next((int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")), None)
    bounds = [kib * 1024 if kib is not None else None, cgroups.memory()]
    return min((bound for bound in bounds if bound is not None), default=None)


def _siblings(cpu: int) -> str:
    path = f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list"
    return read(path) or str(cpu)
