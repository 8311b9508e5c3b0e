"""The error tree: every error says what happened, where, and what to do about it."""


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

    Args:
        message: What happened.
        cure: What to do.
        status: The HTTP status, where there was one.
        partial: The text that had arrived before a stream broke.
    """

    def __init__(
        self, message: str, cure: str = "", *, status: int | None = None, partial: str = ""
    ) -> None:
        super().__init__(message, cure)
        self.status = status
        self.partial = partial


class UnknownModelError(ModelError):
    """No model of that name is in the catalogue, or the endpoint does not serve it."""


class ModelFileError(ModelError):
    """The embedded model's file cannot be brought, verified or stored."""


class BadOutputError(ModelError):
    """The model answered, but not in the form that the chain asked for."""
