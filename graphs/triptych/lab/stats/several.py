"""Several candidates against one baseline."""

from __future__ import annotations

from collections.abc import Sequence


def holm(p: Sequence[float]) -> list[float]:
    """Each p adjusted so that all of them together err in at most α of experiments.

    From the smallest: p times the number of those not yet looked at; never less than the one
    before; at most 1.

    Source: Holm 1979, Scand. J. Stat. 6:65.

    Example:
        >>> [round(x, 3) for x in holm([0.01, 0.04, 0.03])]
        [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(p)), key=p.__getitem__)
    out = [1.0] * len(p)
    least = 0.0
    for rank, index in enumerate(order):
        least = max(least, min(1.0, (len(p) - rank) * p[index]))
        out[index] = least
    return out
