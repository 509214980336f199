"""What becomes of a user's tasks when the account changes; other features ask for it through the composition root."""

from uuid import UUID

from app.data.changes import Change
from app.data.database import Database, Document
from app.tasks.calendar_feed_repository import CalendarFeedRepository
from app.tasks.documents import moved_due, with_changes
from app.tasks.import_repository import ImportRepository
from app.tasks.list_repository import ListRepository
from app.tasks.reminders import follow_task
from app.tasks.task_repository import TaskRepository

# Tasks that one change moves to another zone, half as many if they have reminders: about a second's work on a slow
# machine.
REZONE_CHUNK = 1_000


class TaskUpkeep:
    """Erases and rezones. It needs the database alone, and so is at hand in every process."""

    def __init__(self, database: Database) -> None:
        self._tasks = TaskRepository(database)
        self._lists = ListRepository(database)
        self._imports = ImportRepository(database)
        self._feeds = CalendarFeedRepository(database)

    async def erase_user(self, user_id: UUID) -> None:
        """Delete everything that this feature holds of a user; may be done again after an interruption."""
        await self._tasks.erase_user(user_id)
        await self._lists.erase_user(user_id)
        await self._imports.erase_user(user_id)
        await self._feeds.erase_user(user_id)

    async def rezone(self, change: Change, timezone: str) -> bool:
        """Compute anew when floating tasks are due for a user in another zone.

        One call writes a bounded number of tasks, and returns whether there are more.
        """
        tasks = await self._tasks.find_floating(change, lambda task: bool(moved_due(task, timezone, 0)), REZONE_CHUNK)
        revision = change.account.revision
        moved: list[Document] = []
        for task in tasks:
            if len(moved) + change.handled_count >= REZONE_CHUNK:
                break
            moved.append(with_changes(task, {**moved_due(task, timezone, revision), **change.stamp()}))
            follow_task(change, task, moved[-1])
        await self._tasks.replace(change, moved)
        return len(moved) < len(tasks) or len(tasks) == REZONE_CHUNK
