"""A connection that is kept under Sentinels: when it is given up for one to another primary."""

from collections.abc import AsyncIterator

import pytest
import redis.asyncio
from redis.asyncio.sentinel import SentinelConnectionPool
from redis.exceptions import ConnectionError as RedisConnectionError

from app.cache.client import open_redis
from app.cache.round_trip import RoundTrips
from tests.fakes.reply_server import ReplyServer


@pytest.fixture
async def servers() -> AsyncIterator[list[ReplyServer]]:
    """The primary is the first of them."""
    async with ReplyServer(lambda _: b"+one\r\n") as one, ReplyServer(lambda _: b"+two\r\n") as two:
        yield [one, two]


@pytest.fixture
async def pool(servers: list[ReplyServer]) -> AsyncIterator[SentinelConnectionPool]:
    async def discover_master(_service: str) -> tuple[str, int]:
        return "127.0.0.1", servers[0].port

    client = open_redis("redis+sentinel://127.0.0.1:1/main")
    assert isinstance(client, redis.asyncio.Redis)
    assert isinstance(client.connection_pool, SentinelConnectionPool)
    client.connection_pool.sentinel_manager.discover_master = discover_master
    yield client.connection_pool
    await client.aclose()


@pytest.fixture
async def trips(pool: SentinelConnectionPool) -> AsyncIterator[RoundTrips]:
    opened = RoundTrips(redis.asyncio.Redis(connection_pool=pool))
    yield opened
    await opened.close()


class TestAFailover:
    async def test_is_heard_of_from_the_former_primary_which_is_a_replica(
        self, trips: RoundTrips, servers: list[ReplyServer]
    ) -> None:
        assert await trips.make([("SET", "a", "b")]) == [b"one"]
        servers[0].answer = lambda _: b"-READONLY You can't write against a read only replica.\r\n"
        servers.reverse()

        with pytest.raises(RedisConnectionError):  # as if it had been lost: nothing from before is believed
            await trips.make([("SET", "a", "b")])

        assert await trips.make([("SET", "a", "b")]) == [b"two"]

    async def test_that_another_connection_of_the_process_has_heard_of_is_enough(
        self, trips: RoundTrips, servers: list[ReplyServer], pool: SentinelConnectionPool
    ) -> None:
        assert await trips.make([("GET", "a")]) == [b"one"]
        servers.reverse()
        connection = await pool.get_connection()  # the one in use is not asked
        await pool.release(connection)

        assert await trips.make([("GET", "a")]) == [b"two"]
