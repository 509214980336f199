"""How late the event loop is, measured on a clock that stands still unless somebody moves it."""

import pytest
from prometheus_client import CollectorRegistry, Histogram

from app.core.event_loop_lag import PERIOD_SECONDS, measure_lag


class EndOfTestError(Exception):
    """Nobody needs to look any more."""


class Loop:
    """A loop that wakes its sleepers late, each time by the next one of some times."""

    def __init__(self, *late_seconds: float) -> None:
        self.seconds = 100.0
        self._late = list(late_seconds)

    def now(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        if not self._late:
            raise EndOfTestError
        self.seconds += seconds + self._late.pop(0)


@pytest.fixture
def lag() -> Histogram:
    return Histogram("lag", "As in the app.", buckets=(0.1, 1), registry=CollectorRegistry())


def sum_and_count(lag: Histogram) -> tuple[float, float]:
    samples = {sample.name: sample.value for family in lag.collect() for sample in family.samples}
    return samples["lag_sum"], samples["lag_count"]


class TestTheLagOfTheEventLoop:
    async def test_is_what_is_beyond_the_time_asked_for(self, lag: Histogram) -> None:
        loop = Loop(0.0, 0.25, 3.0)

        with pytest.raises(EndOfTestError):
            await measure_lag(lag, loop.now, loop.sleep)

        assert sum_and_count(lag) == (pytest.approx(3.25), 3)
        assert loop.seconds == pytest.approx(100 + 3 * PERIOD_SECONDS + 3.25)

    async def test_is_never_below_zero(self, lag: Histogram) -> None:
        loop = Loop(-0.001)

        with pytest.raises(EndOfTestError):
            await measure_lag(lag, loop.now, loop.sleep)

        assert sum_and_count(lag) == (0, 1)
