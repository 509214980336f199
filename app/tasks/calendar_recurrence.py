"""Recurring tasks as calendars have them: a series that begins with the due date, in local time."""

import zoneinfo
from dataclasses import replace
from datetime import UTC, date, datetime, time

from app.data.database import Document
from app.tasks.recurrence import DueMembers
from app.tasks.recurrence_rule import parse_rule

# UNTIL as a day includes it (RFC 5545, section 3.3.10).
_LAST_SECOND = time(23, 59, 59)


def is_series(task: Document) -> bool:
    """Whether a task recurs from its due date; from its completion, it has no dates before it is completed."""
    recurrence = task.get("recurrence")
    return recurrence is not None and recurrence["from"] == "due"


def calendar_rule(task: Document, user_timezone: str) -> str:
    """Return the RRULE of a task that is a series."""
    rule, due = parse_rule(task["recurrence"]["rule"]), task["due"]
    return str(rule if rule.until is None else replace(rule, until=_until(rule.until, due, user_timezone)))


def local_start(due: DueMembers, user_timezone: str) -> datetime:
    """Return date and time of a due date that has both, in its zone: local time stays when the clocks change."""
    return datetime.combine(
        date.fromisoformat(due["date"]), time.fromisoformat(due["time"]), _zone(due, user_timezone)
    )


def _until(until: date | datetime, due: DueMembers, user_timezone: str) -> date | datetime:
    """Return UNTIL as the RFC has it: a day for events of a day, an instant in UTC for those with a time."""
    zone = _zone(due, user_timezone)
    if isinstance(until, datetime):
        local = until.replace(tzinfo=zone) if until.tzinfo is None else until.astimezone(zone)
    else:
        local = datetime.combine(until, _LAST_SECOND, zone)
    return local.date() if due["time"] is None else local.astimezone(UTC)


def _zone(due: DueMembers, user_timezone: str) -> zoneinfo.ZoneInfo:
    return zoneinfo.ZoneInfo(due["timezone"] or user_timezone)
