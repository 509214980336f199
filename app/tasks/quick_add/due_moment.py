"""From what was said of day, time and recurrence to the day and time at which a task is due first."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from app.tasks.quick_add.clock_times import ClockTime
from app.tasks.quick_add.days import LAST_YEAR, Day, DayKind
from app.tasks.quick_add.rules import Repetition, first_day, one_day_later
from app.tasks.recurrence_rule import RecurrenceRule

_ONE_DAY = timedelta(days=1)
_MIDNIGHT = time(0)


@dataclass(frozen=True, slots=True)
class DueMoment:
    """A day, and a time to the minute, in the user's zone or in another one."""

    day: date
    at: time | None
    timezone: str | None = None


@dataclass(frozen=True, slots=True)
class Wording:
    """What was said, brought together: the time, with which day it goes, and the rule.

    `is_next_day` for a time behind the midnight that ends the day, as of "friday night at 1".
    """

    day: Day | None
    at: time | None
    is_next_day: bool
    rule: RecurrenceRule | None


def bring_together(day: Day | None, clock_time: ClockTime | None, repetition: Repetition | None) -> Wording:
    """Return the time as the parts of the day make it, and the rule for the days on which it is then."""
    parts = (clock_time and clock_time.part, day and day.part, repetition and repetition.part)
    part = next((part for part in parts if part), None)
    at, is_next_day = None if part is None else part.usual_time, False
    if clock_time is not None:
        at, is_next_day = clock_time.within(part)
    rule = None if repetition is None else repetition.rule
    return Wording(day, at, is_next_day, one_day_later(rule) if rule and is_next_day else rule)


def settle_due(now: datetime, wording: Wording) -> DueMoment | None:
    """Return when the task is due first; None when nothing was said."""
    day, at = wording.day, wording.at
    is_ahead = at is None or at > now.time()  # a day without a time goes on to its end
    if day is not None:
        return _within_calendar(_settle_day(now, day, wording, is_ahead=is_ahead), at)
    start = now.date() if is_ahead else now.date() + _ONE_DAY
    if wording.rule is not None:
        return _within_calendar(first_day(wording.rule, start), at)
    return None if at is None else _within_calendar(start, at)


def _settle_day(now: datetime, day: Day, wording: Wording, *, is_ahead: bool) -> date:
    if day.kind is DayKind.TODAY and (wording.is_next_day or wording.at == _MIDNIGHT):
        return day.day if is_ahead else day.day + _ONE_DAY
    if wording.is_next_day:
        return day.day + _ONE_DAY
    has_passed = day.day == now.date() and not is_ahead
    return day.later if has_passed and day.later is not None else day.day


def _within_calendar(day: date, at: time | None) -> DueMoment | None:
    return DueMoment(day, at) if day.year <= LAST_YEAR else None


def settle_until(until: Day, first: DueMoment, wording: Wording) -> date | None:
    """Return the last day of a recurrence that begins with `first`; None if it were over before it began."""
    later = _ONE_DAY if wording.is_next_day else timedelta()
    choices = [day + later for day in (until.day, until.later) if day is not None]
    return next((day for day in choices if day >= first.day), None)
