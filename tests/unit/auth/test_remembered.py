"""A value that is fetched when it is first needed."""

import asyncio
from datetime import timedelta

import pytest

from app.auth.oidc.remembered import Remembered
from tests.fakes.clock import FakeClock

HOUR = timedelta(hours=1)


class Source:
    """Gives the numbers from one on, when it is let."""

    def __init__(self) -> None:
        self.count = 0
        self.is_broken = False
        self.gate = asyncio.Event()
        self.gate.set()

    async def fetch(self) -> int:
        self.count += 1
        number = self.count
        await self.gate.wait()
        if self.is_broken:
            raise ConnectionError("away")
        return number


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def value(source: Source, clock: FakeClock) -> Remembered[int]:
    return Remembered(source.fetch, clock)


async def settle() -> None:
    """Let every task go on until it waits."""
    for _ in range(5):
        await asyncio.sleep(0)


class TestAValue:
    async def test_is_fetched_when_it_is_first_needed(self, value: Remembered[int], source: Source) -> None:
        assert source.count == 0
        assert await value.get(HOUR) == 1

    async def test_is_remembered_for_as_long_as_the_caller_allows(
        self, value: Remembered[int], clock: FakeClock
    ) -> None:
        await value.get(HOUR)
        clock.advance(hours=1)
        assert await value.get(HOUR) == 1
        clock.advance(0.001)
        assert await value.get(HOUR) == 2
        clock.advance(3)
        assert await value.get(timedelta(seconds=2)) == 3

    async def test_is_fetched_again_on_demand(self, value: Remembered[int]) -> None:
        assert await value.get(HOUR) == 1
        assert await value.fetch() == 2
        assert await value.get(HOUR) == 2


class TestCallersAtTheSameTime:
    async def test_share_one_fetch(self, value: Remembered[int], source: Source) -> None:
        assert await asyncio.gather(*(value.get(HOUR) for _ in range(20))) == [1] * 20
        assert source.count == 1

    async def test_share_one_failure(self, value: Remembered[int], source: Source) -> None:
        source.is_broken = True
        outcomes = await asyncio.gather(*(value.get(HOUR) for _ in range(20)), return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {ConnectionError}
        assert source.count == 1

    async def test_do_not_lose_the_fetch_to_one_that_gives_up(self, value: Remembered[int], source: Source) -> None:
        source.gate.clear()
        impatient, patient = asyncio.create_task(value.get(HOUR)), asyncio.create_task(value.get(HOUR))
        await settle()
        impatient.cancel()
        await settle()
        source.gate.set()
        assert await patient == 1
        assert impatient.cancelled()

    async def test_may_all_give_up_on_a_fetch_that_fails(self, value: Remembered[int], source: Source) -> None:
        source.gate.clear()
        source.is_broken = True
        impatient = asyncio.create_task(value.get(HOUR))
        await settle()
        impatient.cancel()
        await settle()
        source.gate.set()
        await settle()
        source.is_broken = False
        assert await value.get(HOUR) == 2


class TestAFailure:
    async def test_is_not_remembered(self, value: Remembered[int], source: Source) -> None:
        source.is_broken = True
        with pytest.raises(ConnectionError):
            await value.get(HOUR)
        source.is_broken = False
        assert await value.get(HOUR) == 2

    async def test_of_the_fetch_itself_to_end_is_no_reason_to_stay_stuck(
        self, value: Remembered[int], source: Source
    ) -> None:
        source.gate.clear()
        waiting = asyncio.create_task(value.get(HOUR))
        await settle()
        [fetch] = [task for task in asyncio.all_tasks() if "_fetch_and_keep" in repr(task)]
        fetch.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        source.gate.set()
        assert await value.get(HOUR) == 2
