"""A run as it goes on, shown on standard error: lines, and on a terminal what is being written."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.spinner import Spinner
from rich.text import Text

from triptych import display

if TYPE_CHECKING:
    from triptych.events import Checked, Drafted, Event, Planned, Started

NOTICE_AFTER = 2.0
"""Seconds of silence before a word that something is being started."""

TAIL_LINES = 12
"""Lines of the draft that are shown while it is written."""

STATUS_OF_NODE = {"plan": "planning", "review": "reviewing"}


class _Retries(logging.Handler):
    """Shows that a call is tried again: the wait may be long."""

    def __init__(self, progress: Progress) -> None:
        super().__init__(logging.WARNING)
        self._progress = progress

    def emit(self, record: logging.LogRecord) -> None:
        """One line for each retry."""
        self._progress.line(f"[yellow]{escape(record.getMessage())}[/]")


class Shown(Console):
    """Standard error; a run goes on if nobody reads it any more."""

    def on_broken_pipe(self) -> None:
        """Say nothing more, where rich's own ends the process."""
        self.quiet = True


class Progress:
    """Shows the events and tokens of one run; a context manager around it.

    Args:
        notice: What to say if the start takes long; empty for nothing.

    Attributes:
        begun: Set as soon as the run has all that it needs and asks the model.
    """

    def __init__(self, notice: str = "") -> None:
        self.console = Shown(stderr=True, highlight=False, soft_wrap=True)
        self._timer = threading.Timer(NOTICE_AFTER, self.line, [f"[dim]{notice}[/]"])
        self._timer.daemon = True
        self._notice = notice
        self.begun = threading.Event()
        self._live: Live | None = None
        self._spinner = Spinner("dots")
        self._status, self._since, self._pieces = "", time.monotonic(), 0
        self._flying: set[int] = set()
        self._text = ""
        self._retries = _Retries(self)

    def __enter__(self) -> Progress:
        if self._notice:
            self._timer.start()
        logging.getLogger("triptych.models").addHandler(self._retries)
        return self

    def __exit__(self, *_: Any) -> None:
        logging.getLogger("triptych.models").removeHandler(self._retries)
        self._timer.cancel()
        self._stop()

    @property
    def live(self) -> bool:
        """True on a terminal, where a part of the screen may change in place."""
        return self.console.is_terminal

    def line(self, markup: str) -> None:
        """One line, in rich markup."""
        self.console.print(markup)

    def stopping(self) -> None:
        """Say that Ctrl-C was seen."""
        self._now("stopping")
        self.line("stopping; Ctrl-C again ends at once")

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Nothing moves on the screen meanwhile: someone is being asked."""
        was = self._live
        self._stop()
        try:
            yield
        finally:
            if was:
                self._start()

    def event(self, event: Event) -> None:
        """Show one event."""
        match event.type:
            case "started":
                self._started(event)
            case "planned":
                self._planned(event)
            case "drafting":
                self._flying.add(event.draft)
                self._text = ""
                numbers = ", ".join(str(n + 1) for n in sorted(self._flying))
                self._now(f"writing draft {numbers}")
            case "drafted":
                self._drafted(event)
            case "checked":
                self._checked(event)
            case "reviewed":
                for line in display.review_lines(event.review):
                    self.line(line)
            case "decided":
                decision = event.decision
                if decision.next != "deliver":  # how it ended is said at the end
                    self.line(f"[dim]→ {decision.next}: {escape(decision.reason)}[/]")
                self._now(STATUS_OF_NODE.get(decision.next, "asking the model"))

    def token(self, node: str, text: str) -> None:
        """Show a piece of what a model writes: the draft itself while there is only one."""
        if node == "draft":
            self._text = self._text + text if len(self._flying) == 1 else ""
        elif (status := STATUS_OF_NODE.get(node, self._status)) != self._status:
            self._now(status)
        self._pieces += 1

    def _started(self, event: Started) -> None:
        self._timer.cancel()
        self.begun.set()
        self.line(f"[bold]{escape(event.destination)}[/]")
        self.line(f"[dim]prompts {escape(', '.join(event.prompts.values()))}[/]")
        if event.examples:
            self.line(f"[dim]examples found in the request: {event.examples}[/]")
        for warning in event.warnings:
            self.line(f"[yellow]warning:[/] {escape(warning)}")
        self._now("asking the model")
        if self.live:
            self._start()

    def _planned(self, event: Planned) -> None:
        if event.plan is None:
            self.line(f"[yellow]no plan:[/] {escape(display.printable(event.error))}")
            return
        self.line(f"plan: {escape(display.printable(event.plan.summary))}")
        for number, step in enumerate(event.plan.steps, start=1):
            self.line(f"  {number}. {escape(display.printable(step))}")

    def _drafted(self, event: Drafted) -> None:
        draft = event.draft
        self._flying.discard(draft.id)
        self._text = ""
        name = f"draft {draft.id + 1}" + (" (repair)" if draft.origin == "repair" else "")
        if draft.error:
            self.line(f"{name}: [red]no code[/]: {escape(display.printable(draft.error))}")
        else:
            sizes = ", ".join(
                f"{escape(display.printable(path))} ({len(text.splitlines())} lines)"
                for path, text in draft.files.items()
            )
            self.line(f"{name}: {sizes}")
        if not self._flying:
            self._now("checking")

    def _checked(self, event: Checked) -> None:
        results = event.evidence.results
        passed = sum(r.status == "passed" for r in results)
        self.line(f"draft {event.draft + 1}: {passed} of {len(results)} checks passed")
        for line in display.evidence_lines(event.evidence):
            self.line(f"  {line}")

    def _now(self, status: str) -> None:
        self._status, self._since, self._pieces = status, time.monotonic(), 0

    def _start(self) -> None:
        self._live = Live(
            get_renderable=self._moving,
            console=self.console,
            transient=True,
            refresh_per_second=8,
            redirect_stdout=False,
        )
        self._live.start()

    def _stop(self) -> None:
        live, self._live = self._live, None
        if live:
            live.stop()

    def _moving(self) -> RenderableType:
        """The part of the screen that changes in place."""
        words = f"{self._status}… {time.monotonic() - self._since:.0f} s"
        if self._pieces:
            words += f", {self._pieces} tokens"
        self._spinner.update(text=Text(words, style="dim"))
        if not self._text:
            return self._spinner
        lines = display.printable(self._text).splitlines()[-TAIL_LINES:]
        tail = Text("\n".join(lines), style="cyan", no_wrap=True, overflow="ellipsis")
        return Group(tail, self._spinner)
