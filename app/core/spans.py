"""What a part of a request tells those who draw its course; it does not know who they are."""

from typing import Protocol


class SpanRecorder(Protocol):
    """Adds to the trace of the request under way; called within its context, whatever thread that is in."""

    def record_command(self, operation: str, collection: str | None, seconds: float, *, is_failed: bool) -> None:
        """Note a command to MongoDB that has just ended; `collection` is None where it concerns none."""
        ...
