"""From what was said of day, time and recurrence to the day and time at which a task is due first."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from app.tasks.quick_add.clock_times import ClockTime
from app.tasks.quick_add.days import LAST_YEAR, Day
from app.tasks.quick_add.rules import Rule


@dataclass(frozen=True, slots=True)
class DueMoment:
    """A day, and a time to the minute, in the user's zone."""

    day: date
    at: time | None


def settle_due(now: datetime, day: Day | None, clock_time: ClockTime | None, rule: Rule | None) -> DueMoment | None:
    """Return when the task is due first; None when nothing was said."""
    if day is not None:
        at = day.usual_time if clock_time is None else clock_time.on(is_evening=day.is_evening)
        has_passed = day.day == now.date() and not _is_ahead(at, now)
        return _within_calendar(day.later if has_passed and day.later is not None else day.day, at)
    at = None if clock_time is None else clock_time.at
    start = now.date() if _is_ahead(at, now) else now.date() + timedelta(days=1)
    if rule is not None:
        return _within_calendar(rule.first_day(start), at)
    return None if at is None else _within_calendar(start, at)


def _is_ahead(at: time | None, now: datetime) -> bool:
    """Whether today still has this time; a day without a time goes on to its end."""
    return at is None or at > now.time()


def _within_calendar(day: date, at: time | None) -> DueMoment | None:
    return DueMoment(day, at) if day.year <= LAST_YEAR else None


def settle_until(until: Day, first: DueMoment) -> date | None:
    """Return the last day of a recurrence that begins with `first`; None if it were over before it began."""
    choices = (until.day, until.later)
    return next((day for day in choices if day is not None and day >= first.day), None)
