"""Answers that are the same for everybody: loaded once, renewed early, on the real cache server and without one."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from app.cache.client import CacheClient
from app.cache.lane import CacheCallError
from app.cache.round_trip import Command
from app.cache.shared import LOCAL_SECONDS, SharedAnswer, SharedCache
from app.core.metrics import Metrics
from app.core.settings import CacheSettings, Settings
from tests.waiting import until

NAME = "catalogue"
TTL_SECONDS = 60.0
# Even chances for one to renew: `load_seconds * ln 2` before the end.
NEVER_EARLY, EARLY = 0.0, 1 - 1e-9

MakeCache = Callable[..., Awaitable[SharedCache]]


class Hands:
    """The time and the chance of a test."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.chance = NEVER_EARLY


class Source:
    """Counts how often it is loaded from; each load takes two seconds of the test's time."""

    def __init__(self, hands: Hands) -> None:
        self._hands = hands
        self.count = 0
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.error: Exception | None = None

    async def load(self) -> bytes:
        self.count += 1
        number = self.count
        await self.may_end.wait()
        self._hands.now += 2
        if self.error is not None:
            raise self.error
        return b"answer %d" % number


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def source(hands: Hands) -> Source:
    return Source(hands)


@pytest.fixture
async def make_cache(settings: Settings, hands: Hands) -> AsyncIterator[MakeCache]:
    async with AsyncExitStack() as stack:

        async def make(url: object = settings.cache.url) -> SharedCache:
            client = CacheClient(CacheSettings(url=url))
            stack.push_async_callback(client.close)
            redis = client.redis if client.is_configured else None
            cache = SharedCache(redis, Metrics().cache, lambda: hands.now, lambda: hands.chance)
            stack.push_async_callback(cache.close)
            return cache

        client = CacheClient(settings.cache)
        stack.push_async_callback(client.close)
        await client.redis.execute_command("FLUSHALL")
        yield make


@pytest.fixture(params=["server", "no server"])
async def cache(request: pytest.FixtureRequest, make_cache: MakeCache) -> SharedCache:
    return await (make_cache() if request.param == "server" else make_cache(None))


class TestAnAnswer:
    async def test_is_loaded_once(self, cache: SharedCache, source: Source) -> None:
        assert [await cache.get(NAME, source.load, TTL_SECONDS) for _ in range(3)] == [b"answer 1"] * 3

    async def test_is_loaded_once_for_all_who_wait(self, cache: SharedCache, source: Source) -> None:
        answers = await asyncio.gather(*(cache.get(NAME, source.load, TTL_SECONDS) for _ in range(20)))

        assert set(answers) == {b"answer 1"}

    async def test_is_loaded_again_when_it_has_expired(
        self, cache: SharedCache, source: Source, hands: Hands
    ) -> None:
        await cache.get(NAME, source.load, TTL_SECONDS)
        hands.now += TTL_SECONDS + 1

        assert await cache.get(NAME, source.load, TTL_SECONDS) == b"answer 2"

    async def test_is_renewed_early_while_the_old_one_is_given(
        self, cache: SharedCache, source: Source, hands: Hands
    ) -> None:
        await cache.get(NAME, source.load, TTL_SECONDS)
        hands.now += TTL_SECONDS - 1
        hands.chance = EARLY
        source.may_end.clear()

        assert [await cache.get(NAME, source.load, TTL_SECONDS) for _ in range(3)] == [b"answer 1"] * 3
        source.may_end.set()
        hands.chance = NEVER_EARLY
        await cache.close()

        assert await cache.get(NAME, source.load, TTL_SECONDS) == b"answer 2"
        assert source.count == 2

    async def test_is_not_kept_when_it_could_not_be_made(self, cache: SharedCache, source: Source) -> None:
        source.error = ValueError("no catalogue today")
        with pytest.raises(ValueError, match="no catalogue"):
            await cache.get(NAME, source.load, TTL_SECONDS)
        source.error = None

        assert await cache.get(NAME, source.load, TTL_SECONDS) == b"answer 2"

    async def test_lives_on_when_its_renewal_fails(self, cache: SharedCache, source: Source, hands: Hands) -> None:
        await cache.get(NAME, source.load, TTL_SECONDS)
        hands.now += TTL_SECONDS - 4
        hands.chance, source.error = EARLY, ValueError("no catalogue today")

        assert await cache.get(NAME, source.load, TTL_SECONDS) == b"answer 1"
        await cache.close()
        assert source.count == 2

    async def test_is_gone_when_it_is_to_be_forgotten(self, cache: SharedCache, source: Source) -> None:
        await cache.get(NAME, source.load, TTL_SECONDS)
        await cache.forget(NAME)

        assert await cache.get(NAME, source.load, TTL_SECONDS) == b"answer 2"

    async def test_that_was_under_way_is_not_kept_after_it_was_to_be_forgotten(
        self, cache: SharedCache, source: Source
    ) -> None:
        source.may_end.clear()
        waiting = asyncio.create_task(cache.get(NAME, source.load, TTL_SECONDS))
        while source.count == 0:  # noqa: ASYNC110 - the load sets no event
            await asyncio.sleep(0)
        await cache.forget(NAME)
        source.may_end.set()

        assert await waiting == b"answer 1"
        assert await cache.get(NAME, source.load, TTL_SECONDS) == b"answer 2"


