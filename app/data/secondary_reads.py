"""Reads that a secondary answers in the primary's place, as long as one request lasts and none of them fails."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from typing import Any, TypeVar

import pymongo
from bson.timestamp import Timestamp

from app.data.failures import DatabaseError

Result = TypeVar("Result")
Question = Callable[[Any], Awaitable[Result]]
Address = tuple[str, int | None]

# The driver takes less for "no time left" only from zero on.
_LEAST_SECONDS = 0.001

# The reads of the request under way, if they may go to a secondary.
CURRENT_READS: ContextVar["SecondaryReads | None"] = ContextVar("current_reads", default=None)
# Where the operation under way must go, if not to any server that suits it.
_SERVER: ContextVar[Address | None] = ContextVar("server", default=None)


def select_server(suitable: Sequence[Any]) -> Sequence[Any]:
    """Narrow the driver's choice of servers down to the one that the request stays with."""
    address = _SERVER.get()
    return suitable if address is None else [server for server in suitable if server.address == address]


def find_reads(options: Mapping[str, Any]) -> "SecondaryReads | None":
    """Return where an operation with these options may be read, other than on the primary.

    One that has a session belongs to a transaction.
    """
    reads = CURRENT_READS.get()
    return reads if reads is not None and reads.is_trusted and options.get("session") is None else None


class SecondaryReads:
    """Reads in causally consistent sessions, so that none of them shows less than the one before it did.

    All go to the server that answered the first one: another one might lag, and each would wait until it had
    caught up. Behind a router, which chooses for itself, and after an election the sessions alone ensure the order.
    """

    def __init__(self, database: Any, open_session: Callable[[], Awaitable[Any]], patience_seconds: float) -> None:
        """`database` is the driver's, with a read preference for secondaries."""
        self.is_trusted = True
        self.has_failed = False
        self.patience_seconds = patience_seconds
        self._database = database
        self._open_session = open_session
        self._idle_sessions: list[Any] = []
        self._running: set[asyncio.Task[Any]] = set()
        self._seen_until = Timestamp(0, 0)
        self._address: Address | None = None

    async def find_first(self, collection: str, query: Mapping[str, Any], fields: Mapping[str, Any]) -> Any:
        """Return the document, or None; the server that answers is the one for all that follow."""

        async def find(session: Any) -> Any:
            cursor = self._database[collection].find(query, fields, limit=-1, session=session)
            documents = await cursor.to_list(1)
            self._address = cursor.address
            return documents[0] if documents else None

        return await self.ask(find)

    async def read(self, on_secondary: Question[Result], on_primary: Callable[[], Awaitable[Result]]) -> Result:
        """Return the secondary's answer; once it has failed, this and all further ones come from the primary."""
        if self.is_trusted:
            try:
                return await self.ask(on_secondary)
            except DatabaseError:
                self.is_trusted = False
                self.has_failed = True
        return await on_primary()

    async def ask(self, question: Question[Result]) -> Result:
        """Return a secondary's answer. Raises `DatabaseError`, at the latest when the patience is over.

        A caller that is cancelled leaves the operation to end by itself: a session must not be used by two, and
        the drivers do not stop or clean up well in the middle.
        """
        task = asyncio.create_task(self._ask(question))
        self._running.add(task)
        task.add_done_callback(self._forget)
        return await asyncio.shield(task)

    async def close(self) -> None:
        """End every session, after the operations whose callers have gone."""
        self.is_trusted = False
        if self._running:
            await asyncio.wait(self._running)
        for session in self._idle_sessions:
            await session.end_session()

    async def _ask(self, question: Question[Result]) -> Result:
        session = self._idle_sessions.pop() if self._idle_sessions else await self._open_session()
        _SERVER.set(self._address)  # this task's alone
        try:
            if self._seen_until.time:
                session.advance_operation_time(self._seen_until)
            with pymongo.timeout(max(self.patience_seconds, _LEAST_SECONDS)):
                return await question(session)
        finally:
            self._seen_until = max(self._seen_until, session.operation_time or self._seen_until)
            self._idle_sessions.append(session)

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # marks it as seen: nobody may be left to be told


class RoutedCollection:
    """A collection whose reads go to a secondary where the request allows it; everything else is the driver's."""

    def __init__(self, on_primary: Any, on_secondaries: Any) -> None:
        self._on_primary = on_primary
        self._on_secondaries = on_secondaries

    def __getattr__(self, name: str) -> Any:
        return getattr(self._on_primary, name)

    def find(self, query: Mapping[str, Any], /, *args: Any, **options: Any) -> Any:
        """Return a cursor of either kind."""
        reads = find_reads(options)
        if reads is None:
            return self._on_primary.find(query, *args, **options)
        options.pop("session", None)
        return _RoutedCursor(
            reads,
            lambda session: self._on_secondaries.find(query, *args, session=session, **options),
            lambda: self._on_primary.find(query, *args, **options),
        )

    async def find_one(self, query: Mapping[str, Any], /, *args: Any, **options: Any) -> Any:
        """Return the first document, or None."""
        return await self._read("find_one", query, *args, **options)

    async def count_documents(self, query: Mapping[str, Any], /, **options: Any) -> int:
        """Count documents."""
        count: int = await self._read("count_documents", query, **options)
        return count

    def _read(self, operation: str, /, *args: Any, **options: Any) -> Awaitable[Any]:
        reads = find_reads(options)
        ask_primary = getattr(self._on_primary, operation)
        if reads is None:
            answer: Awaitable[Any] = ask_primary(*args, **options)
            return answer
        options.pop("session", None)
        ask_secondary = getattr(self._on_secondaries, operation)
        return reads.read(
            lambda session: ask_secondary(*args, session=session, **options), lambda: ask_primary(*args, **options)
        )


class _RoutedCursor:
    """The documents of a query, from a secondary or else from the primary."""

    def __init__(
        self, reads: SecondaryReads, open_on_secondary: Callable[[Any], Any], open_on_primary: Callable[[], Any]
    ) -> None:
        self._reads = reads
        self._open_on_secondary = open_on_secondary
        self._open_on_primary = open_on_primary

    async def to_list(self, length: int | None = None) -> list[dict[str, Any]]:
        """Return the documents."""

        def ask_secondary(session: Any) -> Awaitable[list[dict[str, Any]]]:
            documents: Awaitable[list[dict[str, Any]]] = self._open_on_secondary(session).to_list(length)
            return documents

        def ask_primary() -> Awaitable[list[dict[str, Any]]]:
            documents: Awaitable[list[dict[str, Any]]] = self._open_on_primary().to_list(length)
            return documents

        return await self._reads.read(ask_secondary, ask_primary)
