"""Users and their reminders, written as features write them, and the watch over when they are told."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.write_concern import WriteConcern

from app.data.outbox import OutboxEntry, occurrence_of

# One command's worth; more would only take more memory here.
_CHUNK = 10_000
_USERS = 2_000

RawDatabase = AsyncDatabase[dict[str, Any]]


async def add_users(database: RawDatabase) -> Sequence[UUID]:
    """Add users who have chosen nothing, and return their ids."""
    user_ids = [uuid4() for _ in range(_USERS)]
    now = datetime.now(UTC)
    fields = {
        "name": "Ann",
        "role": "user",
        "timezone": "Europe/Paris",
        "locale": "en",
        "settings": "{}",
        "is_disabled": False,
        "identity_ids": [],
        "task_count": 0,
        "revision": 0,
        "revision_marks": [],
        "created_at": now,
        "updated_at": now,
    }
    await database["users"].insert_many([{"_id": user_id, **fields} for user_id in user_ids])
    return user_ids


async def add_reminders(
    database: RawDatabase, user_ids: Sequence[UUID], instants: Sequence[datetime], first_number: int
) -> None:
    """Add a reminder for each instant, of tasks with these numbers as their ids."""
    outbox = database["outbox"].with_options(write_concern=WriteConcern(w=1, j=False))
    for start in range(0, len(instants), _CHUNK):
        chunk = enumerate(instants[start : start + _CHUNK], start + first_number)
        await outbox.insert_many([_document(user_ids, number, at) for number, at in chunk], ordered=False)


def _document(user_ids: Sequence[UUID], number: int, at: datetime) -> dict[str, Any]:
    day = at.date().isoformat()
    content = {
        "title": f"Send the report number {number} to the office",
        "due": {"date": day, "time": "09:30", "timezone": "Europe/Paris"},
        "due_at": at + timedelta(minutes=30),
    }
    user_id = user_ids[number % len(user_ids)]
    entry = OutboxEntry(user_id, "reminder", str(UUID(int=number)), at, content, occurrence_of(at))
    key = {"_id": entry.entry_id, "user_id": user_id}
    return {**key, **entry.to_fields(), **entry.to_initial_fields()}


class Watch:
    """Notes when notices become visible to others, by the numbers of their tasks."""

    def __init__(self) -> None:
        self.seen: dict[int, datetime] = {}

    @asynccontextmanager
    async def over(self, database: RawDatabase) -> AsyncIterator[None]:
        """Watch while the block runs."""
        stream = await database["notifications"].watch([{"$project": {"fullDocument.task_id": 1}}])
        noting = asyncio.create_task(self._note(stream))
        try:
            yield
        finally:
            noting.cancel()
            await asyncio.gather(noting, return_exceptions=True)
            await stream.close()

    async def _note(self, stream: Any) -> None:
        async for event in stream:
            self.seen.setdefault(event["fullDocument"]["task_id"].int, datetime.now(UTC))
