"""Reading times of day, `9am`, `21:30`, `noon`, and spans from now, `in 2 hours`."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

from app.tasks.quick_add.days import PartOfDay
from app.tasks.quick_add.found import Clarity, Found
from app.tasks.quick_add.named_days import skip_from_now
from app.tasks.quick_add.parts_of_day import read_led_part
from app.tasks.quick_add.tokens import Line
from app.tasks.quick_add.vocabulary import MINUTES_OF, read_number

_NAMED = {"noon": time(12), "midnight": time(0)}
_TWELVE_HOURS = re.compile(r"(1[0-2]|0?[1-9])(?:[:.]([0-5][0-9]))?(am|pm|a\.m|p\.m)?")
_TWENTY_FOUR_HOURS = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_HOUR = re.compile(r"[01]?[0-9]|2[0-3]")
_HALVES = frozenset({"am", "pm", "a.m", "p.m"})


@dataclass(frozen=True, slots=True)
class ClockTime:
    """A time of day; `has_half` when am or pm, or a word that tells as much, was said; `part` was said behind it."""

    at: time
    has_half: bool = False
    part: PartOfDay | None = None

    def within(self, part: PartOfDay | None) -> tuple[time, bool]:
        """Return the time, and whether it lies behind the midnight that ends the day.

        Without am or pm, 1:00 to 12:59 are hours of the part of the day: "at 7:30" in the evening, "at 12" at night.
        """
        if part is None:
            return self.at, False
        if self.has_half or not 1 <= self.at.hour <= 12 or not part.is_after_noon:
            return self.at, self.at < part.ends_next_day
        before_noon = self.at.replace(hour=self.at.hour % 12)
        if before_noon < part.ends_next_day:
            return before_noon, True
        return before_noon.replace(hour=before_noon.hour + 12), False


def read_time(line: Line, index: int) -> Found[ClockTime] | None:
    """Read `9am`, `9:30 pm`, `21:30`, `7:30 in the evening`, `noon` or `midnight`; Noon with a capital is a name."""
    word = line.word(index)
    if word in _NAMED:
        clarity = Clarity.NEEDS_LEAD if line.is_name(index) else Clarity.NEEDS_END
        return Found(index + 1, ClockTime(_NAMED[word], has_half=True), clarity)
    if match := _TWELVE_HOURS.fullmatch(word):
        is_apart = match[3] is None and line.next_word(index + 1) in _HALVES
        half = line.next_word(index + 1) if is_apart else match[3]
        if half:
            hour = int(match[1]) % 12 + (12 if half.startswith("p") else 0)
            return Found(index + 1 + is_apart, ClockTime(time(hour, int(match[2] or 0)), has_half=True))
    if match := _TWENTY_FOUR_HOURS.fullmatch(word):
        return _with_part(line, Found(index + 1, ClockTime(time(int(match[1]), int(match[2])))))
    return None


def read_bare_hour(line: Line, index: int) -> Found[ClockTime] | None:
    """Read the hour of `at 9`, `at 9 o'clock` or `at 9 in the evening`."""
    word = line.next_word(index)
    if not _HOUR.fullmatch(word):
        return None
    if line.next_word(index + 1) in {"o'clock", "o\u2019clock"}:
        return _with_part(line, Found(index + 2, ClockTime(time(int(word)))))
    # "at 9 with Ann" is an appointment.
    clarity = Clarity.CLEAR if line.next_word(index + 1) == "with" else Clarity.NEEDS_END
    return _with_part(line, Found(index + 1, ClockTime(time(int(word))), clarity))


def _with_part(line: Line, found: Found[ClockTime]) -> Found[ClockTime]:
    """Return a time with the part of the day that stands behind it, which makes it clear."""
    part = read_led_part(line, found.end)
    return found if part is None else Found(part.end, replace(found.value, part=part.value))


def read_delay(line: Line, index: int, now: datetime) -> Found[datetime] | None:
    """Read `in 30 minutes`, `in half an hour` or `2 hours from now`: the minute, in the zone of `now`.

    In the hour that comes twice when summer time ends, the second one has no other name than that of UTC.
    """
    if line.word(index) == "in":
        found = _read_minutes(line, index + 1)
        end = None if found is None else found.end
    else:
        found = _read_minutes(line, index) if read_number(line.word(index)) else None
        end = None if found is None else skip_from_now(line, found.end)
    if found is None or end is None:
        return None
    moment = (now.astimezone(UTC) + timedelta(minutes=found.value)).astimezone(now.tzinfo)
    minute = moment.replace(second=0, microsecond=0)
    return Found(end, minute.astimezone(UTC) if minute.fold else minute)


def _read_minutes(line: Line, index: int) -> Found[int] | None:
    first = line.next_word(index)
    if (first, line.next_word(index + 1), line.next_word(index + 2)) == ("half", "an", "hour"):
        return Found(index + 3, MINUTES_OF["hour"] // 2)
    number = 1 if first in {"a", "an"} else read_number(first)
    minutes = MINUTES_OF.get(line.next_word(index + 1))
    return None if number is None or minutes is None else Found(index + 2, number * minutes)
