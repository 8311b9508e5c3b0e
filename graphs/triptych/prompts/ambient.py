"""Which prompts the calls inside a ``with`` block use, where nothing nearer says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

from triptych.errors import PromptError
from triptych.prompts.template import Template


@dataclass(frozen=True)
class Ambient:
    """What `using` says at this place in the program.

    Attributes:
        set: The set of prompts; None where no block says so.
        dir: A folder whose prompts win over all others; None where no block says so.
        stages: Stage to selector or ready template, over the set.
    """

    set: str | None = None
    dir: str | None = None
    stages: Mapping[str, str | Template] = field(default_factory=dict)


_here: ContextVar[Ambient | None] = ContextVar("triptych_prompts", default=None)


def ambient() -> Ambient:
    """What the blocks around this call say; empty outside of any.

    It is read when a call is made. Tasks of asyncio and LangChain's own threads see what was true
    where they were started; a plain `threading.Thread` starts with nothing.
    """
    return _here.get() or Ambient()


@contextmanager
def using(
    *, set: str | None = None, dir: str | Path | None = None, **stages: str | Template
) -> Iterator[Ambient]:
    """Choose the prompts of all runs and chains that are called inside the block.

    What is given to a run or a chain itself wins over it; it wins over the set ``default``.

    Args:
        set: A set, ``sets/<name>.yaml``.
        dir: A folder whose prompts win over all others.
        **stages: Stage to selector or ready template. Of blocks inside each other the inner one
            wins, stage by stage.

    Raises:
        PromptError: A stage is given something that is neither selector nor template.

    Example:
        >>> with using(review="review@1.0.0") as chosen:
        ...     chosen.stages["review"]
        'review@1.0.0'
    """
    for stage, wanted in stages.items():
        if not isinstance(wanted, str | Template):
            raise PromptError(
                f"using({stage}=…) was given {type(wanted).__name__}.",
                "Give a selector such as 'plan@1.0.0', or a Template.",
            )
    outer = ambient()
    inner = Ambient(
        set if set is not None else outer.set,
        str(dir) if dir is not None else outer.dir,
        {**outer.stages, **stages},
    )
    token = _here.set(inner)
    try:
        yield inner
    finally:
        _here.reset(token)
