"""The days of a recurrence rule: python-dateutil expands one calendar year at a time, which bounds every search.

By itself dateutil would look for a day that matches until the year 9999, and nothing could stop it
(docs/decisions/0024-recurrence-year-by-year.md).
"""

import itertools
from calendar import isleap
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from dateutil.rrule import YEARLY, rrule, weekday, weekdays

from app.tasks.recurrence_rule import MAX_WEEKS_OF_MONTH, MAX_WEEKS_OF_YEAR, Frequency, RecurrenceRule

# The longest wait that the calendar makes for: 29 February on a given day of the week comes after 40 years where a
# year such as 2100 is no leap year. Expanding 50 years takes some milliseconds.
SEARCH_YEARS = 50
# The last year of due dates (`app.tasks.due`).
_LAST_YEAR = 9998
# A step that leads beyond the last year that there is, so that dateutil ends after the first.
_BEYOND_ALL_YEARS = 10_000
_ALL_MONTHS = tuple(range(1, 13))


def days_after(rule: RecurrenceRule, start: date, after: date) -> Iterator[date]:
    """Yield the days of the rule that come later than `after`, for up to `SEARCH_YEARS` years.

    `start` is the day on which the series begins (DTSTART), `after` the same or a later one. Periods are whole ones,
    the first too. COUNT and UNTIL are not looked at.
    """
    days = _matching_days(rule, start, after)
    if rule.by_position and rule.frequency == "WEEKLY":
        days = _choose(rule, days)
    number_of = _PERIODS[rule.frequency]
    first = number_of(rule, start)
    return (day for day in days if day > after and (number_of(rule, day) - first) % rule.interval == 0)


def _matching_days(rule: RecurrenceRule, start: date, after: date) -> Iterator[date]:
    """Yield the days that all parts but INTERVAL let pass, beginning with the year of `after` or the one before.

    A rule of any frequency is a filter on the days of years. Those that are alike are expanded once. BYSETPOS is left
    to the caller for weeks, which are not parts of a year.
    """
    filters = _filters(rule, start)
    is_chosen_by_year = bool(rule.by_position) and rule.frequency in {"MONTHLY", "YEARLY"}
    known: dict[tuple[bool, int, bool], tuple[int, ...]] = {}
    for year in _years(rule, start, after):
        opening = date(year, 1, 1)
        # The number of a week in January may hang on the length of the year before.
        kind = (isleap(year), opening.weekday(), isleap(year - 1))
        if kind not in known:
            days = _expand_year(year, filters)
            chosen = _choose(rule, days) if is_chosen_by_year else days
            known[kind] = tuple((day - opening).days for day in chosen)
        yield from (opening + timedelta(days=offset) for offset in known[kind])


def _years(rule: RecurrenceRule, start: date, after: date) -> Iterator[int]:
    step = rule.interval if rule.frequency == "YEARLY" else 1
    # The week of a day in January may begin in the year before.
    opening = after.year - 1 if rule.frequency == "WEEKLY" else after.year
    for year in range(opening, min(after.year + SEARCH_YEARS, _LAST_YEAR) + 1):
        if (year - start.year) % step == 0:
            yield year


def _expand_year(year: int, filters: Mapping[str, Any]) -> Iterator[date]:
    expansion = rrule(YEARLY, datetime(year, 1, 1), _BEYOND_ALL_YEARS, **filters)  # noqa: DTZ001 - days have no zone
    return (moment.date() for moment in expansion)


def _filters(rule: RecurrenceRule, start: date) -> Mapping[str, Any]:
    """Return the arguments of `rrule` that stand for the BY-parts; what a rule does not say is taken from `start`."""
    months, month_days, days = rule.by_month, rule.by_month_day, _weekdays(rule)
    if not rule.names_days:
        if rule.frequency == "YEARLY":
            months, month_days = months or (start.month,), (start.day,)
        elif rule.frequency == "MONTHLY":
            month_days = (start.day,)
        else:
            days = [weekdays[start.weekday()]] if rule.frequency == "WEEKLY" else list(weekdays)
    elif rule.counts_weekdays_in_months:
        months = months or _ALL_MONTHS
    return {
        "wkst": rule.week_start,
        "bymonth": months or None,
        "byweekno": rule.by_week or None,
        "byyearday": rule.by_year_day or None,
        "bymonthday": month_days or None,
        "byweekday": days or None,
    }


def _weekdays(rule: RecurrenceRule) -> list[weekday]:
    """Return BYDAY as dateutil takes it, which demands both where plain and counted week days are mixed."""
    plain = [day for ordinal, day in rule.by_day if not ordinal]
    counted = {(ordinal, day) for ordinal, day in rule.by_day if ordinal}
    if not counted:
        return [weekdays[day] for day in plain]
    largest = MAX_WEEKS_OF_MONTH if rule.counts_weekdays_in_months else MAX_WEEKS_OF_YEAR
    counted.update(itertools.product(range(1, largest + 1), plain))
    return [weekdays[day](ordinal) for ordinal, day in counted]


def _choose(rule: RecurrenceRule, days: Iterator[date]) -> Iterator[date]:
    """Yield the days of each period that BYSETPOS names."""
    number_of = _PERIODS[rule.frequency]
    for _, group in itertools.groupby(days, key=lambda day: number_of(rule, day)):
        period = list(group)
        places = {position - 1 if position > 0 else len(period) + position for position in rule.by_position}
        yield from (day for place, day in enumerate(period) if place in places)


def _week_number(rule: RecurrenceRule, day: date) -> int:
    # Day 1 of the calendar is a Monday.
    return (day.toordinal() - 1 - rule.week_start) // 7


_PERIODS: Mapping[Frequency, Callable[[RecurrenceRule, date], int]] = {
    "DAILY": lambda _rule, day: day.toordinal(),
    "WEEKLY": _week_number,
    "MONTHLY": lambda _rule, day: day.year * 12 + day.month,
    "YEARLY": lambda _rule, day: day.year,
}
