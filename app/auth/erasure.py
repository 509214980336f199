"""Erasing an account: access ends at once, everything else is removed in the background, crash or no crash."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from uuid import UUID

import structlog

from app.api.preconditions import IfMatch
from app.auth.identities import IdentityRepository
from app.auth.last_admin import LastAdmin
from app.auth.profile import find_expected
from app.auth.session_repository import SessionRepository
from app.auth.users import UserRepository
from app.data.changes import Change
from app.data.failures import DatabaseError, is_database_away
from app.data.leases import LeaseHeldError, Leases
from app.data.store import Store

# Removes what one feature keeps of a user; must bear being run again after it was interrupted.
Eraser = Callable[[UUID], Awaitable[None]]

# How long an interrupted erasure waits for the next process at most; give or take a quarter, so that
# replicas that started together do not look together.
_PERIOD_SECONDS = 60
_JITTER = 0.25
_BATCH = 100
# It is renewed while a batch lasts; a janitor that died blocks the next for at most this long.
_LEASE_LIFETIME = timedelta(minutes=1)
# One operation on a database that is away takes 4 s to fail (app/data/database.py).
_STOP_SECONDS = 5.0

logger = structlog.get_logger(__name__)


class Erasure:
    """Erases accounts."""

    def __init__(
        self,
        store: Store,
        users: UserRepository,
        identities: IdentityRepository,
        sessions: SessionRepository,
        erasers: Sequence[Eraser],
    ) -> None:
        self._store = store
        self._users = users
        self._identities = identities
        self._sessions = sessions
        self._erasers = erasers
        self._last_admin = LastAdmin(store.database)
        self._leases = Leases(store.database, store.clock)
        self._under_way: set[asyncio.Task[None]] = set()
        self._stop = asyncio.Event()

    async def begin(self, user_id: UUID, if_match: IfMatch) -> None:
        """End the account: after this no sign-in, session or change finds it. The rest goes on by itself.

        Raises `PreconditionFailedError`, or `LastAdminError`.
        """

        async def end_account(change: Change) -> None:
            user = await find_expected(self._users, change, if_match)
            if user.role == "admin" and not user.is_disabled:
                await self._last_admin.require_another(user_id, change.session)
            for identity_id in user.identity_ids:
                await self._identities.delete(user_id, identity_id, change.session)
            await self._sessions.delete_all(user_id, change.session)
            fields = {"deleted_at": change.at, **change.stamp()}
            await self._users.update(user_id, fields, change.session)

        await self._store.changes.run(user_id, end_account)
        task = asyncio.create_task(self._finish_or_leave(user_id))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def sweep(self) -> None:
        """Finish interrupted erasures, unless another process is at it."""
        with suppress(LeaseHeldError):
            async with self._leases.hold("erase-accounts", _LEASE_LIFETIME):
                for user_id in await self._users.find_erased(_BATCH):
                    if self._stop.is_set():
                        return
                    await self._finish_or_leave(user_id)

    @asynccontextmanager
    async def run_janitor(self) -> AsyncIterator[None]:
        """Sweep now and every minute for as long as the context lasts; then finish the account under way."""
        self._stop.clear()
        janitor = asyncio.create_task(self._sweep_until_stopped())
        try:
            yield
        finally:
            self._stop.set()
            await _let_end({janitor, *self._under_way})

    async def _sweep_until_stopped(self) -> None:
        while not self._stop.is_set():
            try:
                await self.sweep()
            except DatabaseError as error:
                _log_database_error("erasure_sweep_failed", error)
            except Exception:
                logger.exception("erasure_sweep_failed")
            jitter = random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - spreads load, guards nothing
            with suppress(TimeoutError):
                async with asyncio.timeout(_PERIOD_SECONDS * jitter):
                    await self._stop.wait()

    async def _finish_or_leave(self, user_id: UUID) -> None:
        try:
            await self._finish(user_id)
        except DatabaseError as error:
            _log_database_error("erasure_interrupted", error, user_id=str(user_id))
        except Exception:
            logger.exception("erasure_interrupted", user_id=str(user_id))

    async def _finish(self, user_id: UUID) -> None:
        for erase in self._erasers:
            await erase(user_id)
        # Once more: a sign-in that had found the user may have begun a session since.
        await self._sessions.delete_all(user_id)
        # Last, because it is what tells that something is left to do.
        await self._users.remove(user_id)


def _log_database_error(event: str, error: DatabaseError, **fields: str) -> None:
    """Log what is tried again later: in a line if the database is away, else with the stack, for it is our fault."""
    if is_database_away(error):
        logger.warning(event, error=type(error).__name__, **fields)
    else:
        logger.error(event, exc_info=error, **fields)


async def _let_end(tasks: AbstractSet[asyncio.Task[None]]) -> None:
    """Wait for tasks that have little left to do; what the others leave undone, the next janitor does.

    They are not cancelled at once, because PyMongo can swallow a cancellation that meets it at work.
    """
    _, lasting = await asyncio.wait(tasks, timeout=_STOP_SECONDS)
    for task in lasting:
        task.cancel()
    if lasting:
        await asyncio.wait(lasting, timeout=1)
