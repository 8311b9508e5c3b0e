"""numpy and scipy, brought in only where something is computed: a run needs neither."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias

from triptych.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats: TypeAlias = Sequence[float] | NDArray[Any]
    """Numbers, one a task."""
    Labels: TypeAlias = Sequence[Any] | NDArray[Any]
    """What groups them: one a task, the same for tasks of one family."""

_CURE = "Install them: pip install 'triptych[lab]'"


def numpy() -> ModuleType:
    """The module numpy.

    Raises:
        LabError: It is not installed.
    """
    try:
        import numpy as module
    except ImportError as error:
        raise LabError("The lab's statistics need numpy and scipy.", _CURE) from error
    return module


def scipy_stats() -> ModuleType:
    """The module scipy.stats.

    Raises:
        LabError: It is not installed.
    """
    try:
        import scipy.stats as module
    except ImportError as error:
        raise LabError("The lab's statistics need numpy and scipy.", _CURE) from error
    return module  # type: ignore[no-any-return]


def grouped(values: Floats, groups: Labels) -> tuple[Any, Any]:
    """Values summed by group.

    Returns:
        Sum of each group, and how many values it has, as arrays in the order of first appearance.
    """
    np = numpy()
    places: dict[Any, int] = {}
    index = np.array([places.setdefault(label, len(places)) for label in groups], dtype=int)
    d = np.asarray(values, dtype=float)
    return np.bincount(index, weights=d, minlength=len(places)), np.bincount(index)
