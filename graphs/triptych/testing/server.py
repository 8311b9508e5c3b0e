"""An OpenAI-compatible server that answers by a script."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

from aiohttp import web

from triptych.testing.application import Application
from triptych.testing.dialects import DIALECTS, Name, Served, Template
from triptych.testing.faults import Faults
from triptych.testing.journal import Entry
from triptych.testing.listening import Listener
from triptych.testing.reply import Reply

Script = Iterable[Reply | str] | Callable[[dict[str, Any]], Reply | str]

_STARTUP = 30.0  # seconds; on a busy machine a thread may wait long for its turn


class ScriptedServer:
    """A real HTTP server in a thread of its own, for tests of whatever talks to a model.

    It serves ``POST /v1/chat/completions`` (streamed or not), ``GET /v1/models`` and the other
    paths of its dialect. Use it as a context manager.

    Args:
        script: The replies in the order of the requests, then error 500 ``script exhausted``; or a
            function from a request's JSON to its reply, called in the server's thread; what it
            raises is answered with 500 and raised again when the server stops. A text is a `Reply`
            with that text.
        models: The names in ``/v1/models``.
        dialect: Whose words it speaks. ``vllm-0.32`` and ``llama.cpp`` are as recorded from real
            servers, ``vllm-0.12`` as its sources say, ``nim`` and ``hosted`` as documented. Each
            refuses what its server refuses (unknown models, prompts that are too long, …) before
            the script is asked. ``openai`` has vLLM's words and refuses nothing.
        key: The bearer key that requests must carry, if any.
        show_keys: Keep ``Authorization`` headers readable in the journal.
        context: Tokens of prompt and answer together, where the dialect minds.
        tools: Whether tool calling is switched on, where the dialect minds.
        template: What the model's chat template refuses: nothing (``lenient``), roles that do not
            ``alternate``, or what Mistral's tokenizer refuses (``mistral``).
        faults: Faults by chance: they may replace any reply of the script.
        port: Where to listen; 0 takes any free port.

    Attributes:
        requests: The journal: an `Entry` for each request, in the order of arrival.
        started: Set when any reply has sent its first bytes, or is being held.

    Example:
        >>> import urllib.request
        >>> with ScriptedServer() as server:
        ...     urllib.request.urlopen(server.base_url + "/models").status
        200
    """

    def __init__(  # noqa: PLR0913 - all but the script have defaults and are named
        self,
        script: Script = (),
        *,
        models: Sequence[str] = ("scripted",),
        dialect: Name = "openai",
        key: str | None = None,
        show_keys: bool = False,
        context: int = 32768,
        tools: bool = True,
        template: Template = "lenient",
        faults: Faults | None = None,
        port: int = 0,
    ) -> None:
        self._script: Callable[[dict[str, Any]], Reply | str] | Iterator[Reply | str]
        self._script = script if callable(script) else iter(script)
        self._faults = faults
        self._application = Application(
            self._next_reply,
            DIALECTS[dialect],
            Served(tuple(models), context, tools, template),
            key=key,
            show_keys=show_keys,
        )
        self.requests = self._application.requests
        self.started = self._application.started
        self._port = port
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._serve, name="scripted-server", daemon=True)
        self._up = threading.Event()
        self._failure: BaseException | None = None
        self._script_error: Exception | None = None

    @property
    def base_url(self) -> str:
        """The base URL for clients, ``http://127.0.0.1:PORT/v1``."""
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def chats(self) -> list[Entry]:
        """The journal's completion requests that were answered by the script."""
        return [entry for entry in self.requests if entry.reply is not None]

    @property
    def connections(self) -> int:
        """How many connections clients have opened since the start."""
        return self._application.listener.opened

    @property
    def open_connections(self) -> int:
        """How many of them are open now."""
        return self._application.listener.open

    def __enter__(self) -> Self:
        """Start; the server answers from here on."""
        self._thread.start()
        if not self._up.wait(_STARTUP):
            raise TimeoutError("The scripted server did not start.")
        if self._failure is not None:
            raise self._failure
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Stop; replies that are still held are broken off. Raises what the script raised."""
        self._application.stopping = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        if kind is None and self._script_error is not None:
            raise self._script_error

    def wait_for(self, count: int, timeout: float = 30.0) -> list[Entry]:
        """The journal, as soon as it has `count` requests.

        Raises:
            TimeoutError: They did not come within `timeout` seconds.
        """
        arrived = self._application.arrived
        with arrived:
            if not arrived.wait_for(lambda: len(self.requests) >= count, timeout):
                raise TimeoutError(f"{len(self.requests)} of {count} requests came.")
        return self.requests

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """As if the server had died: connections are refused, and the open ones break.

        It listens on the same port again when the block ends.
        """
        self._run(self._application.listener.down())
        try:
            yield
        finally:
            self._run(self._application.listener.up())

    def _run(self, work: Any) -> None:
        if self._loop is None:
            raise RuntimeError("The scripted server is not running.")
        asyncio.run_coroutine_threadsafe(work, self._loop).result(_STARTUP)

    def _serve(self) -> None:
        loop = self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        runner = web.AppRunner(
            self._application.app,
            access_log=None,
            handler_cancellation=True,
            shutdown_timeout=0.01,
            keepalive_timeout=3600,
        )
        try:
            loop.run_until_complete(self._listen(runner))
        except BaseException as error:
            self._failure = error
            self._application.stopping = True
        self._up.set()
        if not self._application.stopping:
            loop.run_forever()
        loop.run_until_complete(self._application.listener.down())
        loop.run_until_complete(runner.cleanup())
        loop.run_until_complete(asyncio.sleep(0))  # what was cancelled just now ends here
        loop.close()

    async def _listen(self, runner: web.AppRunner) -> None:
        await runner.setup()
        made: Any = runner.server
        listener = self._application.listener = Listener(made, self._port)
        await listener.up()
        self._port = listener.port

    def _next_reply(self, body: dict[str, Any]) -> Reply:
        try:
            if callable(self._script):
                reply = self._script(body)
            else:
                reply = next(self._script, Reply("script exhausted", status=500))
        except Exception as error:
            self._script_error = self._script_error or error
            reply = Reply(f"The script failed: {error!r}", status=500)
        if self._faults is not None:
            return self._faults(reply)
        return Reply(reply) if isinstance(reply, str) else reply


def forever(text: str) -> Iterator[Reply]:
    """The same reply to every request."""
    return (Reply(text) for _ in itertools.count())
