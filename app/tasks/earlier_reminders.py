"""Reminders of tasks that were last changed by a version without an outbox: planned by a migration."""

import asyncio
from collections.abc import Sequence
from functools import partial
from uuid import UUID

from app.core.errors import UnauthenticatedError
from app.data.accounts import Accounts
from app.data.changes import Change
from app.data.store import Store
from app.tasks.reminder_repository import ReminderRepository
from app.tasks.reminders import follow_task

# Users at once, each with a batch of tasks and its entries, some MB. Transactions wait for disks more than they work:
# on one busy machine 3,000 users took 21 s so, and 42 s one after another.
USER_PAGE = 8
# Tasks of one transaction, which holds up the user's own changes: as many tasks with reminders as one change moves to
# another zone.
TASK_BATCH = 500


async def plan_earlier_reminders(store: Store) -> None:
    """Plan the reminders that lie ahead, of every task of every user that is to be done.

    May be run again: entries that are there stay, and what was told lies in the past.
    """
    accounts, last = Accounts(store.database), None
    while user_ids := await accounts.find_ids(last, USER_PAGE):
        planning = (_plan_of_user(store, user_id) for user_id in user_ids)
        # All of them are at their end when the first error is raised.
        for error in filter(None, await asyncio.gather(*planning, return_exceptions=True)):
            raise error
        last = user_ids[-1]


async def _plan_of_user(store: Store, user_id: UUID) -> None:
    tasks, changes = ReminderRepository(store.database), store.changes.of_content()
    async for task_ids in tasks.batches(user_id, store.clock.now(), TASK_BATCH):
        try:
            await changes.run(user_id, partial(_plan, tasks, task_ids))
        except UnauthenticatedError:
            return  # the account was erased meanwhile


async def _plan(tasks: ReminderRepository, task_ids: Sequence[UUID], change: Change) -> None:
    # Read anew: before this change held the user's document, others may have changed them.
    for task in await tasks.find_to_be_done(change, task_ids):
        follow_task(change, None, task)
    change.keep()
