"""Reading times of day, `9am`, `21:30`, `noon`, and spans from now, `in 2 hours`."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from app.tasks.quick_add.days import PartOfDay
from app.tasks.quick_add.found import Clarity, Found
from app.tasks.quick_add.named_days import skip_from_now
from app.tasks.quick_add.tokens import Line
from app.tasks.quick_add.vocabulary import MINUTES_OF, read_number

_NAMED = {"noon": time(12), "midnight": time(0)}
_TWELVE_HOURS = re.compile(r"(1[0-2]|0?[1-9])(?:[:.]([0-5][0-9]))?(am|pm|a\.m|p\.m)?")
_TWENTY_FOUR_HOURS = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_HOUR = re.compile(r"[01]?[0-9]|2[0-3]")
_HALVES = frozenset({"am", "pm", "a.m", "p.m"})


@dataclass(frozen=True, slots=True)
class ClockTime:
    """A time of day; `is_bare` when neither minutes nor a half of the day was said with the hour."""

    at: time
    is_bare: bool = False

    def within(self, part: PartOfDay | None) -> time:
        """Return the time; a bare hour of a part of the day after noon is one after noon."""
        if part is not None and part.is_after_noon and self.is_bare and 1 <= self.at.hour < 12:
            return self.at.replace(hour=self.at.hour + 12)
        return self.at


def read_time(line: Line, index: int) -> Found[ClockTime] | None:
    """Read `9am`, `9:30 pm`, `21:30`, `noon` or `midnight`; Noon with a capital is a name."""
    word = line.word(index)
    if word in _NAMED:
        clarity = Clarity.NEEDS_LEAD if line.is_name(index) else Clarity.NEEDS_END
        return Found(index + 1, ClockTime(_NAMED[word]), clarity)
    if match := _TWELVE_HOURS.fullmatch(word):
        is_apart = match[3] is None and line.next_word(index + 1) in _HALVES
        half = line.next_word(index + 1) if is_apart else match[3]
        if half:
            hour = int(match[1]) % 12 + (12 if half.startswith("p") else 0)
            return Found(index + 1 + is_apart, ClockTime(time(hour, int(match[2] or 0))))
    if match := _TWENTY_FOUR_HOURS.fullmatch(word):
        return Found(index + 1, ClockTime(time(int(match[1]), int(match[2]))))
    return None


def read_bare_hour(line: Line, index: int) -> Found[ClockTime] | None:
    """Read the hour of `at 9` or `at 9 o'clock`."""
    word = line.next_word(index)
    if not _HOUR.fullmatch(word):
        return None
    if line.next_word(index + 1) in {"o'clock", "o\u2019clock"}:
        return Found(index + 2, ClockTime(time(int(word)), is_bare=True))
    # "at 9 with Ann" is an appointment.
    clarity = Clarity.CLEAR if line.next_word(index + 1) == "with" else Clarity.NEEDS_END
    return Found(index + 1, ClockTime(time(int(word)), is_bare=True), clarity)


def read_delay(line: Line, index: int, now: datetime) -> Found[datetime] | None:
    """Read `in 30 minutes`, `in half an hour` or `2 hours from now`: the minute, in the zone of `now`."""
    if line.word(index) == "in":
        found = _read_minutes(line, index + 1)
        end = None if found is None else found.end
    else:
        found = _read_minutes(line, index) if read_number(line.word(index)) else None
        end = None if found is None else skip_from_now(line, found.end)
    if found is None or end is None:
        return None
    moment = (now.astimezone(UTC) + timedelta(minutes=found.value)).astimezone(now.tzinfo)
    return Found(end, moment.replace(second=0, microsecond=0))


def _read_minutes(line: Line, index: int) -> Found[int] | None:
    first = line.next_word(index)
    if (first, line.next_word(index + 1), line.next_word(index + 2)) == ("half", "an", "hour"):
        return Found(index + 3, MINUTES_OF["hour"] // 2)
    number = 1 if first in {"a", "an"} else read_number(first)
    minutes = MINUTES_OF.get(line.next_word(index + 1))
    return None if number is None or minutes is None else Found(index + 2, number * minutes)
