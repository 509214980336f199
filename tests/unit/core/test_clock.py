"""The clock speaks UTC in whole milliseconds, and instants have one form as text."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.clock import SystemClock, format_instant, to_milliseconds


class TestTheSystemClock:
    def test_tells_the_time_in_utc(self) -> None:
        before = datetime.now(UTC) - timedelta(milliseconds=1)

        assert before <= SystemClock().now() <= datetime.now(UTC)
        assert SystemClock().now().tzinfo is UTC

    def test_tells_whole_milliseconds(self) -> None:
        assert all(SystemClock().now().microsecond % 1000 == 0 for _ in range(100))


class TestAnInstant:
    @given(st.datetimes(timezones=st.just(UTC)).map(to_milliseconds))
    def test_has_the_same_text_in_the_form_of_the_database(self, instant: datetime) -> None:
        assert format_instant(instant.replace(tzinfo=None)) == format_instant(instant)

    def test_is_cut_and_never_rounded_up(self) -> None:
        instant = datetime(2026, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)

        assert to_milliseconds(instant) == datetime(2026, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("instant", "text"),
        [
            (datetime(2026, 12, 1, 8, 30, tzinfo=UTC), "2026-12-01T08:30:00.000Z"),
            (datetime(2026, 12, 1, 8, 30, 0, 7_000, tzinfo=UTC), "2026-12-01T08:30:00.007Z"),
            (datetime(2026, 12, 1, 9, 30, tzinfo=timezone(timedelta(hours=1))), "2026-12-01T08:30:00.000Z"),
            (datetime(1900, 1, 1, tzinfo=UTC), "1900-01-01T00:00:00.000Z"),
            (datetime(9998, 12, 31, 23, 59, 59, tzinfo=UTC), "9998-12-31T23:59:59.000Z"),
        ],
    )
    def test_is_written_in_utc_with_milliseconds_and_z(self, instant: datetime, text: str) -> None:
        assert format_instant(instant) == text
