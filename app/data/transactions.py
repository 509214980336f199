"""The transaction runner: retries what MongoDB calls transient, within a deadline, whatever the caller does."""

import asyncio
import contextlib
import itertools
import random
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractContextManager
from typing import Any, TypeVar

import pymongo
from pymongo.errors import PyMongoError

from app.data.database import Database, Session
from app.data.threads import pause

Result = TypeVar("Result")

# A transaction with all its retries; below the 9 s of a request, above an in-place failover of a fast set.
TRANSACTION_TIMEOUT_SECONDS = 7.0
# The server keeps an aborted transaction's documents locked until it hears of the abort, or for a minute.
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

    def _forget(self, task: asyncio.Task[object]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # marks it as seen: an abandoned transaction's failure concerns nobody

    async def run_unshielded(self, body: Callable[[Session], Awaitable[Result]]) -> Result:
        """As `run`, within work that is completed anyway."""
        deadline = time.monotonic() + self._timeout_seconds
        for attempt in itertools.count():
            try:
                return await self._database.transact(lambda session: _attempt(session, body, deadline))
            except PyMongoError as error:
                backoff_seconds = _backoff_seconds(attempt)
                is_transient = error.has_error_label("TransientTransactionError")
                if not is_transient or time.monotonic() + backoff_seconds >= deadline:
                    raise
            await asyncio.sleep(backoff_seconds)
        raise AssertionError("unreachable: the loop ends by return or raise")


async def _attempt(session: Session, body: Callable[[Session], Awaitable[Result]], deadline: float) -> Result:
    try:
        with _until(deadline):
            result = await body(session)
    except BaseException:
        # In time of its own: after the deadline there is the most reason to let go of the documents.
        with contextlib.suppress(PyMongoError), pymongo.timeout(_ABORT_TIMEOUT_SECONDS):
            await session.abort_transaction()
        raise
    with _until(deadline):
        await _commit(session, deadline)
    return result


async def _commit(session: Session, deadline: float) -> None:
    for attempt in itertools.count():
        try:
            await session.commit_transaction()
        except PyMongoError as error:
            backoff_seconds = _backoff_seconds(attempt)
            is_unknown = error.has_error_label("UnknownTransactionCommitResult") and not error.timeout
            if not is_unknown or time.monotonic() + backoff_seconds >= deadline:
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