class TestAnAnswerAtHand:
    async def test_is_what_this_process_has_found_within_the_local_time(
        self, cache: SharedCache, source: Source, hands: Hands
    ) -> None:
        assert cache.find_near(NAME, source.load, TTL_SECONDS) is None
        await cache.get(NAME, source.load, TTL_SECONDS)
        await cache.get(NAME, source.load, TTL_SECONDS)  # the load took longer than an answer is at hand

        assert cache.find_near(NAME, source.load, TTL_SECONDS) == b"answer 1"
        hands.now += LOCAL_SECONDS
        assert cache.find_near(NAME, source.load, TTL_SECONDS) is None
        assert source.count == 1

    async def test_is_none_that_was_to_be_forgotten(self, cache: SharedCache, source: Source) -> None:
        await cache.get(NAME, source.load, TTL_SECONDS)
        await cache.get(NAME, source.load, TTL_SECONDS)
        await cache.forget(NAME)

        assert cache.find_near(NAME, source.load, TTL_SECONDS) is None

    async def test_is_none_that_has_ended(self, cache: SharedCache, source: Source, hands: Hands) -> None:
        await cache.get(NAME, source.load, TTL_SECONDS)
        hands.now += TTL_SECONDS - LOCAL_SECONDS / 2
        await cache.get(NAME, source.load, TTL_SECONDS)
        assert cache.find_near(NAME, source.load, TTL_SECONDS) == b"answer 1"
        hands.now += LOCAL_SECONDS / 2

        assert cache.find_near(NAME, source.load, TTL_SECONDS) is None

    async def test_is_renewed_early_as_any_other(self, cache: SharedCache, source: Source, hands: Hands) -> None:
        await cache.get(NAME, source.load, TTL_SECONDS)
        hands.now += TTL_SECONDS - 1
        await cache.get(NAME, source.load, TTL_SECONDS)
        hands.chance = EARLY

        assert cache.find_near(NAME, source.load, TTL_SECONDS) == b"answer 1"
        hands.chance = NEVER_EARLY
        await cache.close()
        assert source.count == 2


class TestAnAnswerThatEnds:
    async def test_under_load_is_loaded_once_by_each_process_at_most(
        self, make_cache: MakeCache, source: Source, hands: Hands
    ) -> None:
        """Many ask all the time, and chance decides anew for each of them whether it is time to renew."""
        processes = [await make_cache() for _ in range(4)]
        chances = random.Random(5)
        await processes[0].get(NAME, source.load, TTL_SECONDS)
        while source.count == 1:
            hands.now += 0.25
            for _ in range(25):
                hands.chance = chances.random()
                answers = await asyncio.gather(*(cache.get(NAME, source.load, TTL_SECONDS) for cache in processes))
                assert set(answers) <= {b"answer 1", b"answer 2", b"answer 3", b"answer 4", b"answer 5"}
        await asyncio.gather(*(cache.close() for cache in processes))

        assert 2 <= source.count <= 1 + len(processes)
        assert hands.now < 1_000_000 + 2 + TTL_SECONDS + 2 * len(processes)  # ahead of its end, but for the loads

    async def test_is_loaded_by_everybody_if_all_find_it_ended(
        self, make_cache: MakeCache, source: Source, hands: Hands
    ) -> None:
        """The control: this is the herd that early renewal spares."""
        processes = [await make_cache() for _ in range(4)]
        for cache in processes:
            await cache.get(NAME, source.load, TTL_SECONDS)
        assert source.count == 1
        hands.now += TTL_SECONDS
        source.may_end.clear()
        asking = [asyncio.create_task(cache.get(NAME, source.load, TTL_SECONDS)) for cache in processes]
        await until(lambda: source.count == 5)
        source.may_end.set()
        await asyncio.gather(*asking)


