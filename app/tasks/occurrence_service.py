"""The dates on which a recurring task comes again."""

import itertools
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.clock import Clock
from app.tasks.due import due_instant
from app.tasks.errors import TaskNotFoundError
from app.tasks.recurrence import first_of_series, following_dues, local_day
from app.tasks.recurrence_rule import parse_rule
from app.tasks.task_repository import TaskRepository

# A due date, and the instant that it means.
Occurrence = tuple[dict[str, Any], datetime | None]


class OccurrenceService:
    """Looks ahead in the series of a task."""

    def __init__(self, tasks: TaskRepository, clock: Clock) -> None:
        self._tasks = tasks
        self._clock = clock

    async def get_occurrences(self, user_id: UUID, task_id: UUID, timezone: str, limit: int) -> list[Occurrence]:
        """Return up to `limit` due dates that follow the present one, as if each task were done when it is due.

        A task without a due date is taken to be done today, in the user's zone. Raises `TaskNotFoundError`.
        """
        task = await self._tasks.find(user_id, task_id)
        if task is None:
            raise TaskNotFoundError
        if "recurrence" not in task:
            return []
        today = local_day(self._clock.now(), None, timezone)
        due = task["due"] or first_of_series(task["recurrence"], None, today)
        dues = following_dues(parse_rule(task["recurrence"]["rule"]), due, timezone)
        return [(following, due_instant(following, timezone)) for following in itertools.islice(dues, limit)]
