"""From what was said of day, time and recurrence to the day and time at which a task is due first."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from app.tasks.quick_add.clock_times import ClockTime
from app.tasks.quick_add.days import LAST_YEAR, Day
from app.tasks.quick_add.rules import Repetition, first_day


@dataclass(frozen=True, slots=True)
class DueMoment:
    """A day, and a time to the minute, in the user's zone."""

    day: date
    at: time | None


def settle_due(
    now: datetime, day: Day | None, clock_time: ClockTime | None, repetition: Repetition | None
) -> DueMoment | None:
    """Return when the task is due first; None when nothing was said."""
    part = None if day is None else day.part
    if part is None and repetition is not None:
        part = repetition.part
    usual_time = None if part is None else part.usual_time
    at = usual_time if clock_time is None else clock_time.within(part)
    is_ahead = at is None or at > now.time()  # a day without a time goes on to its end
    if day is not None:
        has_passed = day.day == now.date() and not is_ahead
        return _within_calendar(day.later if has_passed and day.later is not None else day.day, at)
    start = now.date() if is_ahead else now.date() + timedelta(days=1)
    if repetition is not None:
        return _within_calendar(first_day(repetition.rule, start), at)
    return None if at is None else _within_calendar(start, at)


def _within_calendar(day: date, at: time | None) -> DueMoment | None:
    return DueMoment(day, at) if day.year <= LAST_YEAR else None


def settle_until(until: Day, first: DueMoment) -> date | None:
    """Return the last day of a recurrence that begins with `first`; None if it were over before it began."""
    choices = (until.day, until.later)
    return next((day for day in choices if day is not None and day >= first.day), None)
