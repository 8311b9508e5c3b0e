"""The error tree: every error says what happened, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

TimeoutKind = Literal["connect", "first-token", "between-tokens", "total"]
"""The limits of time, told apart."""


class TriptychError(Exception):
    """Base of all errors that Triptych raises on purpose.

    Args:
        message: What happened, in one sentence.
        cure: What the user can do about it, in one sentence.
    """

    def __init__(self, message: str, cure: str = "") -> None:
        self.message = message
        self.cure = cure
        super().__init__(f"{message} {cure}".strip())


class InputError(TriptychError):
    """The request, a file or an option cannot be used as given."""


class PromptError(TriptychError):
    """A prompt template, set, channel or lock is wrong or missing."""


class SandboxError(TriptychError):
    """Untrusted code cannot be run safely on this machine."""


class EditError(TriptychError):
    """What the model wrote cannot be applied to the files."""


class LabError(TriptychError):
    """A task set, an experiment or its record cannot be used."""


class ModelError(TriptychError):
    """A model could not be made ready, or its endpoint did not answer as it should.

    Can be pickled with all that it knows: it crosses processes. Holds no key.

    Args:
        message: What happened.
        cure: What to do.
        status: The HTTP status, or the code of an error inside a stream; None where none was said.
        partial: The text that had arrived before a stream broke.
        endpoint: Host and port of the endpoint that was asked.
        request_id: The endpoint's own name of the request, for its support or its log.
        attempts: How often the request was sent.
        retry_after: Seconds for which the endpoint asks to be left alone.
        retryable: True if the same request may succeed later; None for what its class says.
    """

    retryable: bool = False

    def __init__(  # noqa: PLR0913
        self,
        message: str,
        cure: str = "",
        *,
        status: int | None = None,
        partial: str = "",
        endpoint: str = "",
        request_id: str = "",
        attempts: int = 1,
        retry_after: float | None = None,
        retryable: bool | None = None,
    ) -> None:
        self.request_id = request_id
        self.attempts = attempts
        super().__init__(message, cure)
        self.status = status
        self.partial = partial
        self.endpoint = endpoint
        self.retry_after = retry_after
        if retryable is not None:
            self.retryable = retryable

    @property
    def message(self) -> str:
        """What happened, after how many attempts and in which request."""
        told = [f"{self.attempts} attempts"] if self.attempts > 1 else []
        told += [f"request id {self.request_id}"] if self.request_id else []
        return f"{self._said.removesuffix('.')} ({', '.join(told)})." if told else self._said

    @message.setter
    def message(self, said: str) -> None:
        self._said = said

    def __str__(self) -> str:
        # Attempts are counted after the error is made: its words are put together when read.
        return f"{self.message} {self.cure}".strip()


class AuthenticationError(ModelError):
    """The endpoint wants a key, or another one (HTTP 401)."""


class PermissionDeniedError(ModelError):
    """The key is known and not allowed to do this (HTTP 403)."""


class UnknownModelError(ModelError):
    """No model of that name is in the catalogue, or the endpoint does not serve it.

    Args:
        *args: As of `ModelError`.
        names: The models that the endpoint lists.
        **kwargs: As of `ModelError`.
    """

    def __init__(self, *args: str, names: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.names = tuple(names)


class ContextTooLongError(ModelError):
    """Prompt and answer do not fit into the model's context.

    Args:
        *args: As of `ModelError`.
        limit: Tokens that the model takes; None where the endpoint does not say.
        asked: Tokens that the request needs, those asked for the answer included if the endpoint
            counts them; None where it does not say.
        **kwargs: As of `ModelError`.
    """

    def __init__(
        self, *args: str, limit: int | None = None, asked: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.limit = limit
        self.asked = asked


class RateLimitedError(ModelError):
    """Too many requests in a short time (HTTP 429)."""

    retryable = True


class QuotaError(ModelError):
    """The account's credits or quota are used up (HTTP 402, or words that say so)."""


class UnavailableError(ModelError):
    """No connection, a broken one, or a server that fails (HTTP 408 and 5xx)."""

    retryable = True


class ModelTimeoutError(ModelError):
    """The endpoint took longer than allowed.

    Args:
        *args: As of `ModelError`.
        kind: Which limit was passed. Every kind but ``total`` can be tried again.
        **kwargs: As of `ModelError`.
    """

    def __init__(self, *args: str, kind: TimeoutKind = "total", **kwargs: Any) -> None:
        super().__init__(*args, **{"retryable": kind != "total", **kwargs})
        self.kind = kind


class BadResponseError(ModelError):
    """HTTP 200, and yet no whole chat completion."""


class TruncatedError(BadResponseError):
    """The token limit cut a tool call or a structured output in two."""


class ContentFilteredError(ModelError):
    """A filter of the endpoint has stopped the prompt or the answer."""


class ToolsNotEnabledError(ModelError):
    """The server was started without tool calling."""


class BadRequestError(ModelError):
    """The endpoint does not accept the request (the other HTTP 4xx)."""


class UnsupportedContentError(ModelError):
    """A message holds something that the model cannot take, as an image."""


class ModelFileError(ModelError):
    """The embedded model's file cannot be brought, verified or stored."""


class BadOutputError(ModelError):
    """The model answered, but not in the form that the chain asked for."""
