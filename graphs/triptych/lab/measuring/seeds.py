"""The seed of a cell, and where chance decides about the order: all of it can be had again."""

from __future__ import annotations

import hashlib


def seed_of(experiment_seed: int, task: str, trial: int) -> int:
    """What the first call of a cell is sent with, 0 to 2**31 - 1.

    Not of the variant: variants that ask the same thing in a trial then share their luck (common
    random numbers), and the difference between them has less noise. Later drafts add their number.

    Example:
        >>> seed_of(0, "HumanEval/0", 0)
        1343878995
    """
    return int.from_bytes(_digest(experiment_seed, task, trial)[:4]) & 0x7FFFFFFF


def shuffled(experiment_seed: int, task: str, trial: int, what: str) -> bytes:
    """A sorting key: by it things stand in a random order that further ones do not disturb."""
    return _digest(experiment_seed, task, trial, what)


def _digest(*parts: object) -> bytes:
    return hashlib.sha256("\0".join(map(str, parts)).encode()).digest()
