"""Which due date follows another one: by the rule, in local time, after today, and no longer than the series goes."""

import itertools
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from app.tasks.due import due_instant
from app.tasks.recurrence import Recurrence, check_comes_again, following_dues, next_occurrence
from app.tasks.recurrence_rule import RecurrenceRule, parse_rule
from tests.factories.recurrence_rules import rules

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ZONES = st.sampled_from(
    [
        *("UTC", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati", "Pacific/Apia", "America/Santiago"),
        *("Australia/Lord_Howe", "Asia/Kathmandu", "America/Havana", "Africa/Casablanca"),
    ]
)


def due(day: str, at: str | None = None, timezone: str | None = None) -> dict[str, Any]:
    return {"date": day, "time": at, "timezone": timezone}


def following(
    rule: str, current: dict[str, Any] | None, at: datetime = NOON, *, basis: str = "due", timezone: str = "UTC"
) -> tuple[str, str] | None:
    """Date and rule of the task that follows one that is completed at an instant."""
    step = next_occurrence({"rule": rule, "from": basis}, current, at, timezone)
    return None if step is None else (step[0]["date"], step[1]["rule"])


def dates(rule: str, current: dict[str, Any], number: int = 20, timezone: str = "UTC") -> list[str]:
    dues = following_dues(parse_rule(rule), current, timezone)
    return [following["date"] for following in itertools.islice(dues, number)]


class TestFromTheDueDate:
    def test_the_next_date_follows_the_due_one(self) -> None:
        assert following("FREQ=WEEKLY", due("2026-11-23")) == ("2026-11-30", "FREQ=WEEKLY")

    def test_a_task_that_was_done_ahead_of_time_skips_nothing(self) -> None:
        assert following("FREQ=WEEKLY", due("2026-11-27")) == ("2026-12-04", "FREQ=WEEKLY")

    def test_a_task_that_is_long_overdue_makes_up_for_all_that_was_missed(self) -> None:
        assert following("FREQ=DAILY", due("2026-01-01", "09:00")) == ("2026-11-24", "FREQ=DAILY")

    def test_a_task_that_is_long_overdue_keeps_in_step(self) -> None:
        assert following("FREQ=WEEKLY;INTERVAL=2", due("2026-01-01")) == ("2026-12-03", "FREQ=WEEKLY;INTERVAL=2")

    @pytest.mark.parametrize(
        ("timezone", "day"), [("Pacific/Kiritimati", "2026-11-25"), ("Pacific/Pago_Pago", "2026-11-24")]
    )
    def test_today_is_the_day_where_the_task_is_due(self, timezone: str, day: str) -> None:
        assert following("FREQ=DAILY", due("2026-11-01", None, timezone)) == (day, "FREQ=DAILY")
        assert following("FREQ=DAILY", due("2026-11-01"), timezone=timezone) == (day, "FREQ=DAILY")


class TestFromTheCompletion:
    def test_the_next_date_follows_that_day_whenever_the_task_was_due(self) -> None:
        for day in ("2026-01-01", "2027-01-01"):
            assert following("FREQ=DAILY;INTERVAL=3", due(day), basis="completion") == (
                "2026-11-26",
                "FREQ=DAILY;INTERVAL=3",
            )

    def test_that_day_is_the_one_where_the_task_is_due(self) -> None:
        current = due("2026-01-01", "09:00", "Pacific/Kiritimati")

        assert following("FREQ=DAILY", current, basis="completion") == ("2026-11-25", "FREQ=DAILY")

    def test_a_task_without_a_due_date_gets_one_without_a_time(self) -> None:
        step = next_occurrence({"rule": "FREQ=DAILY", "from": "completion"}, None, NOON, "Pacific/Kiritimati")

        assert step == (due("2026-11-25"), {"rule": "FREQ=DAILY", "from": "completion"})


class TestTimeAndZone:
    @pytest.mark.parametrize("basis", ["due", "completion"])
    @given(zone=ZONES, at=st.times(), rule=rules(), on=st.dates(date(2000, 1, 1), date(2030, 12, 31)))
    @settings(max_examples=100, deadline=None)
    def test_stay_while_the_date_moves(self, basis: str, zone: str, at: time, rule: RecurrenceRule, on: date) -> None:
        current = due(str(on), f"{at:%H:%M}", zone)

        step = next_occurrence({"rule": str(rule), "from": basis}, current, NOON, "Asia/Tokyo")

        assume(step is not None)
        assert step is not None
        assert step[0] == {**current, "date": step[0]["date"]}
        assert step[0]["date"] > str(NOON.astimezone(ZoneInfo(zone)).date())

    @given(zone=ZONES, at=st.times(), interval=st.integers(1, 40), on=st.dates(date(2000, 1, 1), date(2030, 12, 31)))
    @settings(max_examples=200, deadline=None)
    def test_mean_the_instants_of_dateutil(self, zone: str, at: time, interval: int, on: date) -> None:
        """dateutil steps in local time as well, and takes the same instants where the clocks skip or repeat it."""
        current, text = due(str(on), f"{at:%H:%M}", zone), f"FREQ=DAILY;INTERVAL={interval};COUNT=60"
        opening = datetime.combine(on, time.fromisoformat(f"{at:%H:%M}"), ZoneInfo(zone))

        instants = [due_instant(following, "UTC") for following in following_dues(parse_rule(text), current, "UTC")]

        assert instants == [moment.astimezone(UTC) for moment in rrulestr(text, dtstart=opening)][1:]

    def test_do_not_mean_a_multiple_of_24_hours(self) -> None:
        """The control: the clocks do change between these dates."""
        current = due("2026-03-28", "09:00", "Europe/Berlin")
        (later,) = following_dues(parse_rule("FREQ=DAILY;COUNT=2"), current, "UTC")

        instants = [due_instant(members, "UTC") for members in (current, later)]

        assert [instant.hour for instant in instants if instant] == [8, 7]


class TestCount:
    def test_is_one_less_each_time_and_ends_the_series(self) -> None:
        current, rule, seen = due("2026-11-23"), "FREQ=DAILY;COUNT=3", []
        while step := next_occurrence({"rule": rule, "from": "due"}, current, NOON, "UTC"):
            current, rule = step[0], step[1]["rule"]
            seen.append((current["date"], rule))

        assert seen == [("2026-11-24", "FREQ=DAILY;COUNT=2"), ("2026-11-25", "FREQ=DAILY;COUNT=1")]

    def test_counts_tasks_and_no_dates_that_were_missed(self) -> None:
        assert following("FREQ=DAILY;COUNT=3", due("2026-01-01")) == ("2026-11-24", "FREQ=DAILY;COUNT=2")

    def test_counts_the_present_task(self) -> None:
        assert dates("FREQ=DAILY;COUNT=3", due("2026-11-23")) == ["2026-11-24", "2026-11-25"]
        assert dates("FREQ=DAILY;COUNT=1", due("2026-11-23")) == []


class TestUntil:
    @pytest.mark.parametrize(
        ("until", "current", "timezone", "last"),
        [
            ("20261125", due("2026-11-23"), "UTC", "2026-11-25"),
            ("20261125", due("2026-11-23", "23:59"), "UTC", "2026-11-25"),
            ("20261125T090000Z", due("2026-11-23", "09:00"), "UTC", "2026-11-25"),
            ("20261125T085959Z", due("2026-11-23", "09:00"), "UTC", "2026-11-24"),
            # 23:00 in UTC is midnight of the following day in Berlin.
            ("20261125T230000Z", due("2026-11-23"), "Europe/Berlin", "2026-11-26"),
            ("20261125T225959Z", due("2026-11-23"), "Europe/Berlin", "2026-11-25"),
            ("20261125T080000Z", due("2026-11-23", "09:00", "Europe/Berlin"), "UTC", "2026-11-25"),
            ("20261125T075959Z", due("2026-11-23", "09:00", "Europe/Berlin"), "UTC", "2026-11-24"),
            ("20261125T090000", due("2026-11-23", "09:00", "Europe/Berlin"), "UTC", "2026-11-25"),
            ("20261125T085959", due("2026-11-23", "09:00", "Europe/Berlin"), "UTC", "2026-11-24"),
        ],
    )
    def test_is_the_last_date_in_local_time(
        self, until: str, current: dict[str, Any], timezone: str, last: str
    ) -> None:
        assert dates(f"FREQ=DAILY;UNTIL={until}", current, timezone=timezone)[-1] == last

    def test_ends_the_series(self) -> None:
        assert following("FREQ=DAILY;UNTIL=20261123", due("2026-11-23")) is None
        assert following("FREQ=DAILY;UNTIL=20261123", due("2026-01-01")) is None

    @pytest.mark.parametrize("until", ["19000101T000000Z", "99981231T235959Z"])
    def test_may_lie_at_the_edge_of_the_calendar(self, until: str) -> None:
        for timezone in ("Pacific/Kiritimati", "Etc/GMT+12"):
            dates(f"FREQ=DAILY;UNTIL={until}", due("2026-11-23", "09:00", timezone), 1)


class TestARuleThatIsChecked:
    def test_passes_when_any_day_follows(self) -> None:
        check_comes_again({"rule": "FREQ=DAILY;COUNT=1", "from": "due"}, date(2026, 11, 23))
        check_comes_again({"rule": "FREQ=DAILY;UNTIL=20200101", "from": "due"}, date(2026, 11, 23))

    def test_is_refused_when_none_does(self) -> None:
        with pytest.raises(ValueError, match="matches no day within 50 years after 2025-02-28"):
            check_comes_again({"rule": "FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29"}, date(2025, 2, 28))


class TestARecurrence:
    def test_counts_from_the_due_date_unless_it_says_otherwise(self) -> None:
        plain = Recurrence.model_validate({"rule": "rrule:freq=daily"})
        from_completion = Recurrence.model_validate({"rule": "FREQ=DAILY", "from": "completion"})

        assert plain.model_dump() == {"rule": "FREQ=DAILY", "from": "due"}
        assert from_completion.model_dump() == {"rule": "FREQ=DAILY", "from": "completion"}

    @pytest.mark.parametrize(
        "value",
        [
            {},
            {"from": "due"},
            {"rule": ""},
            {"rule": None},
            {"rule": 1},
            {"rule": ["FREQ=DAILY"]},
            {"rule": "FREQ=YEARLY;BYYEARDAY=" + ",".join(["100"] * 120)},
            {"rule": "FREQ=DAILY\x00"},
            {"rule": "FREQ=DAILY", "from": "start"},
            {"rule": "FREQ=DAILY", "from": None},
            {"rule": "FREQ=DAILY", "basis": "due"},
            "FREQ=DAILY",
            [],
        ],
    )
    def test_cannot_be_anything_else(self, value: object) -> None:
        with pytest.raises(ValidationError):
            Recurrence.model_validate(value)


class TestATaskOfACenturyAgo:
    def test_falls_into_step_at_once(self) -> None:
        current = due("1900-01-04", "09:00")

        assert following("FREQ=DAILY;INTERVAL=7", current) == ("2026-11-26", "FREQ=DAILY;INTERVAL=7")
