"""Counting what a process and its descendants use, read from Linux' /proc.

RLIMIT_NPROC does not bind for root and counts all of a user's processes elsewhere, and rlimits
on memory are per process: only looking at the whole tree limits the whole tree.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")


def descendants(pid: int, at_most: int) -> list[int]:
    """The pids below `pid`, at most so many; empty where there is no /proc."""
    found: list[int] = []
    waiting = [pid]
    while waiting and len(found) < at_most:
        parent = waiting.pop()
        with suppress(OSError):  # gone in the meantime
            for thread in os.listdir(f"/proc/{parent}/task"):
                text = Path(f"/proc/{parent}/task/{thread}/children").read_text()
                children = [int(word) for word in text.split()]
                found += children
                waiting += children
    return found[:at_most]


def memory(pids: list[int], enough: int) -> int:
    """Bytes of memory that the processes hold.

    Args:
        pids: The processes.
        enough: Above this the cheap sum, which counts shared pages once for each process, is
            replaced by the exact and slower one.
    """
    cheap = sum(_resident(pid) for pid in pids)
    return cheap if cheap <= enough else sum(_proportional(pid) for pid in pids)


def _resident(pid: int) -> int:
    with suppress(OSError, IndexError, ValueError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    return 0


def _proportional(pid: int) -> int:
    with suppress(OSError):
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        match = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
        if match:
            return int(match[1]) * 1024
    return _resident(pid)
