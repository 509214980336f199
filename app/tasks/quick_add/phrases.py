"""Finding days and times in a line, and being sure that they are meant as such."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from app.tasks.quick_add.clock_times import ClockTime, read_bare_hour, read_time
from app.tasks.quick_add.days import Day
from app.tasks.quick_add.found import Clarity, Found
from app.tasks.quick_add.month_days import read_named_month, read_numeric
from app.tasks.quick_add.named_days import (
    read_day_of_month,
    read_distance,
    read_end_of_unit,
    read_near_day,
    read_next_unit,
    read_part_of_day,
    read_weekday,
    read_weekend,
)
from app.tasks.quick_add.tokens import Line
from app.tasks.quick_add.vocabulary import read_ordinal

_READERS: tuple[Callable[[Line, int, datetime], Found[Day] | None], ...] = (
    read_near_day,
    read_weekday,
    read_weekend,
    read_next_unit,
    read_distance,
    read_named_month,
    read_numeric,
    read_end_of_unit,
    read_day_of_month,
)
# These belong to the day behind them, and make sure that it is one.
_DAY_LEADS = frozenset({"on", "by", "due", "starting"})
_TIME_LEADS = frozenset({"at", "by", "due"})
_SECOND_LEADS = frozenset({"on", "by", "at"})


def find_day(
    line: Line, index: int, now: datetime, *, is_beside: bool = False, may_start: bool = False
) -> Found[Day] | None:
    """Find a day that begins here, with the words that lead to it.

    `is_beside` when a time stands directly before or behind, `may_start` when `from` may lead to it.
    """
    first, has_lead = _skip_day_leads(line, index, may_start=may_start)
    found = read_day(line, first, now)
    if found is None:
        return None
    part = None if found.value.part else read_part_of_day(line, found.end)
    if part is not None:
        return Found(part.end, replace(found.value, part=part.value))
    is_sure = _is_sure(line, found, is_led=has_lead or is_beside)
    return found if is_sure or find_time(line, found.end, now, is_beside=True) else None


def read_day(line: Line, index: int, now: datetime) -> Found[Day] | None:
    """Read a day that begins exactly here, however sure it is."""
    return next((found for read in _READERS if (found := read(line, index, now))), None)


def find_time(line: Line, index: int, now: datetime, *, is_beside: bool = False) -> Found[ClockTime] | None:
    """Find a time that begins here, with the words that lead to it; `is_beside` when a day stands beside it."""
    first, has_lead = _skip_time_leads(line, index)
    found = read_time(line, first)
    if found is None and has_lead and line.word(first - 1) == "at":
        found, has_lead = read_bare_hour(line, first), False  # "at" alone leads to houses as well
    if found is None:
        return None
    is_sure = _is_sure(line, found, is_led=has_lead or is_beside)
    return found if is_sure or find_day(line, found.end, now, is_beside=True) else None


def _skip_time_leads(line: Line, index: int) -> tuple[int, bool]:
    """Return where the time itself may begin, and whether a word that makes sure stands before it."""
    word = line.word(index)
    if word == "for":
        return index + 1, False
    if word not in _TIME_LEADS:
        return index, False
    is_second = word == "due" and line.next_word(index + 1) in _SECOND_LEADS
    return index + 1 + is_second, True


def _skip_day_leads(line: Line, index: int, *, may_start: bool) -> tuple[int, bool]:
    """Return where the day itself may begin, and whether a word that makes sure stands before it."""
    word, first = line.word(index), index
    if word in _DAY_LEADS or (may_start and word == "from"):
        first = index + 1
        if word in {"due", "starting"} and line.next_word(first) in _SECOND_LEADS:
            first += 1
    elif word == "for":
        return index + 1, False
    if (first > index or word in {"at", "over"}) and _has_article(line, max(first, index + 1)):
        first = max(first, index + 1) + 1
    return first, first > index


def _has_article(line: Line, index: int) -> bool:
    following = line.next_word(index + 1)
    return line.next_word(index) == "the" and (following in {"end", "weekend"} or read_ordinal(following) is not None)


def _is_sure(line: Line, found: Found[object], *, is_led: bool) -> bool:
    is_at_end = line.ends_before(found.end)
    if found.clarity is Clarity.NEEDS_LEAD_AND_END:
        return is_led and (is_at_end or bool(line.punctuation(found.end - 1)))
    return found.clarity is Clarity.CLEAR or is_led or (found.clarity is Clarity.NEEDS_END and is_at_end)
