"""A database as the version before the outbox leaves it, and the migration that is run on it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from app.data.database import Document
from app.data.migrations import Migrator
from app.data.store import Store
from app.tasks.module import TASK_MIGRATIONS
from app.tasks.reminder_repository import ReminderRepository
from tests.integration.tasks.reminding import RawDatabase

VERSION = 1
# A migration that is to be cut off gets there within milliseconds.
_PATIENCE_SECONDS = 10


async def migrate(store: Store) -> tuple[int, ...]:
    return (await Migrator(store, (), TASK_MIGRATIONS).run()).applied_versions


async def forget_all(database: RawDatabase) -> None:
    """Leave the tasks as the version before would have left them, which wrote the same without the outbox."""
    await database["outbox"].delete_many({})


async def outbox_of(database: RawDatabase) -> list[Document]:
    return await database["outbox"].find({}, sort=[("_id", 1)]).to_list()


def between_finding_and_planning(
    monkeypatch: pytest.MonkeyPatch, act: Callable[[UUID], Awaitable[Any]], batch: int = 1
) -> None:
    """Have something done when a batch of somebody's tasks was found, before they are planned."""
    find = ReminderRepository.batches

    async def find_and_act(self: ReminderRepository, user_id: UUID, *options: Any) -> AsyncIterator[list[UUID]]:
        count = 0
        async for task_ids in find(self, user_id, *options):
            count += 1
            if count == batch:
                await act(user_id)
            yield task_ids

    monkeypatch.setattr(ReminderRepository, "batches", find_and_act)


async def migrate_until_cut_off(
    store: Store, monkeypatch: pytest.MonkeyPatch, user_id: UUID | None = None, batch: int = 1
) -> None:
    """Have a migration end, as at SIGTERM, when it has found a batch of somebody's tasks, or of this user's."""
    reached = asyncio.Event()

    async def stand_still(of_whom: UUID) -> None:
        if user_id in (None, of_whom):
            reached.set()
            await asyncio.Event().wait()

    with monkeypatch.context() as patching:
        between_finding_and_planning(patching, stand_still, batch)
        migration = asyncio.create_task(migrate(store))
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await reached.wait()
        migration.cancel()
        with pytest.raises(asyncio.CancelledError):
            await migration