class TestTwoProcesses:
    async def test_load_once(self, make_cache: MakeCache, source: Source) -> None:
        first, second = await make_cache(), await make_cache()

        assert await first.get(NAME, source.load, TTL_SECONDS) == b"answer 1"
        assert await second.get(NAME, source.load, TTL_SECONDS) == b"answer 1"

    async def test_hear_of_a_new_answer_within_the_local_time(
        self, make_cache: MakeCache, source: Source, hands: Hands
    ) -> None:
        first, second = await make_cache(), await make_cache()
        await first.get(NAME, source.load, TTL_SECONDS)
        await second.get(NAME, source.load, TTL_SECONDS)
        await first.forget(NAME)
        await first.get(NAME, source.load, TTL_SECONDS)
        hands.now += LOCAL_SECONDS

        assert await second.get(NAME, source.load, TTL_SECONDS) == b"answer 2"

    async def test_hear_of_a_forgotten_answer_within_the_local_time(
        self, make_cache: MakeCache, source: Source, hands: Hands
    ) -> None:
        """Whether anybody has loaded it again or not."""
        first, second = await make_cache(), await make_cache()
        await second.get(NAME, source.load, TTL_SECONDS)
        await first.forget(NAME)
        hands.now += LOCAL_SECONDS

        assert await second.get(NAME, source.load, TTL_SECONDS) == b"answer 2"

    async def test_keep_nothing_on_the_server_that_is_older_than_what_was_forgotten(
        self, make_cache: MakeCache, source: Source, hands: Hands
    ) -> None:
        """The second one began to load before the first one's change, and ends after it."""
        first, second = await make_cache(), await make_cache()
        source.may_end.clear()
        waiting = asyncio.create_task(second.get(NAME, source.load, TTL_SECONDS))
        await until(lambda: source.count == 1)
        await first.forget(NAME)
        source.may_end.set()
        assert await waiting == b"answer 1"

        assert await first.get(NAME, source.load, TTL_SECONDS) == b"answer 2"
        hands.now += LOCAL_SECONDS
        assert await second.get(NAME, source.load, TTL_SECONDS) == b"answer 2"
        assert source.count == 2

    async def test_keep_an_answer_for_the_local_time_from_when_it_began_to_be_made(
        self, make_cache: MakeCache, source: Source
    ) -> None:
        """A load takes two seconds here, so that its answer is looked for on the server at once."""
        first, second = await make_cache(), await make_cache()
        await second.get(NAME, source.load, TTL_SECONDS)
        await first.forget(NAME)

        assert await second.get(NAME, source.load, TTL_SECONDS) == b"answer 2"

    async def test_remember_what_the_server_could_not_be_told(
        self, make_cache: MakeCache, source: Source, hands: Hands, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, second = await make_cache(), await make_cache()
        for cache in (first, second):
            await cache.get(NAME, source.load, TTL_SECONDS)
        assert first._lane is not None
        reach = first._lane.call

        async def fail(command: Command) -> object:
            raise CacheCallError(TimeoutError(), 0.0)

        monkeypatch.setattr(first._lane, "call", fail)
        await first.forget(NAME)
        assert await first.get(NAME, source.load, TTL_SECONDS) == b"answer 2"
        monkeypatch.setattr(first._lane, "call", reach)
        hands.now += LOCAL_SECONDS

        assert await first.get(NAME, source.load, TTL_SECONDS) == b"answer 3"  # and not the first one
        hands.now += LOCAL_SECONDS
        assert await second.get(NAME, source.load, TTL_SECONDS) == b"answer 3"

    async def test_load_by_themselves_when_the_server_is_away(self, make_cache: MakeCache, source: Source) -> None:
        away = await make_cache("redis://127.0.0.1:1/0")

        assert [await away.get(NAME, source.load, TTL_SECONDS) for _ in range(3)] == [b"answer 1"] * 3


class TestTheTimeOfRenewal:
    """`expires_at + load_seconds * ln(chance)`."""

    @pytest.mark.parametrize(
        ("seconds_before", "chance", "is_due"),
        [
            (10.0, 1.0, False),
            (0.0, 1.0, True),
            (4.0, 0.1, True),
            (5.0, 0.1, False),
            (1.3, 0.5, True),
            (1.5, 0.5, False),
        ],
    )
    def test_comes_earlier_for_what_takes_long_and_by_chance(
        self, seconds_before: float, chance: float, is_due: bool
    ) -> None:
        answer = SharedAnswer(b"", expires_at=100.0, load_seconds=2.0)

        assert answer.is_due(100.0 - seconds_before, chance) is is_due

    def test_survives_the_way_to_the_server(self) -> None:
        answer = SharedAnswer(b"two\nlines", 1234.5678, 0.25)

        assert SharedAnswer.decode(answer.encode()) == answer
