"""Due dates: which instant a calendar date in a zone means, and which dates, times and zones are none."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from app.tasks.due import NEVER, Due, due_instant, local_day_start

# On 2026-03-29 Berlin has no 02:00 to 03:00, on 2026-10-25 it has that hour twice.
GAP_DAY, FOLD_DAY = "2026-03-29", "2026-10-25"


def instant(day: str, time: str | None = None, timezone: str | None = None, user_timezone: str = "UTC") -> str:
    due = Due(date=day, time=time, timezone=timezone).model_dump()
    return due_instant(due, user_timezone).isoformat()


class TestADateWithATime:
    def test_means_that_time_in_its_own_zone(self) -> None:
        assert instant("2026-12-01", "09:30", "Europe/Paris", "Asia/Tokyo") == "2026-12-01T08:30:00+00:00"

    def test_means_that_time_in_the_users_zone_when_it_has_none(self) -> None:
        assert instant("2026-12-01", "09:30", None, "Asia/Tokyo") == "2026-12-01T00:30:00+00:00"

    def test_may_fall_on_another_day_in_utc(self) -> None:
        assert instant("2026-12-01", "00:15", "Pacific/Kiritimati") == "2026-11-30T10:15:00+00:00"

    def test_follows_summer_time(self) -> None:
        assert instant("2026-07-01", "09:30", "Europe/Paris") == "2026-07-01T07:30:00+00:00"


class TestADateWithoutATime:
    def test_is_due_at_the_end_of_the_day_in_the_users_zone(self) -> None:
        assert instant("2026-12-01", user_timezone="America/Los_Angeles") == "2026-12-02T07:59:59+00:00"

    def test_is_due_at_the_end_of_the_day_in_its_own_zone(self) -> None:
        assert instant("2026-12-01", None, "Pacific/Auckland", "UTC") == "2026-12-01T10:59:59+00:00"

    @pytest.mark.parametrize(
        ("timezone", "day"),
        [
            ("America/Santiago", "2026-04-04"),  # 24:00 becomes 23:00, which makes the last hour come twice
            ("America/Nuuk", "2026-10-24"),
            ("America/Havana", "2026-10-31"),
            ("Europe/Berlin", GAP_DAY),
            ("Europe/Berlin", FOLD_DAY),
            ("Australia/Lord_Howe", "2026-10-04"),
        ],
    )
    def test_is_due_in_the_last_second_of_the_day_when_the_clocks_change(self, timezone: str, day: str) -> None:
        following = date.fromisoformat(day) + timedelta(days=1)

        assert datetime.fromisoformat(instant(day, None, timezone)) == local_day_start(
            following, timezone
        ) - timedelta(seconds=1)


class TestATimeThatTheClocksSkip:
    def test_means_the_instant_that_the_offset_before_gives(self) -> None:
        assert instant(GAP_DAY, "02:30", "Europe/Berlin") == f"{GAP_DAY}T01:30:00+00:00"

    def test_never_comes_ahead_of_an_earlier_time(self) -> None:
        times = ["01:59", "02:00", "02:30", "02:59"]
        instants = [instant(GAP_DAY, time, "Europe/Berlin") for time in times]

        assert instants == sorted(instants)


class TestATimeThatComesTwice:
    def test_means_the_first(self) -> None:
        assert instant(FOLD_DAY, "02:30", "Europe/Berlin") == f"{FOLD_DAY}T00:30:00+00:00"

    def test_of_a_half_hour_change_means_the_first(self) -> None:
        assert instant("2026-04-05", "01:45", "Australia/Lord_Howe") == "2026-04-04T14:45:00+00:00"


class TestNoDueDate:
    def test_means_no_instant(self) -> None:
        assert due_instant(None, "UTC") is None

    def test_sorts_behind_every_date_that_there_can_be(self) -> None:
        latest = Due(date="9998-12-31", time="23:59", timezone="Etc/GMT+12").model_dump()

        assert due_instant(latest, "UTC") < NEVER


class TestTheFirstInstantOfADay:
    def test_is_midnight(self) -> None:
        assert local_day_start(date(2026, 12, 1), "Europe/Paris") == datetime(2026, 11, 30, 23, tzinfo=UTC)

    def test_is_later_where_the_clocks_skip_midnight(self) -> None:
        """In Santiago the day begins at 01:00 when summer time does."""
        start = local_day_start(date(2026, 9, 6), "America/Santiago")

        assert start == datetime(2026, 9, 6, 4, tzinfo=UTC)
        assert start.astimezone(ZoneInfo("America/Santiago")).hour == 1

    def test_is_the_first_of_two_midnights(self) -> None:
        assert local_day_start(date(2026, 11, 1), "America/Havana") == datetime(2026, 11, 1, 4, tzinfo=UTC)


class TestADateThatExists:
    @pytest.mark.parametrize("day", ["2026-12-01", "2028-02-29", "1900-01-01", "9998-12-31"])
    @pytest.mark.parametrize("timezone", ["Pacific/Kiritimati", "Etc/GMT+12", "Africa/Monrovia"])
    def test_has_an_instant_in_every_zone(self, day: str, timezone: str) -> None:
        assert instant(day, None, timezone)
        assert instant(day, "00:00", timezone)


class TestAHostileValue:
    @pytest.mark.parametrize(
        "day",
        [
            "",
            "2026-13-01",
            "2026-02-29",
            "2026-00-10",
            "2026-1-1",
            "20261201",
            "2026-W49-2",
            "2026-335",
            "2026-12-01T00:00",
            "2026-12-01\n",
            " 2026-12-01",
            "1899-12-31",
            "9999-01-01",
            "0000-01-01",
            "-2026-12-01",
            "\uff12\uff10\uff12\uff16-12-01",
            "2026-12-01\x00",
            "x" * 10_000,
            20261201,
            None,
        ],
    )
    def test_is_no_date(self, day: object) -> None:
        with pytest.raises(ValidationError):
            Due.model_validate({"date": day})

    @pytest.mark.parametrize(
        "time",
        [
            "",
            "24:00",
            "23:60",
            "9:30",
            "09:30:00",
            "0930",
            "09:30Z",
            "09:30\n",
            "-1:00",
            "\u0660\u0669:30",
            "noon",
            930,
            9.5,
            True,
        ],
    )
    def test_is_no_time(self, time: object) -> None:
        with pytest.raises(ValidationError):
            Due.model_validate({"date": "2026-12-01", "time": time})

    @pytest.mark.parametrize(
        "timezone",
        [
            "",
            "Mars/Olympus",
            "europe/paris",
            "+02:00",
            "../../etc/passwd",
            "/etc/localtime",
            "Europe/Paris\x00",
            "Europe/",
            "localtime",
            "posixrules",
            "Factory",
            "x" * 10_000,
            2,
        ],
    )
    def test_is_no_zone(self, timezone: object) -> None:
        with pytest.raises(ValidationError):
            Due.model_validate({"date": "2026-12-01", "timezone": timezone})

    def test_is_an_unknown_field(self) -> None:
        with pytest.raises(ValidationError):
            Due.model_validate({"date": "2026-12-01", "at": "09:30"})
