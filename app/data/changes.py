"""The revision: one user's change in one transaction, which counts the user's revision up and stamps documents."""

import asyncio
import contextlib
import copy
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar
from uuid import UUID
from weakref import WeakValueDictionary

from app.core.change_guard import ChangeGuard
from app.core.clock import Clock
from app.core.errors import ServiceUnavailableError, UnauthenticatedError
from app.data.accounts import USERS, Account
from app.data.database import Database, Document, Session
from app.data.failures import DatabaseError
from app.data.outbox import OUTBOX, PlannedWork
from app.data.transactions import TRANSACTION_TIMEOUT_SECONDS, TransactionRunner

Result = TypeVar("Result")
Result_contra = TypeVar("Result_contra", contravariant=True)

# Deleted documents stay this long, so that clients that were away can learn of the deletion.
TOMBSTONE_LIFETIME = timedelta(days=30)


@dataclass(slots=True)
class Change:
    """A user's change under way: the session to write in, the stamp to write with, and what is to be done later."""

    session: Session
    account: Account
    at: datetime
    task_count: int
    is_stamped: bool = field(default=False, init=False)
    is_kept: bool = field(default=False, init=False)
    task_count_correction: int = field(default=0, init=False)
    handled_count: int = field(default=0, init=False)
    outbox: PlannedWork = field(default_factory=PlannedWork, init=False)
    _after_commit: list[Callable[[], None]] = field(default_factory=list, init=False)

    @property
    def user_id(self) -> UUID:
        """The owner of everything that this change touches."""
        return self.account.user_id

    def stamp(self) -> Document:
        """Return the fields that every document written by this change carries."""
        self.is_stamped = True
        return self.stamp_ahead()

    def stamp_ahead(self) -> Document:
        """Return the same for a write that is undone unless `stamp` is called after it."""
        return {"revision": self.account.revision, "updated_at": self.at}

    def keep(self) -> None:
        """Have what this change writes committed even if it stamps nothing, and then under no new revision.

        For what the user does not see: work that was done is taken out of the outbox, and a client that follows the
        revision has nothing to fetch.
        """
        self.is_kept = True

    def after_commit(self, act: Callable[[], None]) -> None:
        """Have something done once the change is committed; never when it is not, or when nobody can tell."""
        self._after_commit.append(act)

    def finish(self) -> None:
        """Do what was to be done after the commit."""
        for act in self._after_commit:
            act()

    def correct_task_count(self, difference: int) -> None:
        """Tell that the number of tasks grew by so many more (or fewer) than was said ahead."""
        self.task_count_correction += difference

    def handle(self, count: int) -> None:
        """Take note of documents that were read together or written; `handled_count` has about their number."""
        self.handled_count += count


class Recorder(Protocol[Result_contra]):
    """Something that must be written together with a change, such as its answer for a repeated request."""

    async def record(self, session: Session, result: Result_contra, /) -> None:
        """Write within the change's transaction."""
        ...


