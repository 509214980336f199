"""What every clock promises: the machine's and the tests' own."""

from datetime import UTC, timedelta

import pytest

from app.core.clock import Clock, SystemClock, to_milliseconds
from tests.fakes.clock import FakeClock


@pytest.fixture(params=[SystemClock, FakeClock])
def any_clock(request: pytest.FixtureRequest) -> Clock:
    return request.param()


class TestAClock:
    def test_tells_the_time_in_utc(self, any_clock: Clock) -> None:
        assert any_clock.now().utcoffset() == timedelta(0)
        assert any_clock.now().tzinfo is UTC

    def test_tells_no_more_than_the_database_can_hold(self, any_clock: Clock) -> None:
        assert all(to_milliseconds(now) == now for now in (any_clock.now() for _ in range(100)))

    def test_does_not_go_back_by_itself(self, any_clock: Clock) -> None:
        instants = [any_clock.now() for _ in range(100)]
        assert instants == sorted(instants)
