"""When what the cache server holds is believed: after a silence, a lost connection, a clock that was set back."""

import asyncio
from collections.abc import Callable

import pytest
from prometheus_client import CollectorRegistry
from redis.exceptions import ConnectionError as ConnectionLostError
from redis.exceptions import ReadOnlyError

from app.cache.watch import (
    PROBE_SECONDS,
    SETTLING_SECONDS,
    TRUST_SECONDS,
    WRITE_PATIENCE_SECONDS,
    Watch,
)
from app.core.metrics import CacheMetrics

SECOND_US = 1_000_000
SETTLING_US = round(SETTLING_SECONDS * SECOND_US)


class Server:
    """A cache server of which only the clock is seen; time passes for it and for the event loop together."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock_us = 1_000 * SECOND_US
        self.failure: Exception | None = None
        self.returns = 0
        self._loop_seconds = asyncio.get_running_loop().time()
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: self._loop_seconds)
        self.watch = Watch(self._tell_time, CacheMetrics(CollectorRegistry()), self._come_back)

    def pass_time(self, seconds: float) -> None:
        """Let time pass."""
        self._loop_seconds += seconds
        self.clock_us += round(seconds * SECOND_US)

    async def probe(self, seconds_later: float = 0) -> Watch:
        """Let time pass, and let the watch ask."""
        self.pass_time(seconds_later)
        await self.watch._probe()
        return self.watch

    async def settle(self) -> Watch:
        """Be there for long enough to be believed."""
        for _ in range(round(SETTLING_SECONDS / PROBE_SECONDS) + 2):
            await self.probe(PROBE_SECONDS)
        return self.watch

    async def _tell_time(self) -> int:
        if self.failure is not None:
            raise self.failure
        return self.clock_us

    async def _come_back(self) -> None:
        self.returns += 1


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    return Server(monkeypatch)


class TestAServerOfWhichNothingWasHeardYet:
    async def test_is_away_and_not_believed(self, server: Server) -> None:
        assert server.watch.is_away
        assert not server.watch.is_current
        assert not server.watch.believes(server.clock_us * 1000)


class TestAServerThatIsThere:
    async def test_is_believed_what_begins_when_all_have_heard_of_it(self, server: Server) -> None:
        heard_us = server.clock_us
        watch = await server.probe()

        assert watch.is_away
        assert not watch.believes(heard_us + SETTLING_US)
        assert watch.believes(heard_us + SETTLING_US + 1)

    async def test_is_asked_as_soon_as_something_could_be_believed(self, server: Server) -> None:
        await server.probe()
        assert (await server.probe(PROBE_SECONDS)).is_away
        assert not (await server.settle()).is_away

    async def test_stays_believed_from_probe_to_probe(self, server: Server) -> None:
        watch = await server.settle()
        born_us = server.clock_us
        for _ in range(50):
            await server.probe(TRUST_SECONDS * 0.9)

        assert watch.believes(born_us)

    async def test_tells_that_it_is_back_so_that_suspects_are_seen_to_at_once(self, server: Server) -> None:
        await server.probe()

        assert server.returns == 1


class TestASilence:
    async def test_ends_what_was_believed_when_it_lasts_too_long(self, server: Server) -> None:
        watch = await server.settle()
        born_us = server.clock_us
        server.pass_time(TRUST_SECONDS + 0.001)
        assert not watch.is_current
        await server.probe()

        assert not watch.believes(born_us)
        assert watch.is_away

    async def test_is_noticed_by_readers_before_a_writer_gives_up(self, server: Server) -> None:
        watch = await server.settle()
        began = asyncio.get_running_loop().time()
        watch.report_failure(TimeoutError(), began)
        while watch.silent_seconds() < WRITE_PATIENCE_SECONDS:
            server.pass_time(0.01)

        assert not watch.is_current

    async def test_counts_from_the_first_call_that_was_not_answered(self, server: Server) -> None:
        watch = await server.settle()
        began = asyncio.get_running_loop().time()
        server.pass_time(0.1)
        watch.report_failure(TimeoutError(), began)
        server.pass_time(0.1)
        watch.report_failure(TimeoutError(), began + 0.1)

        assert watch.silent_seconds() == pytest.approx(0.2)
        watch.report_answer()
        assert watch.silent_seconds() == 0

    @pytest.mark.parametrize("answer", [TimeoutError(), ReadOnlyError("no writes here")])
    async def test_is_what_a_server_keeps_that_answers_late_or_refuses_to_write(
        self, server: Server, answer: Exception
    ) -> None:
        watch = await server.settle()
        server.failure = answer
        for _ in range(round(WRITE_PATIENCE_SECONDS / PROBE_SECONDS) + 2):
            await server.probe(PROBE_SECONDS)

        assert watch.silent_seconds() >= WRITE_PATIENCE_SECONDS
        assert not watch.is_current

    async def test_that_was_short_costs_nothing_but_the_moment(self, server: Server) -> None:
        watch = await server.settle()
        born_us = server.clock_us
        watch.report_failure(TimeoutError(), asyncio.get_running_loop().time())
        assert watch.is_away
        await server.probe(PROBE_SECONDS)

        assert not watch.is_away
        assert watch.believes(born_us)


class TestALostConnection:
    @pytest.mark.parametrize("make", [ConnectionLostError, ConnectionResetError, OSError])
    async def test_ends_what_was_believed_for_it_may_lead_to_another_server(
        self, server: Server, make: Callable[[], Exception]
    ) -> None:
        watch = await server.settle()
        born_us = server.clock_us
        watch.report_failure(make(), asyncio.get_running_loop().time())
        await server.probe()

        assert not watch.believes(born_us)


class TestAClockThatWasSetBack:
    async def test_ends_what_was_believed_until_the_same_instant_has_come_again(self, server: Server) -> None:
        watch = await server.settle()
        latest_us = server.clock_us
        server.clock_us -= 5 * SECOND_US
        await server.probe(PROBE_SECONDS)

        assert not watch.believes(latest_us)
        assert not watch.believes(server.clock_us + 1)
        assert watch.is_away

    async def test_is_as_good_as_ever_afterwards(self, server: Server) -> None:
        watch = await server.settle()
        server.clock_us -= SECOND_US
        for _ in range(round(2 / PROBE_SECONDS)):
            await server.probe(PROBE_SECONDS)

        assert not watch.is_away
        assert watch.believes(server.clock_us)
