"""The recurrence rules that quick add makes, and the day on which they begin."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from app.tasks.occurrences import days_after
from app.tasks.quick_add.days import PartOfDay
from app.tasks.quick_add.vocabulary import Unit
from app.tasks.recurrence_rule import Frequency, RecurrenceRule

FREQUENCIES: Mapping[Unit, Frequency] = {"day": "DAILY", "week": "WEEKLY", "month": "MONTHLY", "year": "YEARLY"}


@dataclass(frozen=True, slots=True)
class Repetition:
    """A rule, the part of the day, and whether the next one is counted from completion instead of the due date."""

    rule: RecurrenceRule
    part: PartOfDay | None = None
    is_from_completion: bool = False


def on_weekdays(weekdays: list[int], interval: int = 1) -> RecurrenceRule:
    """Return the rule of some days (Monday is 0) of every week, or of each of so many weeks."""
    return RecurrenceRule("WEEKLY", interval, by_day=tuple((0, weekday) for weekday in sorted(set(weekdays))))


def one_day_later(rule: RecurrenceRule) -> RecurrenceRule:
    """Return the rule for the day after each day of the week that it names.

    Days of months stay: the one after the 31st has no rule of its own.
    """
    if rule.frequency != "WEEKLY" or not rule.by_day:
        return rule
    return replace(rule, by_day=on_weekdays([(weekday + 1) % 7 for _, weekday in rule.by_day]).by_day)


def first_day(rule: RecurrenceRule, start: date) -> date:
    """Return the first day from `start` on that the rule names, whatever its interval; `start` if it names none."""
    if not rule.names_days:
        return start
    return next(days_after(replace(rule, interval=1), start, start - timedelta(days=1)), start)
