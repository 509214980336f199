"""Numbers over all of a user's tasks: statistics and labels."""

import asyncio
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from app.core.clock import Clock
from app.tasks.due import local_day_start
from app.tasks.query import STATUSES
from app.tasks.task_repository import TaskRepository

# The contract's number: completions are told for today and the 29 days before.
COMPLETION_DAYS = 30


@dataclass(frozen=True, slots=True)
class Stats:
    """The numbers of `GET /tasks/stats`."""

    by_status: dict[str, int]
    overdue: int
    due_today: int
    completed_per_day: list[tuple[date, int]]


class OverviewService:
    """Counts tasks."""

    def __init__(self, tasks: TaskRepository, clock: Clock) -> None:
        self._tasks = tasks
        self._clock = clock

    async def get_stats(self, user_id: UUID, timezone: str) -> Stats:
        """Return the numbers as of now; days begin and end in the user's zone."""
        now = self._clock.now()
        today = now.astimezone(ZoneInfo(timezone)).date()
        days = [today - timedelta(days=ago) for ago in reversed(range(COMPLETION_DAYS))]
        starts = [local_day_start(day, timezone) for day in (*days, today + timedelta(days=1))]
        counting = asyncio.gather(*(self._tasks.count_by_status(user_id, status) for status in STATUSES))
        overdue, due_today, completed, counts = await asyncio.gather(
            self._tasks.count_open_due(user_id, None, now),
            self._tasks.count_open_due(user_id, starts[-2], starts[-1]),
            self._tasks.count_completed(user_id, starts),
            counting,
        )
        return Stats(
            by_status=dict(zip(STATUSES, counts, strict=True)),
            overdue=overdue,
            due_today=due_today,
            completed_per_day=[(day, completed.get(start, 0)) for day, start in zip(days, starts[:-1], strict=True)],
        )

    async def get_labels(self, user_id: UUID) -> list[tuple[str, int]]:
        """Return the labels of open tasks with their counts, by name."""
        return sorted((await self._tasks.count_labels(user_id)).items())
