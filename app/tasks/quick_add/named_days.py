"""Reading days that are told from today: `tomorrow`, `next friday`, `in 3 weeks`, `end of month`, `the 15th`."""

from dataclasses import replace
from datetime import datetime, timedelta

from app.tasks.quick_add import days
from app.tasks.quick_add.days import Day, DayKind
from app.tasks.quick_add.found import Clarity, Found
from app.tasks.quick_add.parts_of_day import NIGHT, read_part_of_day
from app.tasks.quick_add.tokens import Line
from app.tasks.quick_add.vocabulary import (
    ALL_WEEKDAYS,
    NAMING_WORDS,
    UNITS,
    WEEKDAYS,
    WORDLIKE_WEEKDAYS,
    read_number,
    read_ordinal,
)

DayFound = Found[Day] | None

_SATURDAY = 5
_DAYS_AHEAD = {"today": 0, "tod": 0, "tomorrow": 1, "tmr": 1, "tmrw": 1}
_PERIODS = {"week": DayKind.WEEK, "month": DayKind.MONTH, "year": DayKind.YEAR}


def read_near_day(line: Line, index: int, now: datetime) -> DayFound:
    """Read `today`, `tod`, `tonight`, `this evening`, `tomorrow`, `tmr` or `tmrw`; Tod with a capital is a person."""
    word, today = line.word(index), now.date()
    if word == "tonight":
        usual_time = NIGHT.usual_time
        is_ahead = usual_time is not None and now.time() < usual_time
        part = NIGHT if is_ahead else replace(NIGHT, usual_time=None)
        return Found(index + 1, Day(today, part=part, kind=DayKind.TODAY))
    if word == "this":
        named = read_part_of_day(line, index + 1)
        return None if named is None else Found(named.end, Day(today, part=named.value, kind=DayKind.TODAY))
    if word not in _DAYS_AHEAD or (word == "tod" and line.is_name(index)):
        return None
    ahead = _DAYS_AHEAD[word]
    return Found(index + 1, Day(today + timedelta(days=ahead), kind=DayKind.DATE if ahead else DayKind.TODAY))


def read_weekday(line: Line, index: int, now: datetime) -> DayFound:
    """Read `monday`, `mon`, `this monday` or `next monday`, which is that of the next week."""
    if line.word(index - 1) in NAMING_WORDS:
        return None
    which = line.word(index)
    if which in {"this", "next"}:
        name, end = line.next_word(index + 1), index + 2
    else:
        name, end = which, index + 1
    if name not in ALL_WEEKDAYS:
        return None
    coming = days.coming_weekday(now.date(), ALL_WEEKDAYS[name])
    if which == "next":
        day = days.monday_of(now.date(), 1) + timedelta(days=ALL_WEEKDAYS[name])
        coming = Day(day, kind=DayKind.WEEKDAY)
    return Found(end, coming, _clarity_of_weekday(name, is_alone=which == name))


def _clarity_of_weekday(name: str, *, is_alone: bool) -> Clarity:
    if name in WEEKDAYS:
        return Clarity.CLEAR
    if name in WORDLIKE_WEEKDAYS:
        return Clarity.NEEDS_LEAD if is_alone else Clarity.NEEDS_END
    return Clarity.NEEDS_END if is_alone else Clarity.CLEAR


def read_weekend(line: Line, index: int, now: datetime) -> DayFound:
    """Read `weekend`, `this weekend` or `next weekend`: its Saturday, or today if it has begun."""
    which, today = line.word(index), now.date()
    has_word = which in {"this", "next"}
    if line.next_word(index + 1) != "weekend" if has_word else which != "weekend":
        return None
    if line.word(index - 1) in NAMING_WORDS:
        return None
    saturday = days.monday_of(today, 1 if which == "next" else 0) + timedelta(days=_SATURDAY)
    return Found(index + 1 + has_word, Day(max(saturday, today)), Clarity.CLEAR if has_word else Clarity.NEEDS_END)


def read_next_unit(line: Line, index: int, now: datetime) -> DayFound:
    """Read `next week`, `next month` or `next year`: its first day."""
    unit = line.next_word(index + 1)
    if line.word(index) != "next" or unit not in _PERIODS:
        return None
    day = days.start_of_next(now.date(), UNITS[unit])
    return None if day is None else Found(index + 2, Day(day, kind=_PERIODS[unit]))


def read_distance(line: Line, index: int, now: datetime) -> DayFound:
    """Read `in 3 days`, `in a week` or `3 days from now`."""
    is_led = line.word(index) == "in"
    first = index + 1 if is_led else index
    word = line.next_word(first) if is_led else line.word(first)
    number = 1 if word in {"a", "an"} else read_number(word)
    unit = UNITS.get(line.next_word(first + 1))
    end = first + 2 if is_led else skip_from_now(line, first + 2)
    if number is None or unit is None or end is None:
        return None
    day = days.shift(now.date(), number, unit)
    return None if day is None else Found(end, Day(day))


def skip_from_now(line: Line, index: int) -> int | None:
    """Return where `from now` or `from today` ends, or None where neither stands."""
    is_there = line.next_word(index) == "from" and line.next_word(index + 1) in {"now", "today"}
    return index + 2 if is_there else None


def read_end_of_unit(line: Line, index: int, now: datetime) -> DayFound:
    """Read `end of month`, `end of the week`, `end of next year`: its last day."""
    if (line.word(index), line.next_word(index + 1)) != ("end", "of"):
        return None
    which = line.next_word(index + 2)
    end = index + 3 if which in {"the", "this", "next"} else index + 2
    unit = line.next_word(end)
    if unit not in {"week", "month", "year"}:
        return None
    day = days.end_of(now.date(), UNITS[unit], 1 if which == "next" else 0)
    return None if day is None else Found(end + 1, Day(day), Clarity.NEEDS_END)


def read_day_of_month(line: Line, index: int, now: datetime) -> DayFound:
    """Read `15th` of `on the 15th`, but not of `on the 15th floor`."""
    number = read_ordinal(line.word(index))
    following = line.next_word(index + 1)
    is_of_another = following == "of" or following in ALL_WEEKDAYS or following in UNITS
    if number is None or is_of_another or not line.word(index)[0].isdigit():
        return None
    day = days.coming_day_of_month(now.date(), number)
    return None if day is None else Found(index + 1, day, Clarity.NEEDS_LEAD_AND_END)
