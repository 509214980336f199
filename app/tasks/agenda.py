"""What there is to do today, for the digest of another feature."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.data.database import Database
from app.tasks.due import local_day_start
from app.tasks.task_repository import TaskRepository

# More titles than anybody reads in the morning; the rest is counted.
_TITLES = 20


class Agendas:
    """Reads agendas. It needs the database alone, and so is at hand in every process."""

    def __init__(self, database: Database) -> None:
        self._tasks = TaskRepository(database)

    async def read(self, user_id: UUID, now: datetime, timezone: str) -> Mapping[str, Any] | None:
        """Return what is due today (from now on) and what is overdue: the counts, and up to 20 titles in all.

        None if there is nothing. What is due comes first, then what is longest overdue.
        """
        tomorrow = now.astimezone(ZoneInfo(timezone)).date() + timedelta(days=1)
        end = local_day_start(tomorrow, timezone)
        due_count, overdue_count = await asyncio.gather(
            self._tasks.count_open_due(user_id, now, end), self._tasks.count_open_due(user_id, None, now)
        )
        if not due_count and not overdue_count:
            return None
        due = await self._tasks.find_open_due_titles(user_id, now, end, _TITLES)
        room = _TITLES - len(due)
        overdue = await self._tasks.find_open_due_titles(user_id, None, now, room) if room else []
        return {
            "due_today_count": due_count,
            "overdue_count": overdue_count,
            "due_today": due,
            "overdue": overdue,
        }
