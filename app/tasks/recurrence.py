"""Recurrence of a task: what a caller may set, and which due dates follow."""

import itertools
import zoneinfo
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field

from app.api.schemas import StrictModel
from app.tasks.occurrences import SEARCH_YEARS, days_after
from app.tasks.recurrence_rule import MAX_RULE_LENGTH, RecurrenceRule, canonical_rule, parse_rule

# As they are stored and answered: those of `Due`, and those of `Recurrence` by their names in JSON.
DueMembers = Mapping[str, Any]
RecurrenceMembers = Mapping[str, Any]


class Recurrence(StrictModel):
    """When a task comes again. Its rule is kept in a canonical form."""

    model_config = ConfigDict(serialize_by_alias=True)

    rule: Annotated[
        str,
        Field(
            min_length=1,
            max_length=MAX_RULE_LENGTH,
            description="RFC 5545, section 3.3.10, for days: without HOURLY or BYHOUR and what is finer",
            examples=["FREQ=WEEKLY;BYDAY=MO"],
        ),
        AfterValidator(canonical_rule),
    ]
    basis: Annotated[
        Literal["due", "completion"],
        Field(alias="from", description="Whether the next date is counted from the due date or from the completion"),
    ] = "due"


class RecurrencePatch(StrictModel):
    """A merge patch of a recurrence."""

    model_config = ConfigDict(serialize_by_alias=True)

    rule: str | None = None
    basis: Annotated[str | None, Field(alias="from")] = None


def local_day(instant: datetime, due: DueMembers | None, user_timezone: str) -> date:
    """Return the calendar day of an instant where the task is due, else where the user is."""
    return instant.astimezone(_zone(due, user_timezone)).date()


def following_dues(
    rule: RecurrenceRule, due: DueMembers, user_timezone: str, *, after: date | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the due dates of a series that `due` begins, later than its date and than `after`, until the series ends.

    They keep time and zone: local time moves with the calendar, whatever the clocks do. `due` itself counts as the
    first of COUNT. Ends after `SEARCH_YEARS` years.
    """
    start = date.fromisoformat(due["date"])
    days = itertools.takewhile(
        lambda day: not _is_past(rule.until, day, due, user_timezone),
        days_after(rule, start, max(start, after or start)),
    )
    remaining = None if rule.count is None else rule.count - 1
    return ({**due, "date": day.isoformat()} for day in itertools.islice(days, remaining))


def next_occurrence(
    recurrence: RecurrenceMembers, due: DueMembers | None, completed_at: datetime, user_timezone: str
) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Return due date and recurrence of the task that follows a completed one; None at the end of the series.

    From the due date it is the next date that is not before tomorrow: one completion makes up for all the dates that
    were missed. From completion the series begins anew on that day.
    """
    rule = parse_rule(recurrence["rule"])
    today = local_day(completed_at, due, user_timezone)
    first = first_of_series(recurrence, due, today)
    following = next(following_dues(rule, first, user_timezone, after=today), None)
    if following is None:
        return None
    remaining = rule if rule.count is None else rule.with_count(rule.count - 1)
    return following, {**recurrence, "rule": str(remaining)}


def first_of_series(recurrence: RecurrenceMembers, due: DueMembers | None, today: date) -> dict[str, Any]:
    """Return the due date from which the next ones are counted, for a task that is completed today."""
    if due is not None and recurrence["from"] == "due":
        return dict(due)
    return {"time": None, "timezone": None, **(due or {}), "date": today.isoformat()}


def check_comes_again(recurrence: RecurrenceMembers, start: date) -> None:
    """Raise `ValueError` for a rule that matches no day after `start` within the years that are searched.

    COUNT and UNTIL do not matter: the last task of a series has none behind it.
    """
    if next(days_after(parse_rule(recurrence["rule"]), start, start), None) is None:
        raise ValueError(f"matches no day within {SEARCH_YEARS} years after {start}")


def _zone(due: DueMembers | None, user_timezone: str) -> zoneinfo.ZoneInfo:
    return zoneinfo.ZoneInfo((due or {}).get("timezone") or user_timezone)


def _is_past(until: date | datetime | None, day: date, due: DueMembers, user_timezone: str) -> bool:
    """Whether a day lies beyond UNTIL, which is compared in local time; without a time, by the day."""
    if until is None:
        return False
    if not isinstance(until, datetime):
        return day > until
    local = until if until.tzinfo is None else until.astimezone(_zone(due, user_timezone)).replace(tzinfo=None)
    if due["time"] is None:
        return day > local.date()
    return datetime.combine(day, time.fromisoformat(due["time"])) > local
