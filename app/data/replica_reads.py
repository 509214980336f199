"""Replica reads: a secondary answers a request if it holds the revision that is known to be current."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import UUID

from app.core.metrics import ReplicaMetrics
from app.data.accounts import USERS
from app.data.database import Database, Document
from app.data.failures import DatabaseError
from app.data.secondary_reads import CURRENT_READS, SecondaryReads

# What a request may lose to a secondary that does not answer. A read takes 1 to 10 ms; twenty times as much is hardly
# felt, and together with two operations on the primary, of 4 s each, stays within the 9 s of a request.
PATIENCE_SECONDS = 0.2
# One request a second finds out whether a secondary is back: of a hundred that miss the cache, one loses the above.
PAUSE_SECONDS = 1.0
# Whoever reads right after writing may be ahead of any secondary; so many in a row show one that lags.
BEHIND_IN_A_ROW = 5


class Pause:
    """Leaves the secondaries alone for a while after they were of no help; then one request tries them again."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._ends_at: float | None = None
        self._behind_in_a_row = 0

    def may_ask(self) -> bool:
        """Whether this request may try."""
        if self._ends_at is None:
            return True
        if self._monotonic() < self._ends_at:
            return False
        self._begin()  # for all others, until this one tells
        return True

    def report_current(self) -> None:
        """A secondary was of help."""
        self._ends_at = None
        self._behind_in_a_row = 0

    def report_behind(self) -> None:
        """A secondary did not hold what is known to be current."""
        self._behind_in_a_row += 1
        if self._behind_in_a_row >= BEHIND_IN_A_ROW:
            self._begin()

    def report_failure(self) -> None:
        """No secondary answered in time."""
        self._begin()

    def _begin(self) -> None:
        self._ends_at = self._monotonic() + PAUSE_SECONDS


class ReplicaReads:
    """Lets secondaries answer what the cache does not hold."""

    def __init__(
        self, database: Database, metrics: ReplicaMetrics, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._metrics = metrics
        self._pause = Pause(monotonic)

    @asynccontextmanager
    async def at_least(self, user_id: UUID, revision: int) -> AsyncIterator[None]:
        """Within the block, read what this user owns on a secondary if it holds this revision, else on the primary.

        A transaction writes the revision together with what it counts, so that whoever shows the revision shows
        that too. Reads that fail on the secondary are repeated on the primary.
        """
        reads = await self._begin(user_id, revision)
        if reads is None:
            yield
            return
        token = CURRENT_READS.set(reads)
        try:
            yield
        finally:
            CURRENT_READS.reset(token)
            await reads.close()
            if reads.has_failed:
                self._pause.report_failure()
            else:
                self._pause.report_current()
            self._metrics.reads["failed" if reads.has_failed else "secondary"].inc()

    async def _begin(self, user_id: UUID, revision: int) -> SecondaryReads | None:
        if not self._pause.may_ask():
            self._metrics.reads["paused"].inc()
            return None
        reads = self._database.open_secondary_reads(PATIENCE_SECONDS)
        began = time.monotonic()
        try:
            user = await reads.find_first(USERS.name, {"_id": user_id}, {"revision": 1})
        except BaseException as error:
            await reads.close()
            if not isinstance(error, DatabaseError):
                raise
            self._pause.report_failure()
            self._metrics.reads["failed"].inc()
            return None
        if not holds(user, revision):
            await reads.close()
            self._pause.report_behind()
            self._metrics.reads["behind"].inc()
            return None
        reads.patience_seconds -= time.monotonic() - began
        return reads


def holds(user: Document | None, revision: int) -> bool:
    """Whether a server on which the user's document looks like this has everything up to the revision."""
    return user is not None and user["revision"] >= revision
