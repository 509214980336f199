"""What is told of commands to MongoDB and of its connections: how long they take and how many there are."""

from collections.abc import Sequence
from contextvars import ContextVar

from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
    ConnectionCheckedInEvent,
    ConnectionCheckedOutEvent,
    ConnectionCheckOutFailedEvent,
    ConnectionCheckOutStartedEvent,
    ConnectionClosedEvent,
    ConnectionCreatedEvent,
    ConnectionPoolListener,
    ConnectionReadyEvent,
    PoolClearedEvent,
    PoolClosedEvent,
    PoolCreatedEvent,
    PoolReadyEvent,
)

from app.core.metrics import MongoMetrics
from app.core.spans import SpanRecorder

_SECONDS_OF_A_MICROSECOND = 1e-6

# The collection of the command under way. The driver runs a command in one context from its start to its end, be that
# the caller's task or, with Motor, a thread with a copy of the caller's context.
_COLLECTION: ContextVar[str | None] = ContextVar("collection", default=None)


class CommandTimes(CommandListener):
    """Counts commands; whatever thread they run in."""

    def __init__(self, metrics: MongoMetrics) -> None:
        self._observe = metrics.observe_command

    def started(self, event: CommandStartedEvent) -> None:
        """Nothing is known yet."""

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Count an answer."""
        self._observe(event.command_name, "ok", event.duration_micros * _SECONDS_OF_A_MICROSECOND)

    def failed(self, event: CommandFailedEvent) -> None:
        """Count an error, of the server or on the way there."""
        self._observe(event.command_name, "failed", event.duration_micros * _SECONDS_OF_A_MICROSECOND)


class PoolCounts(ConnectionPoolListener):
    """Counts connections, of all servers together."""

    def __init__(self, metrics: MongoMetrics) -> None:
        self._open = metrics.open_connections
        self._in_use = metrics.connections_in_use
        self._failures = metrics.checkout_failures

    def connection_created(self, event: ConnectionCreatedEvent) -> None:
        """Count a connection that is being made."""
        self._open.inc()

    def connection_closed(self, event: ConnectionClosedEvent) -> None:
        """Count a connection no more; also one that could not be made."""
        self._open.dec()

    def connection_checked_out(self, event: ConnectionCheckedOutEvent) -> None:
        """Count a connection that somebody uses."""
        self._in_use.inc()

    def connection_checked_in(self, event: ConnectionCheckedInEvent) -> None:
        """Count a connection that nobody uses any more."""
        self._in_use.dec()

    def connection_check_out_failed(self, event: ConnectionCheckOutFailedEvent) -> None:
        """Count somebody who got no connection."""
        self._failures.inc()

    def connection_check_out_started(self, event: ConnectionCheckOutStartedEvent) -> None:
        """What becomes of it is told later."""

    def connection_ready(self, event: ConnectionReadyEvent) -> None:
        """It was counted when it was begun."""

    def pool_created(self, event: PoolCreatedEvent) -> None:
        """It has no connections yet."""

    def pool_ready(self, event: PoolReadyEvent) -> None:
        """Its connections are told one by one."""

    def pool_cleared(self, event: PoolClearedEvent) -> None:
        """Its connections are told one by one."""

    def pool_closed(self, event: PoolClosedEvent) -> None:
        """Its connections are told one by one."""


class CommandSpans(CommandListener):
    """Adds commands to the traces of the requests that send them: their names, never what is in them."""

    def __init__(self, recorders: Sequence[SpanRecorder]) -> None:
        self._recorders = recorders

    def started(self, event: CommandStartedEvent) -> None:
        """Note the collection, which what follows does not tell."""
        named = event.command.get("collection" if event.command_name == "getMore" else event.command_name)
        _COLLECTION.set(named if isinstance(named, str) else None)

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Tell of an answer."""
        self._record(event, is_failed=False)

    def failed(self, event: CommandFailedEvent) -> None:
        """Tell of an error, of the server or on the way there."""
        self._record(event, is_failed=True)

    def _record(self, event: CommandSucceededEvent | CommandFailedEvent, *, is_failed: bool) -> None:
        seconds = event.duration_micros * _SECONDS_OF_A_MICROSECOND
        for recorder in self._recorders:
            recorder.record_command(event.command_name, _COLLECTION.get(), seconds, is_failed=is_failed)


def watch_database(
    metrics: MongoMetrics, recorders: Sequence[SpanRecorder] = ()
) -> Sequence[CommandListener | ConnectionPoolListener]:
    """Return what a database has to be opened with in order to be counted, and traced if there are recorders."""
    watching = (CommandTimes(metrics), PoolCounts(metrics))
    return (*watching, CommandSpans(recorders)) if recorders else watching
