"""Statistics for administrators: counted over all shards, and therefore once a minute at most."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from pydantic_core import to_json

from app.auth.statistics_repository import StatisticsRepository
from app.cache.shared import SharedCache
from app.core.clock import Clock, format_instant

# As old as an answer may be. Each counting walks some indexes of every shard.
LIFETIME_SECONDS = 60.0
_NAME = "admin-statistics"

_PERIODS = {"last_day": timedelta(days=1), "last_7_days": timedelta(days=7), "last_30_days": timedelta(days=30)}


class AdminStatistics:
    """Counts users, sessions and tasks."""

    def __init__(self, repository: StatisticsRepository, shared: SharedCache, clock: Clock) -> None:
        self._repository = repository
        self._shared = shared
        self._clock = clock

    async def get(self) -> bytes:
        """Return the statistics as JSON text, the same for all processes for a minute."""
        return await self._shared.get(_NAME, self._count, LIFETIME_SECONDS)

    async def _count(self) -> bytes:
        now = self._clock.now()
        beginnings = {name: now - period for name, period in _PERIODS.items()}
        totals, roles, new, active = await asyncio.gather(
            self._repository.count_documents_roughly(),
            self._repository.count_states(),
            self._count_since(self._repository.count_new, beginnings),
            self._count_since(self._repository.count_active, beginnings),
        )
        return to_json(
            {
                "users": {"total": totals["users"], **roles, "new": new, "active": active},
                "sessions": {"total": totals["sessions"]},
                "tasks": {"total": totals["tasks"]},
                "counted_at": format_instant(now),
            }
        )

    async def _count_since(
        self, count: Callable[[datetime], Awaitable[int]], beginnings: Mapping[str, datetime]
    ) -> Mapping[str, int]:
        counts = await asyncio.gather(*(count(at) for at in beginnings.values()))
        return dict(zip(beginnings, counts, strict=True))
