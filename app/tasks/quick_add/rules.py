"""Recurrence rules (RFC 5545, section 3.3.10) as quick add makes them, and their first day."""

from dataclasses import dataclass
from datetime import date, datetime, time

from dateutil.rrule import rrulestr

_WEEKDAY_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_FREQUENCIES = {"day": "DAILY", "week": "WEEKLY", "month": "MONTHLY", "year": "YEARLY"}


@dataclass(frozen=True, slots=True)
class Rule:
    """Every so many units, on these days.

    `weekdays` are pairs of ordinal and weekday (Monday is 0); the ordinal is 0 for each one, -1 for the last one of a
    month. `month_days` count from 1, or back from -1. `is_from_completion` tells what the next one is counted from.
    """

    unit: str
    interval: int = 1
    weekdays: tuple[tuple[int, int], ...] = ()
    month_days: tuple[int, ...] = ()
    month: int | None = None
    is_from_completion: bool = False

    def to_text(self, until: date | None = None, count: int | None = None) -> str:
        """Return the rule, which ends after a day or after so many times."""
        parts = {
            "FREQ": _FREQUENCIES[self.unit],
            "INTERVAL": "" if self.interval == 1 else str(self.interval),
            "COUNT": "" if count is None else str(count),
            "UNTIL": "" if until is None else f"{until:%Y%m%d}",
            "BYMONTH": "" if self.month is None else str(self.month),
            "BYMONTHDAY": ",".join(map(str, self.month_days)),
            "BYDAY": ",".join(f"{ordinal or ''}{_WEEKDAY_CODES[weekday]}" for ordinal, weekday in self.weekdays),
        }
        return ";".join(f"{name}={value}" for name, value in parts.items() if value)

    def first_day(self, start: date) -> date:
        """Return the first day from `start` on that the rule names, whatever its interval."""
        every = Rule(self.unit, 1, self.weekdays, self.month_days, self.month).to_text()
        first = next(iter(rrulestr(every, dtstart=datetime.combine(start, time.min))), None)
        return start if first is None else first.date()


def on_weekdays(weekdays: list[int], interval: int = 1) -> Rule:
    """Return the rule of some days of each week, or of every so manieth week."""
    return Rule("week", interval, tuple((0, weekday) for weekday in sorted(set(weekdays))))
