"""Reading days of a month: `dec 24`, `24th of December 2027`, `2026-12-24`, `24.12.`, `24/12`."""

import re
from datetime import date, datetime

from app.tasks.quick_add import days
from app.tasks.quick_add.days import Day
from app.tasks.quick_add.found import Clarity, Found
from app.tasks.quick_add.tokens import Line
from app.tasks.quick_add.vocabulary import MONTHS, WORDLIKE_MONTHS, read_ordinal

_DAY_NUMBER = re.compile(r"(3[01]|[12][0-9]|0?[1-9])(st|nd|rd|th)?")
_YEAR = re.compile(r"(?:19|[2-9][0-9])[0-9]{2}")
_ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_DOTTED = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})(?:\.([0-9]{4}|[0-9]{2}))?")
_SLASHED = re.compile(r"([0-9]{1,2})/([0-9]{1,2})(?:/([0-9]{4}|[0-9]{2}))?")
# Years of two digits are those of this century.
_CENTURY = 2000
# Said much more often of shares, and of what never closes.
_NO_DATES = frozenset({"1/2", "1/3", "2/3", "1/4", "3/4", "24/7"})


def read_month_day(line: Line, index: int) -> Found[tuple[int, int]] | None:
    """Read a month and a day of it in either order; the value is (month, day)."""
    first = index + 1 if line.word(index) == "the" and read_ordinal(line.next_word(index + 1)) else index
    return _read_day_first(line, first) or (_read_month_first(line, index) if first == index else None)


def _read_day_first(line: Line, index: int) -> Found[tuple[int, int]] | None:
    number = _DAY_NUMBER.fullmatch(line.word(index))
    if number is None:
        return None
    at = index + 2 if line.next_word(index + 1) == "of" else index + 1
    month = line.next_word(at)
    if month not in MONTHS:
        return None
    clarity = _clarity_of_month(line, at, is_ordinal=number[2] is not None)
    return Found(at + 1, (MONTHS[month], int(number[1])), clarity)


def _read_month_first(line: Line, index: int) -> Found[tuple[int, int]] | None:
    month = line.word(index)
    number = _DAY_NUMBER.fullmatch(line.next_word(index + 1, "."))
    if month not in MONTHS or number is None:
        return None
    clarity = _clarity_of_month(line, index, is_ordinal=number[2] is not None)
    return Found(index + 2, (MONTHS[month], int(number[1])), clarity)


def _clarity_of_month(line: Line, index: int, *, is_ordinal: bool) -> Clarity:
    is_clear = is_ordinal or line.word(index) not in WORDLIKE_MONTHS or line.is_name(index)
    return Clarity.CLEAR if is_clear else Clarity.NEEDS_END


def read_named_month(line: Line, index: int, now: datetime) -> Found[Day] | None:
    """Read a month and a day with or without a year; without one it is the next such day."""
    found = read_month_day(line, index)
    if found is None:
        return None
    month, day_of_month = found.value
    year = line.next_word(found.end, ",")
    if _YEAR.fullmatch(year):
        if not days.exists(int(year), month, day_of_month):
            return None
        return Found(found.end + 1, Day(date(int(year), month, day_of_month)))
    day = days.coming_month_day(now.date(), month, day_of_month)
    return None if day is None else Found(found.end, day, found.clarity)


def read_numeric(line: Line, index: int, now: datetime) -> Found[Day] | None:
    """Read a day in digits: ISO 8601, or the day first, but for `12/24`, of which no month is the second number.

    `24.12` without the dot behind it is a number; `24/12` without a year could be a share.
    """
    word = line.word(index)
    if match := _ISO_DATE.fullmatch(word):
        year, month, day_of_month = map(int, match.groups())
        return _exact(index, year, month, day_of_month)
    if match := _DOTTED.fullmatch(word):
        if match[3] is None and line.punctuation(index)[:1] != ".":
            return None
        return _from_parts(index, match, now, Clarity.CLEAR)
    if match := _SLASHED.fullmatch(word):
        clarity = Clarity.NEEDS_LEAD if word in _NO_DATES else Clarity.NEEDS_END
        return _from_parts(index, match, now, clarity)
    return None


def _from_parts(index: int, match: re.Match[str], now: datetime, clarity: Clarity) -> Found[Day] | None:
    day_of_month, month = int(match[1]), int(match[2])
    if month > len("JFMAMJJASOND") and "/" in match[0]:
        day_of_month, month = month, day_of_month
    if match[3] is not None:
        year = int(match[3]) if len(match[3]) == len("2026") else _CENTURY + int(match[3])
        return _exact(index, year, month, day_of_month)
    day = days.coming_month_day(now.date(), month, day_of_month)
    return None if day is None else Found(index + 1, day, clarity)


def _exact(index: int, year: int, month: int, day_of_month: int) -> Found[Day] | None:
    return Found(index + 1, Day(date(year, month, day_of_month))) if days.exists(year, month, day_of_month) else None
