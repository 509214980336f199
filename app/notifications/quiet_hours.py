"""Quiet hours: a part of every day, in the user's zone, in which nothing makes a sound."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


def next_local_time(at: time, now: datetime, timezone: str) -> datetime:
    """Return the first instant after `now` at which clocks in the zone show `at`, in UTC.

    That is once a day: a time that the change to summer time skips means the instant that its offset before the
    change gives, and of one that occurs twice the first counts (PEP 495).
    """
    return min(instant for instant in _instants_around(at, now, timezone) if instant > now)


def _instants_around(at: time, now: datetime, timezone: str) -> Iterator[datetime]:
    """Yield when clocks in the zone show `at` on the days around `now`, and on the next one for certain."""
    zone = ZoneInfo(timezone)
    today = now.astimezone(zone).date()
    for day in (-1, 0, 1, 2):
        yield datetime.combine(today + timedelta(days=day), at, zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `start` to before `end`, local times that differ; over midnight when `end` is the earlier one."""

    start: time
    end: time

    def end_after(self, now: datetime, timezone: str) -> datetime | None:
        """Return when they end, in UTC, or None when it is not quiet.

        Clocks that are set back may show a quiet time again, which is as quiet as before.
        """
        if not self._is_quiet(now, timezone):
            return None
        ends = (
            instant
            for fold in (0, 1)
            for instant in _instants_around(self.end.replace(fold=fold), now, timezone)
            if instant > now and not self._is_quiet(instant, timezone)
        )
        return min(ends)

    def _is_quiet(self, instant: datetime, timezone: str) -> bool:
        local = instant.astimezone(ZoneInfo(timezone)).time()
        if self.start < self.end:
            return self.start <= local < self.end
        return local >= self.start or local < self.end
