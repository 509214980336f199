"""The transaction runner: retries what MongoDB calls transient, within a deadline, whatever the caller does."""

import asyncio
import contextlib
import itertools
import random
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import pymongo
from pymongo.errors import ConnectionFailure, PyMongoError

from app.data.database import Database, Session, SessionId, give_up_session
from app.data.left_transactions import LeftTransactions
from app.data.threads import pause

Result = TypeVar("Result")

# A transaction with all its retries; below the 9 s of a request, above an in-place failover of a fast set.
TRANSACTION_TIMEOUT_SECONDS = 7.0
# The server keeps an aborted transaction's documents locked until it hears of the abort.
_ABORT_TIMEOUT_SECONDS = 1.0
# Waits between attempts grow from one short transaction's length (about 2 ms) to a fraction of the deadline.
_FIRST_BACKOFF_SECONDS = 0.002
_LAST_BACKOFF_SECONDS = 0.2


class TransactionRunner:
    """Runs a body in a transaction: start, body, commit; again when the conflict is transient.

    The drivers' own `with_transaction` is not used: it raises a conflict found at commit instead of
    retrying it, and its deadline of 120 s cannot be set.
    """

    def __init__(self, database: Database, timeout_seconds: float = TRANSACTION_TIMEOUT_SECONDS) -> None:
        self._database = database
        self._timeout_seconds = timeout_seconds
        self._running: set[asyncio.Task[object]] = set()
        self._left = LeftTransactions(database)

    async def run(self, body: Callable[[Session], Awaitable[Result]]) -> Result:
        """Return what `body` returned in the attempt that was committed.

        `body` may run several times, in a thread, and must touch nothing but the database. A caller that is cancelled
        leaves the transaction to end by itself, because a session is not to be used by two operations at
        once. Raises `PyMongoError` with a transient label when the deadline passed.
        """
        return await self.complete(self.run_unshielded(body))

    async def complete(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Await `work`, which goes on to its end even when the caller is cancelled."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._forget)
        return await asyncio.shield(task)

    async def drain(self) -> None:
        """Wait for the transactions whose callers have gone."""
        await asyncio.gather(*self._running, return_exceptions=True)

    async def close(self) -> None:
        """Wait for them, and tell the server nothing more."""
        await self.drain()
        await self._left.close()

    def _forget(self, task: asyncio.Task[object]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # marks it as seen: an abandoned transaction's failure concerns nobody

    async def run_unshielded(self, body: Callable[[Session], Awaitable[Result]]) -> Result:
        """As `run`, within work that is completed anyway."""
        deadline = time.monotonic() + self._timeout_seconds
        for attempt in itertools.count():
            under_way = _Attempt(body, deadline)
            try:
                return await self._database.transact(under_way.run)
            except PyMongoError as error:
                backoff_seconds = _backoff_seconds(attempt)
                is_transient = error.has_error_label("TransientTransactionError")
                if not is_transient or time.monotonic() + backoff_seconds >= deadline:
                    raise
            finally:
                if under_way.left_session_id is not None:
                    self._left.add(under_way.left_session_id)
            await asyncio.sleep(backoff_seconds)
        raise AssertionError("unreachable: the loop ends by return or raise")


@dataclass(slots=True)
class _Attempt(Generic[Result]):
    """One transaction: body and commit."""

    body: Callable[[Session], Awaitable[Result]]
    deadline: float
    # Set when the server may go on with the transaction.
    left_session_id: SessionId | None = None

    async def run(self, session: Session) -> Result:
        try:
            result = await self._run_body(session)
        except BaseException as error:
            self.left_session_id = give_up_session(session, is_over=not isinstance(error, ConnectionFailure))
            raise
        try:
            with _until(self.deadline):
                await self._commit(session)
        except BaseException as error:
            # No abort follows, and a commit for which there was no time left was not even sent.
            is_over = isinstance(error, PyMongoError) and error.has_error_label("TransientTransactionError")
            self.left_session_id = give_up_session(session, is_over=is_over)
            raise
        return result

    async def _run_body(self, session: Session) -> Result:
        try:
            with _until(self.deadline):
                return await self.body(session)
        except BaseException:
            # In time of its own: after the deadline there is the most reason to let go of the documents.
            with contextlib.suppress(PyMongoError), pymongo.timeout(_ABORT_TIMEOUT_SECONDS):
                await session.abort_transaction()
            raise

    async def _commit(self, session: Session) -> None:
        for attempt in itertools.count():
            try:
                await session.commit_transaction()
            except PyMongoError as error:
                backoff_seconds = _backoff_seconds(attempt)
                is_unknown = error.has_error_label("UnknownTransactionCommitResult") and not error.timeout
                if not is_unknown or time.monotonic() + backoff_seconds >= self.deadline:
                    raise
                await pause(backoff_seconds)
            else:
                return


def _until(deadline: float) -> AbstractContextManager[None]:
    """Bound the driver's calls by an instant of the monotonic clock; one that has passed fails them at once."""
    return pymongo.timeout(max(deadline - time.monotonic(), 0.001))


def _backoff_seconds(attempt: int) -> float:
    """Full jitter: a random wait below a bound that doubles with each attempt."""
    bound = min(_FIRST_BACKOFF_SECONDS * 2**attempt, _LAST_BACKOFF_SECONDS)
    return random.uniform(0, bound)  # noqa: S311 - spreads load, guards nothing
