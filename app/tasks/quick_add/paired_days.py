"""Reading two days that say together which one is meant: `Friday, 18 December`, `monday next week`."""

from dataclasses import replace
from datetime import datetime

from app.tasks.quick_add import days
from app.tasks.quick_add.clock_times import read_time
from app.tasks.quick_add.days import Day, DayKind
from app.tasks.quick_add.found import Clarity, Found, is_sure
from app.tasks.quick_add.parts_of_day import read_part_of_day
from app.tasks.quick_add.single_days import read_single_day
from app.tasks.quick_add.tokens import Line
from app.tasks.quick_add.vocabulary import Unit, read_ordinal

_SINGLE = frozenset({DayKind.DATE, DayKind.TODAY, DayKind.DAY_OF_MONTH})
# Which days a period says more closely. The first Friday of a month is not what "friday next month" must mean.
_PERIODS: dict[DayKind, tuple[Unit, frozenset[DayKind]]] = {
    DayKind.WEEK: ("week", _SINGLE | {DayKind.WEEKDAY}),
    DayKind.MONTH: ("month", _SINGLE),
    DayKind.YEAR: ("year", frozenset({DayKind.DATE})),
}


def read_day(line: Line, index: int, now: datetime) -> Found[Day] | None:
    """Read a day, or two that go together, with the part of the day, however sure it is.

    It is `CONTRADICTED` if another one stands directly behind it with which it does not go together.
    """
    first = read_single_day(line, index, now)
    if first is None:
        return None
    first = _with_part(line, first)
    second = find_second(line, first, now)
    if second is None:
        return first
    joined = join_days(first.value, second.value)
    if joined is not None:
        return _with_part(line, Found(second.end, joined))
    return Found(second.end, first.value, Clarity.CONTRADICTED) if _is_meant(line, index, first) else first


def _may_pair(first: Day, second: Day, punctuation: str) -> bool:
    """Whether two days can be one phrase; with a comma between them only the name of a day and a date can."""
    kinds = {first.kind, second.kind}
    is_name_with_date = DayKind.WEEKDAY in kinds and not kinds.isdisjoint(_SINGLE)
    return not punctuation or (punctuation == "," and is_name_with_date)


def join_days(first: Day, second: Day) -> Day | None:
    """Return the day that two say together, or None if they contradict each other."""
    day = _find_common(first, second) or _find_common(second, first)
    return None if day is None else replace(day, later=None, part=first.part or second.part)


def _find_common(one: Day, other: Day) -> Day | None:
    if one.kind in _PERIODS:
        unit, kinds = _PERIODS[one.kind]
        choices = [day for day in (other.day, other.later) if day is not None and days.start_of(day, unit) == one.day]
        return replace(other, day=choices[0]) if choices and other.kind in kinds else None
    if other.kind not in _SINGLE:
        return None
    is_same = one.day.weekday() == other.day.weekday() if one.kind is DayKind.WEEKDAY else one.day == other.day
    return other if is_same else None


def find_second(line: Line, first: Found[Day], now: datetime) -> Found[Day] | None:
    """Find a day directly behind another one that is sure to be one, or that goes together with it."""
    is_led = line.next_word(first.end, ",") == "on"
    at = first.end + is_led
    if line.next_word(at, ",") == "the" and read_ordinal(line.next_word(at + 1)) is not None:
        at, is_led = at + 1, True
    if not line.next_word(at, "," if at == first.end else ""):
        return None
    second = read_single_day(line, at, now) or _read_this_week(line, at, now)
    if second is None or not _may_pair(first.value, second.value, line.punctuation(first.end - 1)):
        return None
    if join_days(first.value, second.value) is None:
        return second if is_sure(line, second, is_led=is_led) else None
    is_clear = second.clarity in {Clarity.CLEAR, Clarity.NEEDS_END}
    return second if is_clear or _ends_phrase(line, second.end) else None


def _read_this_week(line: Line, index: int, now: datetime) -> Found[Day] | None:
    if (line.word(index), line.next_word(index + 1)) != ("this", "week"):
        return None
    return Found(index + 2, Day(days.monday_of(now.date()), kind=DayKind.WEEK))


def _ends_phrase(line: Line, index: int) -> bool:
    has_time = line.next_word(index) == "at" or read_time(line, index) is not None
    return line.ends_before(index) or bool(line.punctuation(index - 1)) or has_time


def _is_meant(line: Line, index: int, found: Found[Day]) -> bool:
    """Whether a day is one rather than another word, such as "sun", so that it can be contradicted."""
    is_led = line.word(index - 1) == "on"
    is_name = found.clarity is Clarity.NEEDS_END or line.is_name(index)
    return is_sure(line, found, is_led=is_led) or (found.value.kind is DayKind.WEEKDAY and is_name)


def _with_part(line: Line, found: Found[Day]) -> Found[Day]:
    """Return a day with the part of it that stands behind it, which makes it clear."""
    part = None if found.value.part else read_part_of_day(line, found.end)
    return found if part is None else Found(part.end, replace(found.value, part=part.value))
