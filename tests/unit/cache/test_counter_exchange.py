"""What processes know of each other's counts, whatever becomes of the server between them."""

import asyncio
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from app.cache.client import open_redis
from app.cache.counter_exchange import BATCH_WINDOWS, SETTLED_AFTER_SECONDS, CounterExchange
from app.cache.counters import SharedCounters
from app.core.metrics import Metrics
from tests.fakes.counter_server import FakeCounterServer
from tests.fakes.reply_server import ReplyServer
from tests.waiting import until

MINUTE = 60
START = 1_795_435_200.0  # the beginning of a minute
FIRST = int(START // MINUTE)


class World:
    """One server and a clock for several processes."""

    def __init__(self) -> None:
        self.server = FakeCounterServer()
        self.now = START

    def process(self) -> "Process":
        return Process(self)


class Process:
    """The counters of one process with its exchange."""

    def __init__(self, world: World) -> None:
        self.metrics = Metrics()
        self.counters = SharedCounters(now=lambda: world.now)
        self.exchange = CounterExchange(world.server, self.counters, self.metrics)

    def hit(self, key: str = "ann", limit: int = 100, times: int = 1) -> int:
        """Return how many of so many requests were admitted."""
        return sum(self.counters.acquire_sliding_window_entry(key, limit, MINUTE) for _ in range(times))

    def count(self, key: str = "ann") -> int:
        """Return what is known of the present window."""
        return self.counters.get_sliding_window(key, MINUTE)[2]

    def previous(self, key: str = "ann") -> int:
        """Return what is known of the window before."""
        return self.counters.get_sliding_window(key, MINUTE)[0]

    def sample(self, name: str) -> float | None:
        return self.metrics.registry.get_sample_value(name)


@pytest.fixture
def world() -> World:
    return World()


async def exchange_all(*processes: Process) -> None:
    """Let each of them exchange once."""
    for process in processes:
        await process.exchange.exchange()


class TestTwoProcesses:
    async def test_share_one_budget_when_they_exchange_after_every_request(self, world: World) -> None:
        first, second = world.process(), world.process()
        admitted = 0
        for _ in range(50):
            for process in (first, second):
                admitted += process.hit(limit=20)
                await process.exchange.exchange()
        # The last one is admitted by a process that has not heard yet that there is none left.
        assert 20 <= admitted <= 21

    @given(bursts=st.lists(st.tuples(st.integers(0, 2), st.integers(1, 9)), min_size=1, max_size=40))
    async def test_overshoot_by_what_the_others_admit_in_one_interval(self, bursts: list[tuple[int, int]]) -> None:
        """The bound of the documents: the limit, and a burst for each process but the one that reached it."""
        world = World()
        processes = [world.process() for _ in range(3)]
        admitted = 0
        for number, burst in bursts:
            admitted += processes[number].hit(limit=10, times=burst)
            await exchange_all(processes[number])
        assert admitted <= 10 + 2 * min(9, 10)

    async def test_never_admit_more_than_a_limit_each_even_without_any_exchange(self, world: World) -> None:
        assert sum(world.process().hit(limit=10, times=100) for _ in range(3)) == 30

    async def test_learn_of_each_other_with_the_first_request_that_they_count(self, world: World) -> None:
        first, second = world.process(), world.process()
        first.hit(times=7)
        second.hit(times=1)
        await exchange_all(first, second)
        assert second.count() == 8
        assert first.count() == 7
        first.hit()
        await exchange_all(first)
        assert first.count() == 9

    async def test_know_what_the_others_admitted_in_the_window_before(self, world: World) -> None:
        first, second = world.process(), world.process()
        first.hit(times=10)
        await exchange_all(first)
        world.now += MINUTE
        second.hit()
        await exchange_all(second)
        assert second.previous() == 10

    async def test_ask_for_the_window_before_until_it_is_settled(self, world: World) -> None:
        first, second = world.process(), world.process()
        first.hit(times=10)
        world.now += MINUTE
        second.hit()
        await exchange_all(second)
        assert second.previous() == 0
        await exchange_all(first)  # late by less than the bound

        world.now += SETTLED_AFTER_SECONDS + 0.1
        second.hit()
        await exchange_all(second)
        assert second.previous() == 10

        world.server.counts[f"ann/{FIRST}"] = 1_000  # nobody writes there any more
        second.hit()
        await exchange_all(second)
        assert second.previous() == 10

    async def test_leave_nothing_behind(self, world: World) -> None:
        process = world.process()
        process.hit()
        await process.exchange.exchange()
        assert world.server.lifetimes == {f"ann/{FIRST}": 2 * MINUTE * 1000}


class TestAnExchange:
    async def test_costs_no_call_when_nothing_changed(self, world: World) -> None:
        process = world.process()
        await process.exchange.exchange()
        calls = world.server.calls
        await process.exchange.exchange()
        assert world.server.calls == calls

    async def test_sends_many_windows_in_several_calls(self, world: World) -> None:
        process = world.process()
        await process.exchange.exchange()
        calls = world.server.calls
        for number in range(2 * BATCH_WINDOWS + 1):
            process.hit(f"address {number}")
        await process.exchange.exchange()
        assert world.server.calls == calls + 3
        assert sum(world.server.counts.values()) == 2 * BATCH_WINDOWS + 1

    async def test_tells_once_that_it_works_and_that_it_does_not(self, world: World) -> None:
        process = world.process()
        with capture_logs() as logs:
            for is_away in (False, False, True, True, False):
                world.server.is_away = is_away
                process.hit()
                await process.exchange.exchange()
        assert [entry["event"] for entry in logs] == ["rate_limits_shared", "rate_limits_local", "rate_limits_shared"]

    async def test_is_counted_when_it_fails(self, world: World) -> None:
        process = world.process()
        await process.exchange.exchange()
        assert process.sample("taskfleet_rate_limits_shared") == 1
        world.server.is_away = True
        process.hit()
        assert not await process.exchange.exchange()
        assert process.sample("taskfleet_rate_limit_exchange_failures_total") == 1
        assert process.sample("taskfleet_rate_limits_shared") == 0

    async def test_goes_on_in_the_background_after_a_fault_of_ours(self, world: World) -> None:
        process = world.process()
        take_changes, has_failed, goes_on = process.counters.take_changes, asyncio.Event(), asyncio.Event()

        def fail_once(max_windows: int) -> object:
            if has_failed.is_set():
                goes_on.set()
                return take_changes(max_windows)
            has_failed.set()
            raise ZeroDivisionError

        process.counters.take_changes = fail_once  # type: ignore[assignment,method-assign]
        with capture_logs() as logs:
            async with asyncio.timeout(10), process.exchange.run():
                await goes_on.wait()

        # Whatever else runs in this test process has its own to say.
        events = [entry["event"] for entry in logs if entry["event"].startswith("rate_limit")]
        assert events == ["rate_limit_exchange_failed", "rate_limits_shared"]

    async def test_ends_even_if_the_library_swallows_its_cancellation(self, world: World) -> None:
        process, has_begun = world.process(), asyncio.Event()
        exchange = process.exchange.exchange

        async def swallow_cancellation() -> bool:
            if not has_begun.is_set():
                has_begun.set()
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.Event().wait()
            return await exchange()

        process.exchange.exchange = swallow_cancellation  # type: ignore[method-assign]
        async with asyncio.timeout(10), process.exchange.run():
            await has_begun.wait()

    async def test_is_made_once_more_at_the_end(self, world: World) -> None:
        process = world.process()
        async with process.exchange.run():
            process.hit(times=3)
        assert world.server.counts == {f"ann/{FIRST}": 3}

    async def test_closes_its_connection_at_the_end(self) -> None:
        async with ReplyServer(lambda _: b":1\r\n") as server:
            client = open_redis(f"redis://127.0.0.1:{server.port}")
            async with CounterExchange(client, SharedCounters(now=lambda: START), Metrics()).run():
                await until(lambda: bool(server.received))
            await until(lambda: not server.connections)
            await client.aclose()


class TestAServerThatIsAway:
    async def test_leaves_every_process_with_its_own_limit(self, world: World) -> None:
        world.server.is_away = True
        process = world.process()
        admitted = 0
        for _ in range(20):
            admitted += process.hit(limit=10)
            await process.exchange.exchange()
        assert admitted == 10

    async def test_is_told_everything_when_it_is_back(self, world: World) -> None:
        process = world.process()
        process.hit(times=3)
        await process.exchange.exchange()
        world.server.is_away = True
        for _ in range(5):
            process.hit(times=2)
            await process.exchange.exchange()
        world.server.is_away = False
        await process.exchange.exchange()
        assert world.server.counts[f"ann/{FIRST}"] == process.count() == 13

    async def test_is_told_once_what_it_got_without_answering(self, world: World) -> None:
        """Frozen for an hour of attempts: of all that was sent meanwhile it carries out one push twice."""
        process = world.process()
        await process.exchange.exchange()
        world.server.is_frozen = True
        for _ in range(100):
            process.hit()
            await process.exchange.exchange()
        world.server.thaw()
        await process.exchange.exchange()
        assert 100 <= world.server.counts[f"ann/{FIRST}"] <= 101

    async def test_is_not_told_again_what_it_surely_refused(self, world: World) -> None:
        process = world.process()
        world.server.broken_keys = {f"ann/{FIRST}"}
        process.hit("ann", times=2)
        process.hit("bob", times=3)
        for _ in range(3):
            assert not await process.exchange.exchange()
        world.server.broken_keys = set()
        assert await process.exchange.exchange()
        assert world.server.counts == {f"ann/{FIRST}": 2, f"bob/{FIRST}": 3}

    async def test_may_have_lost_everything(self, world: World) -> None:
        """A cache that restarts empty is told by those who know, and by none of them twice."""
        first, second = world.process(), world.process()
        for process in (first, second):
            process.hit(times=10)
            await exchange_all(process)
        second.hit()
        first.hit()
        await exchange_all(first, second)
        world.server.lose_everything()

        for _ in range(3):
            first.hit()
            second.hit()
            await exchange_all(first, second)

        # The one request that each process pushed before it noticed may be swallowed by what was brought back.
        assert 26 <= world.server.counts[f"ann/{FIRST}"] <= 28
        assert world.server.lifetimes[f"ann/{FIRST}"] == 2 * MINUTE * 1000
        assert min(first.count(), second.count()) >= 25

    @given(
        steps=st.lists(st.tuples(st.integers(0, 1), st.integers(0, 5), st.sampled_from(["up", "away"])), max_size=40)
    )
    async def test_ends_up_with_the_exact_count(self, steps: list[tuple[int, int, str]]) -> None:
        """Nothing is lost and nothing is told twice, as long as it is known what arrived."""
        world = World()
        processes = [world.process(), world.process()]
        total = 0
        for number, times, state in steps:
            world.server.is_away = state == "away"
            total += processes[number].hit(limit=10_000, times=times)
            await processes[number].exchange.exchange()
        world.server.is_away = False
        await exchange_all(*processes)
        assert world.server.counts.get(f"ann/{FIRST}", 0) == total

    @given(
        steps=st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["up", "away", "deaf", "frozen"])), max_size=40)
    )
    async def test_never_loses_a_count_however_it_fails(self, steps: list[tuple[int, str]]) -> None:
        world = World()
        process = world.process()
        total = 0
        for times, state in steps:
            if state != "frozen":
                world.server.thaw()
            world.server.is_away, world.server.is_deaf = state == "away", state == "deaf"
            world.server.is_frozen = state == "frozen"
            total += process.hit(limit=10_000, times=times)
            await process.exchange.exchange()
        world.server.is_away = world.server.is_deaf = False
        world.server.thaw()
        await exchange_all(process)
        assert world.server.counts.get(f"ann/{FIRST}", 0) >= total
        assert process.count() >= total
