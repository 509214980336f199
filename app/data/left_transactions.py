"""Transactions that the server may hold open although we have given them up: it is told so as soon as it hears us.

A server that is frozen, or cut off, does not hear of an abort, and carries out later what it was sent before. Then it
keeps the user's documents locked until it gives the transaction up by itself, after a minute by default, and no
change of that user gets through. `killSessions` ends what is open in a session, and anybody may end sessions of his
own (MongoDB manual, "killSessions").
"""

import asyncio
import contextvars
import time
from collections.abc import Callable
from dataclasses import dataclass

import pymongo
import structlog
from pymongo.errors import PyMongoError

from app.data.database import Database, SessionId
from app.data.failures import is_database_away

# Between two looks at what is to be told: people wait for it.
_TICK_SECONDS = 0.5
# Once a cut is over, TCP sends again only after a wait as long as the cut was (RFC 6298, 5.5). That began before we
# gave up, by as much as a transaction with its abort may take. For so long the server is told again.
_BEGUN_BEFORE_SECONDS = 8.0
# Attempts at transactions, of which a change makes dozens when all fail at once. Of more the server frees itself.
_MOST_SESSIONS = 1_000
_COMMAND_SECONDS = 1.0

logger = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class _Left:
    session_id: SessionId
    added_at: float
    due_at: float
    heard_at: float | None = None
    pause_seconds: float = _TICK_SECONDS

    def note_heard(self, now: float) -> bool:
        """Plan the next time, after a pause twice as long; return whether none is needed any more."""
        if self.heard_at is None:
            self.heard_at = now
        self.due_at = now + self.pause_seconds
        self.pause_seconds *= 2
        unheard_seconds = self.heard_at - self.added_at
        return now - self.heard_at >= unheard_seconds + _BEGUN_BEFORE_SECONDS


class LeftTransactions:
    """Ends sessions that nobody uses again, in the background."""

    def __init__(self, database: Database, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._monotonic = monotonic
        self._left: list[_Left] = []
        self._telling: asyncio.Task[None] | None = None

    def add(self, session_id: SessionId) -> None:
        """Have the server told of a session with which the driver has parted (`give_up_session`)."""
        if len(self._left) >= _MOST_SESSIONS:
            return
        now = self._monotonic()
        self._left.append(_Left(session_id, added_at=now, due_at=now))
        if self._telling is None or self._telling.done():
            # In a context of its own: it outlives the request, and is for others' sessions as well.
            self._telling = asyncio.create_task(self._tell_all(), context=contextvars.Context())

    async def close(self) -> None:
        """Stop; what is left then ends at the server by itself."""
        self._left = []  # drivers may swallow a cancellation
        if self._telling is not None:
            self._telling.cancel()
            await asyncio.wait([self._telling], timeout=_COMMAND_SECONDS)

    async def _tell_all(self) -> None:
        while self._left:
            await self.tell()
            await asyncio.sleep(_TICK_SECONDS)

    async def tell(self) -> None:
        """Tell the server of all whose time has come."""
        now = self._monotonic()
        due = [left for left in self._left if left.due_at <= now]
        if not due:  # to name no session would end all that we have
            return
        try:
            with pymongo.timeout(_COMMAND_SECONDS):
                await self._database.command({"killSessions": [left.session_id for left in due]}, is_admin=True)
        except Exception as error:  # noqa: BLE001 - whatever it is, there is nobody to tell
            if isinstance(error, PyMongoError) and is_database_away(error):
                return  # it does not hear us yet
            logger.warning("left_transactions_not_ended", sessions=len(due), error=type(error).__name__)
            over = set(due)
        else:
            over = {left for left in due if left.note_heard(now)}
        self._left = [left for left in self._left if left not in over]
