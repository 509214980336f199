"""What a migration reads to plan the reminders of tasks: those that have some, and what is planned already."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from uuid import UUID

import pymongo

from app.data.changes import Change
from app.data.database import Cursor, Database, Document
from app.data.outbox import OUTBOX
from app.tasks.collections import TASKS
from app.tasks.reminders import REMINDER

# What `reminders_of` asks of a task; notes may be long.
_FIELDS = {"user_id": 1, "status": 1, "title": 1, "due": 1, "due_at": 1, "reminders": 1}
# No index knows of reminders, so that all of a user's tasks are looked at: 100,000 by default, of which a slow disk
# finds some 2,000 a second. The driver's own deadline, some seconds, would end that on every try.
_WALK_TIMEOUT_SECONDS = 60.0
_TO_BE_DONE = {"deleted": False, "status": {"$in": ["in_progress", "todo"]}}


class ReminderRepository:
    """Reads tasks that remind, and the entries of the outbox that remind of tasks."""

    def __init__(self, database: Database) -> None:
        self._tasks = database.collection(TASKS.name)
        self._outbox = database.collection(OUTBOX.name)

    async def batches(self, user_id: UUID, after: datetime, batch_size: int) -> AsyncIterator[list[UUID]]:
        """Yield the ids of all tasks that are to be done and may remind later than `after`, so many at a time.

        They come by revision: a task that changes meanwhile moves ahead of the walk, and so is never missed.
        """
        query: Document = {
            "user_id": user_id,
            **_TO_BE_DONE,
            "reminders.0": {"$exists": True},
            # No reminder that counts from a due time comes after it.
            "$or": [{"due_at": {"$gt": after}}, {"reminders.at": {"$gt": after}}],
        }
        order = [("revision", 1), ("_id", 1)]
        cursor = self._tasks.find(query, {"_id": 1}, sort=order, hint="revision", batch_size=batch_size)
        async for found in _walk(cursor, batch_size):
            yield [document["_id"] for document in found]

    async def planned_batches(self, user_id: UUID, batch_size: int) -> AsyncIterator[dict[UUID, UUID]]:
        """Yield the ids of all reminders that are planned and wait, each with that of its task, so many at a time."""
        query: Document = {
            "user_id": user_id,
            "kind": REMINDER,
            "state": "waiting",
            "channel": {"$exists": False},  # with it, an entry is a delivery of a reminder whose time has come
        }
        cursor = self._outbox.find(query, {"subject": 1}, hint="user", batch_size=batch_size)
        async for found in _walk(cursor, batch_size):
            yield {document["_id"]: UUID(document["subject"]) for document in found}

    async def find_to_be_done(self, change: Change, task_ids: Sequence[UUID]) -> list[Document]:
        """Return those of the tasks that are to be done, as they are in the change."""
        query = {"user_id": change.user_id, "_id": {"$in": list(task_ids)}, **_TO_BE_DONE}
        return await self._tasks.find(query, _FIELDS, session=change.session, hint="_id_").to_list(None)


async def _walk(cursor: Cursor, batch_size: int) -> AsyncIterator[list[Document]]:
    while True:
        with pymongo.timeout(_WALK_TIMEOUT_SECONDS):
            found = await cursor.to_list(batch_size)
        if not found:
            return
        yield found
