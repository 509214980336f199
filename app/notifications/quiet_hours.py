"""Quiet hours: a part of every day, in the user's zone, in which nothing makes a sound."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


def next_local_time(at: time, now: datetime, timezone: str) -> datetime:
    """Return the first instant after `now` at which clocks in the zone show `at`, in UTC.

    A time that the change to summer time skips means the instant that its offset before the change gives; one that
    occurs twice occurs twice (PEP 495).
    """
    zone = ZoneInfo(timezone)
    today = now.astimezone(zone).date()
    instants = (
        datetime.combine(today + timedelta(days=day), at.replace(fold=fold), zone).astimezone(UTC)
        for day in (-1, 0, 1, 2)
        for fold in (0, 1)
    )
    return min(instant for instant in instants if instant > now)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `start` to before `end`, local times that differ; over midnight when `end` is the earlier one."""

    start: time
    end: time

    def end_after(self, now: datetime, timezone: str) -> datetime | None:
        """Return when they end, in UTC, or None when it is not quiet."""
        local = now.astimezone(ZoneInfo(timezone)).time()
        if self.start < self.end:
            is_quiet = self.start <= local < self.end
        else:
            is_quiet = local >= self.start or local < self.end
        return next_local_time(self.end, now, timezone) if is_quiet else None
