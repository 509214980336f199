"""Reminders of tasks that were last changed by a version without an outbox: planned by a migration."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from uuid import UUID

import structlog

from app.core.errors import UnauthenticatedError
from app.data.accounts import Accounts
from app.data.changes import Change
from app.data.failures import DatabaseError, is_database_away
from app.data.migrations import MigrationError, Progress
from app.data.store import Store
from app.tasks.reminder_repository import ReminderRepository
from app.tasks.reminders import follow_task, reminders_of

logger = structlog.get_logger(__name__)

# The id under which the migration notes how far it came.
PROGRESS = "earlier-reminders"
# Users of one page, after each of which that is noted: some 3 s of work, and one look at all shards.
USER_PAGE = 400
# Users at once, each with a batch of tasks and its entries, some MB. Transactions wait for disks more than they work:
# on one busy machine 3,000 users took 21 s so, and 42 s one after another.
USERS_AT_ONCE = 8
# Tasks of one transaction, which holds up the user's own changes: as many tasks with reminders as one change moves to
# another zone.
TASK_BATCH = 500
# Four rounds of users at once. A database that is away costs each round some seconds.
MAX_FAILURES = 32


async def plan_earlier_reminders(store: Store) -> None:
    """Plan the reminders that lie ahead, of every task of every user that is to be done, and withdraw all others.

    Goes on where a run was cut off, with the users that failed then first. May be run again: entries that are there
    stay, and what was told lies in the past. Raises `MigrationError` when users failed: at the end, or when there
    are so many that the fault is not theirs.
    """
    accounts, progress = Accounts(store.database), Progress(store.database, PROGRESS)
    planner = _Planner(store)
    last, failed_before = await progress.read()
    await planner.plan(failed_before)
    while user_ids := await accounts.find_ids(last, USER_PAGE):
        await planner.plan(user_ids)
        last = user_ids[-1]
        await progress.write(last, planner.failed)
    if planner.failed:
        raise planner.error()
    await progress.forget()


class _Planner:
    """Plans for many users, some at once, and remembers those that failed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._places = asyncio.Semaphore(USERS_AT_ONCE)
        self.failed: list[UUID] = []

    async def plan(self, user_ids: Sequence[UUID]) -> None:
        """Plan for each of the users. Raises `MigrationError` when too many have failed so far."""
        async with asyncio.TaskGroup() as group:
            for user_id in user_ids:
                group.create_task(self._plan_or_note(user_id))
        if self._has_given_up():
            raise self.error()

    def error(self) -> MigrationError:
        """Return what to raise for the users that failed."""
        return MigrationError(
            f"the reminders of {len(self.failed)} users could not be planned (reminders_not_planned in the log); "
            "another run goes on from here"
        )

    def _has_given_up(self) -> bool:
        return len(self.failed) >= MAX_FAILURES

    async def _plan_or_note(self, user_id: UUID) -> None:
        async with self._places:
            if self._has_given_up():
                return
            try:
                await _plan_of_user(self._store, user_id)
            except Exception as error:  # noqa: BLE001 - whatever it is, the others are to be planned for
                self.failed.append(user_id)
                _log_failure(user_id, error)


def _log_failure(user_id: UUID, error: Exception) -> None:
    if isinstance(error, DatabaseError) and is_database_away(error):
        logger.warning("reminders_not_planned", user_id=str(user_id), error=type(error).__name__)
    else:
        logger.error("reminders_not_planned", user_id=str(user_id), exc_info=error)


async def _plan_of_user(store: Store, user_id: UUID) -> None:
    tasks, changes = ReminderRepository(store.database), store.changes.of_content()
    try:
        # First, so that it does not look at what is planned now.
        async for entries in tasks.planned_batches(user_id, TASK_BATCH):
            await changes.run(user_id, partial(_withdraw, tasks, entries))
        async for task_ids in tasks.batches(user_id, store.clock.now(), TASK_BATCH):
            await changes.run(user_id, partial(_plan, tasks, task_ids))
    except UnauthenticatedError:
        return  # the account was erased meanwhile


async def _withdraw(tasks: ReminderRepository, entries: Mapping[UUID, UUID], change: Change) -> None:
    """Withdraw the entries, given with the ids of their tasks, that no task has any more.

    A version without an outbox that ran on, or again, after the migration has left them.
    """
    kept: set[UUID] = set()
    for task in await tasks.find_to_be_done(change, list(set(entries.values()))):
        kept.update(reminders_of(task))
    surplus = entries.keys() - kept
    for entry_id in surplus:
        change.outbox.withdraw(change.user_id, entry_id)
    if surplus:
        change.keep()


async def _plan(tasks: ReminderRepository, task_ids: Sequence[UUID], change: Change) -> None:
    # Read anew: before this change held the user's document, others may have changed them.
    for task in await tasks.find_to_be_done(change, task_ids):
        follow_task(change, None, task)
    change.keep()
