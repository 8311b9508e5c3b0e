"""What the control groups of this process leave to it: those of containers and of services.

Version 2 has one tree, version 1 one for each kind of limit. In a container the group's own folder
may be the root of what is mounted, so the path in /proc may lead nowhere: then the root counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")


def cpus() -> int | None:
    """Whole CPUs that this process may use, at least one; None without a limit."""
    found = []
    for folder in _folders("cpu"):
        quota, period = _quota(folder)
        if quota > 0 and period > 0:
            found.append(max(1, quota // period))
    return min(found, default=None)


def memory() -> int | None:
    """Bytes that this process may still take; None without a limit.

    What the group's files hold in the page cache can be given back, so it counts as free.
    """
    found = []
    for folder in _folders("memory"):
        for most, used in (
            ("memory.max", "memory.current"),
            ("memory.limit_in_bytes", "memory.usage_in_bytes"),
        ):
            limit = _number(folder / most)
            if limit is not None:
                found.append(limit - (_number(folder / used) or 0) + _cached(folder))
    return min(found, default=None)


def read(path: Path | str) -> str | None:
    """The text of one of the system's files; None if it cannot be had."""
    try:
        return Path(path).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None


def _folders(kind: str) -> Iterator[Path]:
    """The folders whose limits bind this process: its group's and those above."""
    for line in (read(OWN) or "").splitlines():
        _, kinds, group = line.split(":", 2)
        if kinds and kind not in kinds.split(","):
            continue
        root = ROOT / kinds if kinds else ROOT
        folder = root / group.strip("/")
        yield from (each for each in (folder, *folder.parents) if each.is_relative_to(root))


def _quota(folder: Path) -> tuple[int, int]:
    """CPU time and the period in which it may be used, in microseconds; zeros without a limit."""
    both = (read(folder / "cpu.max") or "max").split()
    if both[0] != "max":
        return int(both[0]), int(both[1]) if len(both) > 1 else 100_000
    quota, period = _number(folder / "cpu.cfs_quota_us"), _number(folder / "cpu.cfs_period_us")
    return (quota or 0, period or 0)


def _number(path: Path) -> int | None:
    text = read(path)
    return int(text) if text and text.lstrip("-").isdigit() else None


def _cached(folder: Path) -> int:
    lines = (line.split() for line in (read(folder / "memory.stat") or "").splitlines())
    found = {name: int(value) for name, value in lines if value.isdigit()}
    return found.get("total_inactive_file", found.get("inactive_file", 0))
