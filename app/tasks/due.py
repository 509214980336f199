"""Due dates: a calendar date with an optional time and zone, and the instant that they mean."""

import re
import zoneinfo
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from app.api.schemas import StrictModel
from app.api.timezones import TimeZoneName

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
# What a due date may name. Every instant within these years exists in every zone.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(9998, 12, 31)

# A task that is due on a day is not overdue before the day has passed. Where summer time ends at midnight, the
# last hour comes twice: the second one counts (`fold=1` of PEP 495).
_END_OF_DAY = time(23, 59, 59, fold=1)

# Sorts tasks without a due date behind all others.
NEVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


def check_date(text: str) -> str:
    """Let the text of a calendar day pass."""
    try:
        is_valid = bool(_DATE.fullmatch(text)) and FIRST_DAY <= date.fromisoformat(text) <= LAST_DAY
    except ValueError:
        is_valid = False
    if not is_valid:
        raise ValueError(f"must be a date such as 2026-12-01, from {FIRST_DAY.year} to {LAST_DAY.year}")
    return text


def _check_time(text: str) -> str:
    if not _TIME.fullmatch(text):
        raise ValueError("must be a time such as 09:30")
    return text


class Due(StrictModel):
    """When a task is due. Without a time it is due by the end of the day, without a zone in the user's own."""

    date: Annotated[str, AfterValidator(check_date), Field(examples=["2026-12-01"])]
    time: Annotated[str, AfterValidator(_check_time), Field(examples=["09:30"])] | None = None
    timezone: TimeZoneName | None = None


def due_instant(due: Mapping[str, Any] | None, user_timezone: str) -> datetime | None:
    """Return the instant in UTC.

    A local time that the change to summer time skips means the instant that its offset before the change
    gives; one that occurs twice means the first (`fold=0` of PEP 495).
    """
    if due is None:
        return None
    at = _END_OF_DAY if due["time"] is None else time.fromisoformat(due["time"])
    zone = zoneinfo.ZoneInfo(due["timezone"] or user_timezone)
    return datetime.combine(date.fromisoformat(due["date"]), at, zone).astimezone(UTC)


def local_day_start(day: date, timezone: str) -> datetime:
    """Return the first instant of a calendar day in a zone, in UTC."""
    return datetime.combine(day, time.min, zoneinfo.ZoneInfo(timezone)).astimezone(UTC)
