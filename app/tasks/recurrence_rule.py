"""Recurrence rules (RFC 5545, section 3.3.10): the parts that a task may use, read from text and written back."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Final, Literal

# Longer than a rule that names every day of a month, and week days beside them.
MAX_RULE_LENGTH = 500
# Two years and nine months of days; in larger units nobody plans that far.
MAX_INTERVAL = 1_000
# A daily task for 27 years.
MAX_COUNT = 10_000
# The years of due dates (`app.tasks.due`).
_FIRST_YEAR, _LAST_YEAR = 1900, 9998

WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MAX_WEEKS_OF_YEAR = 53
MAX_WEEKS_OF_MONTH = 5

Frequency = Literal["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]

_FREQUENCIES: Final[Mapping[str, Frequency]] = {
    "DAILY": "DAILY",
    "WEEKLY": "WEEKLY",
    "MONTHLY": "MONTHLY",
    "YEARLY": "YEARLY",
}
_FASTER = frozenset({"SECONDLY", "MINUTELY", "HOURLY"})
_PARTS_OF_DAY = frozenset({"BYHOUR", "BYMINUTE", "BYSECOND"})
# The order of the canonical form.
_PARTS = (
    *("FREQ", "INTERVAL", "COUNT", "UNTIL", "BYMONTH", "BYWEEKNO", "BYYEARDAY", "BYMONTHDAY", "BYDAY", "BYSETPOS"),
    "WKST",
)
_LARGEST = {"BYMONTH": 12, "BYWEEKNO": 53, "BYYEARDAY": 366, "BYMONTHDAY": 31, "BYSETPOS": 366}
# The table of RFC 5545, section 3.3.10: what says nothing beside other frequencies.
_ALLOWED_WITH: Mapping[str, tuple[Frequency, ...]] = {
    "BYWEEKNO": ("YEARLY",),
    "BYYEARDAY": ("YEARLY",),
    "BYMONTHDAY": ("DAILY", "MONTHLY", "YEARLY"),
}
_NUMBER = re.compile(r"[0-9]{1,5}", re.ASCII)
_SIGNED_NUMBER = re.compile(r"[+-]?[0-9]{1,3}", re.ASCII)
_DAY = re.compile(rf"([+-]?[0-9]{{1,2}})?({'|'.join(WEEKDAYS)})", re.ASCII)
_UNTIL = re.compile(r"[0-9]{8}(T[0-9]{6}Z?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class RecurrenceRule:
    """A rule. Week days count from Monday (0); a day of `by_day` is (ordinal, or 0 for every one, week day).

    `until` is a day, an instant in UTC, or a local time without a zone.
    """

    frequency: Frequency
    interval: int = 1
    count: int | None = None
    until: date | datetime | None = None
    by_month: tuple[int, ...] = ()
    by_week: tuple[int, ...] = ()
    by_year_day: tuple[int, ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_day: tuple[tuple[int, int], ...] = ()
    by_position: tuple[int, ...] = ()
    week_start: int = 0

    @property
    def names_days(self) -> bool:
        """Whether any part says on which days, so that none need be taken from the beginning of the series."""
        return bool(self.by_week or self.by_year_day or self.by_month_day or self.by_day)

    @property
    def counts_weekdays_in_months(self) -> bool:
        """Whether an ordinal of `by_day` counts within a month; otherwise it does within the year."""
        return self.frequency == "MONTHLY" or bool(self.by_month)

    def with_count(self, count: int | None) -> "RecurrenceRule":
        """Return the same rule for so many occurrences."""
        return replace(self, count=count)

    def __str__(self) -> str:
        """Return the canonical text: equal rules have equal texts."""
        values = {
            "FREQ": self.frequency,
            "INTERVAL": "" if self.interval == 1 else str(self.interval),
            "COUNT": "" if self.count is None else str(self.count),
            "UNTIL": _format_until(self.until),
            "BYMONTH": _join(self.by_month),
            "BYWEEKNO": _join(self.by_week),
            "BYYEARDAY": _join(self.by_year_day),
            "BYMONTHDAY": _join(self.by_month_day),
            "BYDAY": ",".join(f"{ordinal or ''}{WEEKDAYS[day]}" for ordinal, day in self.by_day),
            "BYSETPOS": _join(self.by_position),
            "WKST": WEEKDAYS[self.week_start] if self.week_start else "",
        }
        return ";".join(f"{name}={values[name]}" for name in _PARTS if values[name])


def parse_rule(text: str) -> RecurrenceRule:
    """Read a rule, in whatever case, with or without `RRULE:` ahead of it.

    Raises `ValueError` with a sentence for whoever wrote it.
    """
    parts = _split(text)
    rule = RecurrenceRule(
        frequency=_read_frequency(parts),
        interval=_read_bounded(parts, "INTERVAL", MAX_INTERVAL) or 1,
        count=_read_bounded(parts, "COUNT", MAX_COUNT),
        until=_read_until(parts["UNTIL"]) if "UNTIL" in parts else None,
        by_month=_read_numbers(parts, "BYMONTH"),
        by_week=_read_numbers(parts, "BYWEEKNO"),
        by_year_day=_read_numbers(parts, "BYYEARDAY"),
        by_month_day=_read_numbers(parts, "BYMONTHDAY"),
        by_day=_read_days(parts),
        by_position=_read_numbers(parts, "BYSETPOS"),
        week_start=_read_week_start(parts),
    )
    _check_together(rule, parts)
    return rule


def canonical_rule(text: str) -> str:
    """Return the canonical text of a rule. Raises `ValueError` as `parse_rule` does."""
    return str(parse_rule(text))


def _split(text: str) -> dict[str, str]:
    if not text.isascii():
        raise ValueError("must be a rule such as FREQ=WEEKLY;BYDAY=MO, in ASCII")
    parts: dict[str, str] = {}
    for part in text.upper().removeprefix("RRULE:").split(";"):
        name, equals, value = part.partition("=")
        if not (name and equals and value):
            raise ValueError("must be parts such as FREQ=WEEKLY, joined by ';'")
        if name in _PARTS_OF_DAY:
            raise ValueError(f"{name} is not supported: the time of day is that of the due date")
        if name not in _PARTS:
            raise ValueError(f"'{name[:20]}' is no part of a rule; there are {', '.join(_PARTS)}")
        if name in parts:
            raise ValueError(f"{name} stands there twice; give it once, with values joined by ','")
        parts[name] = value
    return parts


def _read_frequency(parts: Mapping[str, str]) -> Frequency:
    name = parts.get("FREQ", "")
    if name in _FASTER:
        raise ValueError(f"FREQ={name} is not supported: a task recurs once a day at most")
    if name not in _FREQUENCIES:
        raise ValueError(f"must have a FREQ, which is one of {', '.join(_FREQUENCIES)}")
    return _FREQUENCIES[name]


def _read_bounded(parts: Mapping[str, str], name: str, largest: int) -> int | None:
    if name not in parts:
        return None
    number = int(parts[name]) if _NUMBER.fullmatch(parts[name]) else 0
    if not 1 <= number <= largest:
        raise ValueError(f"{name} must be a number from 1 to {largest}")
    return number


def _read_until(text: str) -> date | datetime:
    try:
        if not _UNTIL.fullmatch(text):
            raise ValueError
        until: date | datetime
        if "T" in text:
            moment = datetime.strptime(text.removesuffix("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007 - local without a Z
            until = moment.replace(tzinfo=UTC) if text.endswith("Z") else moment
        else:
            until = date(int(text[:4]), int(text[4:6]), int(text[6:]))
        if not _FIRST_YEAR <= until.year <= _LAST_YEAR:
            raise ValueError
    except ValueError:
        raise ValueError("UNTIL must be a day such as 20261231 or an instant such as 20261231T225900Z") from None
    return until


def _read_numbers(parts: Mapping[str, str], name: str) -> tuple[int, ...]:
    largest = _LARGEST[name]
    is_signed = name != "BYMONTH"
    numbers = set()
    for text in parts[name].split(",") if name in parts else ():
        number = int(text) if _SIGNED_NUMBER.fullmatch(text) else 0
        if not 1 <= abs(number) <= largest or (number < 0 and not is_signed):
            backwards = f", or from -{largest} to -1 to count from the end" if is_signed else ""
            raise ValueError(f"{name} must be numbers from 1 to {largest}{backwards}, joined by ','")
        numbers.add(number)
    return tuple(sorted(numbers, key=_from_the_start_first))


def _from_the_start_first(number: int) -> tuple[bool, int]:
    return number < 0, number


def _read_days(parts: Mapping[str, str]) -> tuple[tuple[int, int], ...]:
    days = set()
    for text in parts["BYDAY"].split(",") if "BYDAY" in parts else ():
        match = _DAY.fullmatch(text)
        ordinal = int(match[1] or 0) if match else 0
        if match is None or (match[1] and not 1 <= abs(ordinal) <= MAX_WEEKS_OF_YEAR):
            raise ValueError("BYDAY must be week days such as MO or, counted in a month or year, 2MO or -1FR")
        days.add((ordinal, WEEKDAYS.index(match[2])))
    return tuple(sorted(days, key=lambda day: (_from_the_start_first(day[0]), day[1])))


def _read_week_start(parts: Mapping[str, str]) -> int:
    name = parts.get("WKST", WEEKDAYS[0])
    if name not in WEEKDAYS:
        raise ValueError(f"WKST must be one of {', '.join(WEEKDAYS)}")
    return WEEKDAYS.index(name)


def _check_together(rule: RecurrenceRule, parts: Mapping[str, str]) -> None:
    """Refuse parts that RFC 5545 does not allow beside each other."""
    if rule.count is not None and rule.until is not None:
        raise ValueError("COUNT and UNTIL exclude each other")
    for name, frequencies in _ALLOWED_WITH.items():
        if name in parts and rule.frequency not in frequencies:
            raise ValueError(f"{name} goes with FREQ={' or '.join(frequencies)} alone")
    if rule.by_position and not (rule.names_days or rule.by_month):
        raise ValueError("BYSETPOS chooses among what another part such as BYDAY selects; give one")
    longest = _longest_period(rule)
    if any(abs(position) > longest for position in rule.by_position):
        raise ValueError(f"BYSETPOS must not count beyond {longest}: no period of this rule has more days")
    _check_ordinals(rule)


def _longest_period(rule: RecurrenceRule) -> int:
    """Return how many days the rule can select in one of its periods."""
    if rule.frequency == "WEEKLY":
        return len(rule.by_day) or 1
    return {"DAILY": 1, "MONTHLY": 31, "YEARLY": 366}[rule.frequency]


def _check_ordinals(rule: RecurrenceRule) -> None:
    ordinals = [abs(ordinal) for ordinal, _ in rule.by_day if ordinal]
    if not ordinals:
        return
    if rule.frequency not in {"MONTHLY", "YEARLY"}:
        raise ValueError("BYDAY with a number, such as 2MO, goes with FREQ=MONTHLY or YEARLY alone")
    if rule.by_week:
        raise ValueError("BYDAY with a number, such as 2MO, does not go with BYWEEKNO")
    if rule.counts_weekdays_in_months and max(ordinals) > MAX_WEEKS_OF_MONTH:
        raise ValueError(f"BYDAY must not count beyond {MAX_WEEKS_OF_MONTH} in a month")


def _join(numbers: tuple[int, ...]) -> str:
    return ",".join(map(str, numbers))


def _format_until(until: date | datetime | None) -> str:
    if until is None:
        return ""
    if not isinstance(until, datetime):
        return f"{until:%Y%m%d}"
    return f"{until:%Y%m%dT%H%M%S}{'Z' if until.tzinfo else ''}"
