"""Words that the sandbox' tests share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from triptych.sandbox import Limits, Result

Run = Callable[..., Awaitable[Result]]
"""Runs Python code in the sandbox."""

SMALL = Limits(wall_seconds=10, memory_bytes=256 * 2**20, processes=20, disk_bytes=8 * 2**20)
