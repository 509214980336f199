"""The failures of the embedded stack that an operator can act on."""


class EmbeddedError(Exception):
    """An expected failure; the message is one line for the person at the terminal."""


class ServerNotFoundError(EmbeddedError):
    """No program that works on this machine was found."""


class ServerStartError(EmbeddedError):
    """A program was found and started but did not become ready."""


class DataDirectoryError(EmbeddedError):
    """The data directory cannot be used, or another process is using it."""


class ChildDiedError(EmbeddedError):
    """A child ended although nobody had asked it to."""
