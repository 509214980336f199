"""Days of the calendar as they are meant on a given day; weeks begin on Monday (ISO 8601)."""

import enum
import itertools
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, time, timedelta

from dateutil.relativedelta import relativedelta

from app.tasks.quick_add.vocabulary import Unit

# What `app.tasks.due` accepts.
FIRST_YEAR, LAST_YEAR = 1900, 9998
_DAYS: Mapping[Unit, int] = {"day": 1, "week": 7}
_MONTHS: Mapping[Unit, int] = {"month": 1, "year": 12}
# No two 29ths of February lie further apart (1896 and 1904 do, for 1900 had none).
_LONGEST_WAIT_YEARS = 8
# Of four months that follow each other at least two have 31 days.
_MONTHS_WITH_TWO_OF_A_DAY = 4


@dataclass(frozen=True, slots=True)
class PartOfDay:
    """A part of a day, such as the evening: the time that is meant if none is said, and how "at 9" is meant in it.

    Times before `ends_next_day` are those after the midnight that ends the day.
    """

    usual_time: time | None
    is_after_noon: bool
    ends_next_day: time = time(0)


class DayKind(enum.Enum):
    """In which words a day was said, which tells how it goes together with another one beside it."""

    DATE = enum.auto()
    TODAY = enum.auto()
    WEEKDAY = enum.auto()
    DAY_OF_MONTH = enum.auto()
    # Periods, of which the first day is meant unless another one is said.
    WEEK = enum.auto()
    MONTH = enum.auto()
    YEAR = enum.auto()


@dataclass(frozen=True, slots=True)
class Day:
    """A day that was said, or a part of it.

    `later` is what it means if today is said with a time that has passed; None where it means today all the same.
    """

    day: date
    later: date | None = None
    part: PartOfDay | None = None
    kind: DayKind = DayKind.DATE


def shift(day: date, number: int, unit: Unit) -> date | None:
    """Return the day so many units on, cut to the month's last day; None beyond the calendar."""
    try:
        if unit in _DAYS:
            moved = day + timedelta(days=_DAYS[unit] * number)
        else:
            moved = day + relativedelta(months=_MONTHS[unit] * number)
    except (ValueError, OverflowError):
        return None
    return moved if moved.year <= LAST_YEAR else None


def monday_of(day: date, weeks_on: int = 0) -> date:
    """Return the Monday of the week, or of one that many weeks on."""
    return day + timedelta(days=7 * weeks_on - day.weekday())


def coming_weekday(today: date, weekday: int) -> Day:
    """Return the next such day, today included."""
    day = today + timedelta(days=(weekday - today.weekday()) % 7)
    return Day(day, later=day + timedelta(days=7), kind=DayKind.WEEKDAY)


def start_of_next(today: date, unit: Unit) -> date | None:
    """Return the first day of the next week, month or year."""
    return shift(start_of(today, unit), 1, unit)


def start_of(day: date, unit: Unit) -> date:
    """Return the first day of the week, month or year in which a day lies."""
    if unit == "week":
        return monday_of(day)
    return day.replace(day=1) if unit == "month" else day.replace(month=1, day=1)


def end_of(today: date, unit: Unit, later: int = 0) -> date | None:
    """Return the last day of this week, month or year, or of one that many later."""
    moved = shift(today, later, unit)
    if moved is None:
        return None
    if unit == "week":
        return monday_of(moved) + timedelta(days=6)
    month = moved.month if unit == "month" else 12
    return date(moved.year, month, monthrange(moved.year, month)[1])


def coming_month_day(today: date, month: int, day_of_month: int) -> Day | None:
    """Return the next such day, today included; None for one that no year has."""
    years = range(today.year, min(today.year + 2 * _LONGEST_WAIT_YEARS, LAST_YEAR) + 1)
    return _first_of(today, (date(year, month, day_of_month) for year in years if exists(year, month, day_of_month)))


def coming_day_of_month(today: date, day_of_month: int) -> Day | None:
    """Return the next day with this number, in this month or the first one that has it."""
    this_month = today.year * 12 + today.month - 1
    months = (divmod(this_month + number, 12) for number in range(_MONTHS_WITH_TWO_OF_A_DAY))
    coming = _first_of(
        today,
        (date(year, month + 1, day_of_month) for year, month in months if exists(year, month + 1, day_of_month)),
    )
    return None if coming is None else replace(coming, kind=DayKind.DAY_OF_MONTH)


def _first_of(today: date, ascending: Iterator[date]) -> Day | None:
    coming = list(itertools.islice((day for day in ascending if day >= today), 2))
    return Day(coming[0], later=coming[1] if len(coming) > 1 else None) if coming else None


def exists(year: int, month: int, day_of_month: int) -> bool:
    """Whether the calendar has this day."""
    in_range = FIRST_YEAR <= year <= LAST_YEAR and 1 <= month <= 12
    return in_range and 1 <= day_of_month <= monthrange(year, month)[1]
