"""Recognising recurrences: `every 2 weeks on mon, thu`, `every last day`, `daily`, and their ends."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from app.tasks.quick_add import days
from app.tasks.quick_add.days import Day
from app.tasks.quick_add.found import Clarity, Found
from app.tasks.quick_add.month_days import read_month_day
from app.tasks.quick_add.paired_days import read_day
from app.tasks.quick_add.parts_of_day import begins_name, read_part_of_day
from app.tasks.quick_add.phrases import find_day, find_time
from app.tasks.quick_add.rules import FREQUENCIES, Repetition, on_weekdays
from app.tasks.quick_add.tokens import Line
from app.tasks.quick_add.vocabulary import (
    ALL_WEEKDAYS,
    MAX_DAY_OF_MONTH,
    PLURAL_WEEKDAYS,
    UNITS,
    Unit,
    read_number,
    read_ordinal,
)
from app.tasks.recurrence_rule import MAX_WEEKS_OF_MONTH, RecurrenceRule

Value = TypeVar("Value")
RuleFound = Found[RecurrenceRule] | None

_ADVERBS: dict[str, Unit] = {
    "daily": "day",
    "everyday": "day",
    "weekly": "week",
    "monthly": "month",
    "yearly": "year",
    "annually": "year",
}
_LAST = -1
_WORKING_DAYS, _WEEKEND = [0, 1, 2, 3, 4], [5, 6]
# A leap year, in which every day is there that any year has.
_LEAP_YEAR = 2000


def find_recurrence(line: Line, index: int, now: datetime) -> Found[Repetition] | None:
    """Find a recurrence that begins here, with the part of the day behind it."""
    word = line.word(index)
    is_from_completion = word == "every" and line.punctuation(index) == "!"
    allowed = "!" if is_from_completion else ""
    if word == "every":
        found = _read_every(line, index + 1, allowed)
    elif word in _ADVERBS:
        found = _read_adverb(line, index, now)
    else:
        found = _read_plural_weekdays(line, index) or _read_days_of_every_month(line, index)
    if found is None or begins_name(line, found.end):
        return None
    part = read_part_of_day(line, found.end, allowed)
    if part is None:
        return Found(found.end, Repetition(found.value, None, is_from_completion))
    return Found(part.end, Repetition(found.value, part.value, is_from_completion))


def _read_adverb(line: Line, index: int, now: datetime) -> RuleFound:
    rule = RecurrenceRule(FREQUENCIES[_ADVERBS[line.word(index)]])
    found = _read_days_of(line, index + 1, rule)
    is_sure = found.end > index + 1 or line.ends_before(found.end) or _has_company(line, found.end, now)
    return found if is_sure else None


def _read_plural_weekdays(line: Line, index: int) -> RuleFound:
    """Read `on mondays and thursdays`, `on weekdays` or `on weekends`."""
    if line.word(index) != "on" or not line.next_word(index + 1):
        return None
    groups = {"weekdays": _WORKING_DAYS, "weekends": _WEEKEND}
    group = groups.get(line.word(index + 1))
    found = None if group else _read_list(line, index + 1, PLURAL_WEEKDAYS.get)
    if found is not None:
        return Found(found.end, on_weekdays(found.value))
    return None if group is None else Found(index + 2, on_weekdays(group))


def _read_days_of_every_month(line: Line, index: int) -> RuleFound:
    """Read `on the 1st of every month` or `the last friday of each month`."""
    first = index + 1 if line.word(index) == "on" else index
    if line.word(first) == "the":
        first += 1
    if first > index and not line.next_word(first):
        return None
    found = _read_ordinal_days(line, first)
    return found if found is not None and line.word(found.end - 2) in {"every", "each"} else None


def _has_company(line: Line, index: int, now: datetime) -> bool:
    """Whether a time, a part of the day, a day, an end or a number of times follows."""
    company = (
        read_part_of_day(line, index),
        *(find_time(line, index, now), find_day(line, index, now, may_start=True)),
        *(find_until(line, index, now), find_count(line, index), _read_times(line, index)),
    )
    return any(company)


def _read_every(line: Line, index: int, allowed: str) -> RuleFound:
    first = line.next_word(index, allowed)
    if not first:
        return None
    if first == "other":
        return _read_interval(line, index + 1, 2)
    if first != "in" and read_part_of_day(line, index, allowed) is not None:
        return Found(index, RecurrenceRule("DAILY"))
    number = read_number(first)
    if number is not None:
        return _read_interval(line, index + 1, number)
    readers = (_read_unit, _read_ordinal_days, _read_weekday_group, _read_day_of_year)
    return next((found for read in readers if (found := read(line, index))), None)


def _read_interval(line: Line, index: int, interval: int) -> RuleFound:
    """Read what stands behind `every 2` or `every other`: units, or with `other` the name of a day."""
    unit = UNITS.get(line.next_word(index))
    if unit is not None:
        return _read_days_of(line, index + 1, RecurrenceRule(FREQUENCIES[unit], interval))
    weekday = ALL_WEEKDAYS.get(line.next_word(index))
    return None if weekday is None or interval != 2 else Found(index + 1, on_weekdays([weekday], interval))


def _read_unit(line: Line, index: int) -> RuleFound:
    unit = UNITS.get(line.word(index))
    return None if unit is None else _read_days_of(line, index + 1, RecurrenceRule(FREQUENCIES[unit]))


def _read_weekday_group(line: Line, index: int) -> RuleFound:
    word = line.word(index)
    if word in {"weekday", "workday"}:
        return Found(index + 1, on_weekdays(_WORKING_DAYS))
    if word == "weekend":
        return Found(index + 1, on_weekdays(_WEEKEND))
    found = _read_list(line, index, ALL_WEEKDAYS.get)
    return None if found is None else Found(found.end, on_weekdays(found.value))


def _read_ordinal_days(line: Line, index: int) -> RuleFound:
    """Read `1st and 15th`, `last day`, `2nd tuesday` or `3rd month`; `of the month` may follow."""
    ordinal = _read_any_ordinal(line.word(index))
    if ordinal is None:
        return None
    following = line.next_word(index + 1)
    is_of_month = _skip_of_month(line, index + 2) > index + 2
    if following in ALL_WEEKDAYS or ordinal == _LAST or (following == "day" and is_of_month):
        return _read_nth_day(line, index, ordinal)
    if read_month_day(line, index) is not None:
        return None
    if following in UNITS:
        return _read_interval(line, index + 1, ordinal)
    return _read_month_days(line, index)


def _read_nth_day(line: Line, index: int, ordinal: int) -> RuleFound:
    """Read `2nd tuesday`, `last friday` or `last day`."""
    name = line.next_word(index + 1)
    if name in ALL_WEEKDAYS and ordinal <= MAX_WEEKS_OF_MONTH:
        rule = RecurrenceRule("MONTHLY", by_day=((ordinal, ALL_WEEKDAYS[name]),))
    elif name == "day":
        rule = RecurrenceRule("MONTHLY", by_month_day=(ordinal,))
    else:
        return None
    return Found(_skip_of_month(line, index + 2), rule)


def _read_month_days(line: Line, index: int) -> RuleFound:
    numbers = _read_list(line, index, _read_numeral)
    if numbers is None:
        return None
    rule = RecurrenceRule("MONTHLY", by_month_day=tuple(sorted(set(numbers.value))))
    return Found(_skip_of_month(line, numbers.end), rule)


def _read_numeral(word: str) -> int | None:
    return read_ordinal(word) if word[:1].isdigit() else None


def _read_any_ordinal(word: str) -> int | None:
    return _LAST if word == "last" else read_ordinal(word)


def _skip_of_month(line: Line, index: int) -> int:
    if line.next_word(index) != "of":
        return index
    end = index + 2 if line.next_word(index + 1) in {"the", "each", "every"} else index + 1
    return end + 1 if line.next_word(end) == "month" else index


def _read_day_of_year(line: Line, index: int) -> RuleFound:
    found = read_month_day(line, index)
    if found is None or not days.exists(_LEAP_YEAR, *found.value):
        return None
    month, day_of_month = found.value
    return Found(found.end, RecurrenceRule("YEARLY", by_month=(month,), by_month_day=(day_of_month,)))


def _read_days_of(line: Line, index: int, rule: RecurrenceRule) -> Found[RecurrenceRule]:
    """Read `on mon and thu` behind weeks, `on the 15th` behind months or `on dec 24` behind years, if it is there."""
    found: RuleFound = None
    if line.next_word(index) == "on":
        at = index + 2 if line.next_word(index + 1) == "the" else index + 1
        if not line.next_word(at):
            return Found(index, rule)
        if rule.frequency == "WEEKLY":
            found = _read_weekday_group(line, at)
        elif rule.frequency == "MONTHLY":
            found = _read_ordinal_days(line, at)
        elif rule.frequency == "YEARLY":
            found = _read_day_of_year(line, at)
    if found is None or found.value.frequency != rule.frequency:
        return Found(index, rule)
    return Found(found.end, replace(found.value, interval=rule.interval))


def _read_list(line: Line, index: int, read: Callable[[str], Value | None]) -> Found[list[Value]] | None:
    """Read values with `,`, `and` or `&` between them, as many as can differ."""
    values: list[Value] = []
    end, at = index, index
    while len(values) < MAX_DAY_OF_MONTH and (value := read(line.word(at))) is not None:
        values.append(value)
        end = at + 1
        at = end + 1 if line.next_word(end, ",") in {"and", "&"} else end
        if at == end and line.punctuation(at - 1) != ",":
            break
    return Found(end, values) if values else None


def find_until(line: Line, index: int, now: datetime) -> Found[Day] | None:
    """Find the last day of a recurrence: `until dec 24`."""
    if line.word(index) not in {"until", "till"} or not line.next_word(index + 1):
        return None
    found = read_day(line, index + 1, now)
    return None if found is None or found.clarity is Clarity.CONTRADICTED else found


def find_count(line: Line, index: int) -> Found[int] | None:
    """Find how often something recurs: `for 5 times`; "daily 3 times" is how often in a day."""
    return _read_times(line, index + 1) if line.word(index) == "for" else None


def _read_times(line: Line, index: int) -> Found[int] | None:
    number = read_number(line.next_word(index))
    return Found(index + 2, number) if number and line.next_word(index + 1) == "times" else None