class Changes:
    """Runs changes. Those of one user happen one after another, because each writes the user's counter first."""

    def __init__(self, database: Database, transactions: TransactionRunner, clock: Clock, guard: ChangeGuard) -> None:
        self._users = database.collection(USERS.name)
        self._outbox = database.collection(OUTBOX.name)
        self._transactions = transactions
        self._clock = clock
        self._guard = guard
        self._keeps_sessions = False
        self._locks: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()

    def of_content(self) -> "Changes":
        """Return the same for changes that leave the user's sessions, role and zone as they are."""
        of_content = copy.copy(self)
        of_content._keeps_sessions = True  # noqa: SLF001 - a copy of this very class
        return of_content

    async def run(
        self,
        user_id: UUID,
        body: Callable[[Change], Awaitable[Result]],
        recorder: Recorder[Result] | None = None,
        *,
        new_tasks: int = 0,
    ) -> Result:
        """Run `body` in a transaction under the user's next revision and return its result.

        A body that stamps nothing has changed nothing: the revision stays as it was, and nothing is committed unless
        the body says so (`Change.keep`). `body` may run more than once. `new_tasks` is how many tasks the body means
        to add; said ahead, it costs no extra write.

        Raises `UnauthenticatedError` when the account is gone, `ServiceUnavailableError` when other changes
        of the same user take too long.
        """

        async def attempt(session: Session) -> tuple[Result, Change]:
            change = await self._begin(session, user_id, new_tasks)
            result = await body(change)
            if not change.is_stamped:
                if not change.is_kept:
                    raise _UnchangedError(result)
                await self._users.update_one({"_id": user_id}, {"$inc": {"revision": -1}}, session=session)
            if change.task_count_correction:
                await self._users.update_one(
                    {"_id": user_id}, {"$inc": {"task_count": change.task_count_correction}}, session=session
                )
            await change.outbox.write(self._outbox, session)
            if recorder is not None:
                await recorder.record(session, result)
            return result, change

        async with self._turn(user_id):
            return await self._transactions.complete(self._run_guarded(user_id, attempt))

    async def _run_guarded(
        self, user_id: UUID, attempt: Callable[[Session], Awaitable[tuple[Result, Change]]]
    ) -> Result:
        async with self._guard.around(user_id, keeps_sessions=self._keeps_sessions) as outcome:
            try:
                result, change = await self._transactions.run_unshielded(attempt)
            except _UnchangedError as unchanged:
                outcome.settle(None)
                unchanged_result: Result = unchanged.result
                return unchanged_result
            except DatabaseError:
                raise  # it may have been committed all the same
            except Exception:
                outcome.settle(None)
                raise
            change.finish()
            outcome.settle(change.account.revision if change.is_stamped else None)
            return result

    async def sync_state(self, user_id: UUID) -> tuple[int, int]:
        """Return the user's revision, and the oldest one from which tombstones tell every deletion."""
        document = await self._users.find_one(
            {"_id": user_id, "deleted_at": None}, {"revision": 1, "revision_marks": 1}
        )
        if document is None:
            raise UnauthenticatedError("The account does not exist any more.", error="invalid_token")
        return document["revision"], sync_floor(document, self._clock.now())

    @contextlib.asynccontextmanager
    async def _turn(self, user_id: UUID) -> AsyncIterator[None]:
        """Queue this process's changes of one user, which would otherwise conflict and retry."""
        lock = self._locks.setdefault(user_id, asyncio.Lock())
        try:
            async with asyncio.timeout(TRANSACTION_TIMEOUT_SECONDS):
                await lock.acquire()
        except TimeoutError:
            raise ServiceUnavailableError("Too many changes of this account are under way.") from None
        try:
            yield
        finally:
            lock.release()

    async def _begin(self, session: Session, user_id: UUID, new_tasks: int) -> Change:
        # By the id alone, for which MongoDB needs no plan; a deleted account is left as it was, by aborting.
        document = await self._users.find_one_and_update(
            {"_id": user_id},
            {"$inc": {"revision": 1, "task_count": new_tasks}},
            session=session,
            return_document=True,
        )
        if document is None or document.get("deleted_at") is not None:
            raise UnauthenticatedError("The account does not exist any more.", error="invalid_token")
        # Read when the user's earlier changes are over, so that none of them can have told what lies ahead by it.
        now = self._clock.now()
        marks = document["revision_marks"]
        if not _marks_between(marks, now - timedelta(days=1), now):
            kept = _marks_between(marks, now - TOMBSTONE_LIFETIME - timedelta(days=1), now)
            new_mark = {"at": now, "revision": document["revision"] - 1}
            await self._users.update_one(
                {"_id": user_id}, {"$set": {"revision_marks": [*kept, new_mark]}}, session=session
            )
        return Change(session, Account.from_document(document), now, document["task_count"])


class _UnchangedError(Exception):
    """Carries the result of a body that changed nothing out of the transaction, which is thereby aborted."""

    def __init__(self, result: Any) -> None:
        super().__init__()
        self.result = result


def _marks_between(marks: Sequence[Document], start: datetime, end: datetime) -> list[Document]:
    # Marks from the future come from a clock that was wrong; they would keep good ones from being made.
    return [mark for mark in marks if start <= mark["at"] <= end]


def sync_floor(user: Document, now: datetime) -> int:
    """Return the oldest revision from which the kept tombstones tell every deletion.

    One mark is made a day. It says: all that happened before instant `at` carries at most `revision`.
    Tombstones that have expired were written before the horizon, hence before the first mark after it.
    """
    horizon = now - TOMBSTONE_LIFETIME + timedelta(hours=1)  # an hour for clocks that differ
    later = [mark["revision"] for mark in user["revision_marks"] if mark["at"] >= horizon]
    floor: int = min(later, default=user["revision"])
    return floor
