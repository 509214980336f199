"""Calendar feeds in MongoDB, at most one a user: who may read a calendar, and what it shows."""

from datetime import datetime
from uuid import UUID

from app.data.changes import Change
from app.data.database import Database, Document, Session
from app.tasks.collections import CALENDAR_FEEDS, TASKS
from app.tasks.query import TaskQuery

# What a batch holds is made objects at once; a hundred tasks take the event loop less than 5 ms.
_BATCH_SIZE = 100


class CalendarFeedRepository:
    """Reads and writes feed documents, and reads the tasks for them."""

    def __init__(self, database: Database) -> None:
        self._feeds = database.collection(CALENDAR_FEEDS.name)
        self._tasks = database.collection(TASKS.name)

    async def find(self, user_id: UUID, session: Session | None = None) -> Document | None:
        """Return the user's feed, or None when there is none."""
        return await self._feeds.find_one({"user_id": user_id, "_id": user_id}, session=session)

    async def put(self, change: Change, feed: Document) -> None:
        """Write the user's feed in place of the one before."""
        query = {"user_id": change.user_id, "_id": change.user_id}
        await self._feeds.replace_one(query, {**query, **feed}, upsert=True, session=change.session)

    async def delete(self, change: Change) -> None:
        """Delete the user's feed."""
        await self._feeds.delete_one({"user_id": change.user_id, "_id": change.user_id}, session=change.session)

    async def find_dated_tasks(self, user_id: UUID, start: datetime, limit: int, notes_length: int) -> list[Document]:
        """Return up to `limit` open tasks with a due date: those from `start` on first, then the latest before it.

        Of the notes come so many characters.
        """
        open_tasks = TaskQuery(statuses=("in_progress", "todo"), sort="due", due_after=start)
        ahead = await self._find(user_id, open_tasks, limit, notes_length)
        if len(ahead) == limit:
            return ahead
        open_tasks = TaskQuery(statuses=("in_progress", "todo"), sort="due", is_descending=True, due_before=start)
        return ahead + await self._find(user_id, open_tasks, limit - len(ahead), notes_length)

    async def _find(self, user_id: UUID, query: TaskQuery, limit: int, notes_length: int) -> list[Document]:
        fields = {
            **dict.fromkeys(("title", "priority", "due", "due_at", "recurrence", "reminders", "labels"), 1),
            **dict.fromkeys(("created_at", "updated_at"), 1),
            "notes": {"$substrCP": ["$notes", 0, notes_length]},
        }
        found = self._tasks.find(
            query.to_filter(user_id, None),
            fields,
            sort=query.order,
            limit=limit,
            batch_size=_BATCH_SIZE,
            hint=query.index_name,
        )
        return await found.to_list(None)

    async def erase_user(self, user_id: UUID) -> None:
        """Delete everything of a user."""
        await self._feeds.delete_many({"user_id": user_id, "_id": user_id})
