"""Finding days and times in a line, and being sure that they are meant as such."""

from datetime import datetime

from app.tasks.quick_add.clock_times import ClockTime, read_bare_hour, read_time
from app.tasks.quick_add.days import Day, DayKind
from app.tasks.quick_add.found import Clarity, Found, is_sure
from app.tasks.quick_add.paired_days import read_day
from app.tasks.quick_add.parts_of_day import begins_name
from app.tasks.quick_add.tokens import Line
from app.tasks.quick_add.vocabulary import read_ordinal

# These belong to the day behind them, and make sure that it is one.
_DAY_LEADS = frozenset({"on", "by", "due", "starting"})
_TIME_LEADS = frozenset({"at", "by", "due"})
_SECOND_LEADS = frozenset({"on", "by", "at"})


def find_day(
    line: Line, index: int, now: datetime, *, is_beside: bool = False, may_start: bool = False
) -> Found[Day] | None:
    """Find a day that begins here, with the words that lead to it.

    `is_beside` when a time stands directly before or behind, `may_start` when `from` may lead to it. A day that is
    `CONTRADICTED` by the one behind it is found with it, and is no day on which anything is due.
    """
    first, has_lead = _skip_day_leads(line, index, may_start=may_start)
    found = read_day(line, first, now)
    if found is None or found.clarity is Clarity.CONTRADICTED:
        return found
    if found.value.kind is DayKind.WEEKDAY and begins_name(line, found.end):
        return None
    is_meant = is_sure(line, found, is_led=has_lead or is_beside)
    return found if is_meant or find_time(line, found.end, now, is_beside=True) else None


def find_time(line: Line, index: int, now: datetime, *, is_beside: bool = False) -> Found[ClockTime] | None:
    """Find a time that begins here, with the words that lead to it; `is_beside` when a day stands beside it."""
    first, has_lead = _skip_time_leads(line, index)
    found = read_time(line, first)
    if found is None and has_lead and line.word(first - 1) == "at":
        found, has_lead = read_bare_hour(line, first), False  # "at" alone leads to houses as well
    if found is None:
        return None
    is_meant = is_sure(line, found, is_led=has_lead or is_beside)
    return found if is_meant or _has_day(line, found.end, now) else None


def _has_day(line: Line, index: int, now: datetime) -> bool:
    day = find_day(line, index, now, is_beside=True)
    return day is not None and day.clarity is not Clarity.CONTRADICTED


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
