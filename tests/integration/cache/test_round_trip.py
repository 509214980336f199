"""Several commands in one round trip to a real server: whose reply is whose, and what is left on the connection."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from pydantic import SecretStr
from redis.exceptions import ResponseError

from app.cache.client import CacheClient
from app.cache.round_trip import RoundTrips
from app.core.settings import CacheSettings, Settings
from tests.faults.promise.proxy import Proxy
from tests.waiting import until


@asynccontextmanager
async def open_trips(url: str) -> AsyncIterator[RoundTrips]:
    client = CacheClient(CacheSettings(url=SecretStr(url)))
    trips = RoundTrips(client.redis)
    try:
        yield trips
    finally:
        await trips.close()
        await client.close()


@pytest.fixture
def url(settings: Settings) -> str:
    assert settings.cache.url is not None
    return settings.cache.url.get_secret_value()


@pytest.fixture
async def trips(url: str) -> AsyncIterator[RoundTrips]:
    async with open_trips(url) as opened:
        await opened.make([("FLUSHALL",)])
        yield opened


class TestCommands:
    async def test_have_their_replies_in_their_order(self, trips: RoundTrips) -> None:
        replies = await trips.make(
            [("HSET", b"key", "field", b"\r\n$1\r\n"), ("HMGET", b"key", "field", "other"), ("INCRBY", "n", 7)],
        )

        assert replies == [1, [b"\r\n$1\r\n", None], 7]

    async def test_that_are_refused_cost_the_others_nothing(self, trips: RoundTrips) -> None:
        refused, after = await trips.make([("HMGET", b"key"), ("INCRBY", "n", 7)])

        assert isinstance(refused, ResponseError)
        assert after == 7

    async def test_take_text_beyond_ascii(self, trips: RoundTrips) -> None:
        assert await trips.make([("SET", "ключ", "né"), ("GET", "ключ")]) == [b"OK", "né".encode()]

    async def test_may_be_large_and_have_large_replies(self, trips: RoundTrips) -> None:
        large = [b"%d" % number * 250_000 for number in range(8)]
        await trips.make([("SET", f"large:{number}", text) for number, text in enumerate(large)])

        assert await trips.make([("GET", f"large:{number}") for number in range(8)]) == large


class TestAConnection:
    async def test_is_made_as_the_url_has_it(self, url: str) -> None:
        async with open_trips(f"{url.rpartition('/')[0]}/3?client_name=lane") as trips:
            [client] = await trips.make([("CLIENT", "INFO")])

        assert {b"db=3", b"name=lane"} <= set(client.split())

    @pytest.mark.parametrize("protocol", [2, 3])
    async def test_serves_one_round_trip_after_the_other(self, url: str, protocol: int) -> None:
        async with open_trips(f"{url}?protocol={protocol}") as trips:
            [first] = await trips.make([("CLIENT", "ID")])
            [second], [values] = await trips.make([("CLIENT", "ID")]), await trips.make([("HMGET", "none", "field")])

        assert (second, values) == (first, [None])

    async def test_that_breaks_between_two_round_trips_costs_none(self, url: str) -> None:
        port = int(url.rpartition(":")[2].partition("/")[0])
        async with Proxy(port) as proxy, open_trips(f"redis://127.0.0.1:{proxy.port}/0") as trips:
            [first] = await trips.make([("CLIENT", "ID")])
            proxy.cut(1)
            await until(lambda: trips._connection is not None and not trips._connection.is_usable)

            assert await trips.make([("CLIENT", "ID")]) != [first]


class TestACallThatIsCancelled:
    async def test_leaves_no_reply_to_the_next_one(self, url: str) -> None:
        async with AsyncExitStack() as stack:
            port = int(url.rpartition(":")[2].partition("/")[0])
            proxy = await stack.enter_async_context(Proxy(port))
            trips = await stack.enter_async_context(open_trips(f"redis://127.0.0.1:{proxy.port}/0"))
            await trips.make([("SET", "mine", "1"), ("SET", "yours", "2")])
            proxy.reply_delay_seconds = 0.2

            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await trips.make([("GET", "mine"), ("GET", "mine")])

            assert await trips.make([("GET", "yours")]) == [b"2"]
