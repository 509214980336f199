"""Several commands in one round trip to a real server: whose reply is whose, and what is left on the connection."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from redis.exceptions import ResponseError

from app.cache.client import CacheClient, RedisClient
from app.cache.round_trip import execute_together
from app.core.settings import CacheSettings, Settings
from tests.faults.promise.proxy import Proxy


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[RedisClient]:
    opened = CacheClient(settings.cache)
    await opened.redis.execute_command("FLUSHALL")
    yield opened.redis
    await opened.close()


class TestCommands:
    async def test_have_their_replies_in_their_order(self, client: RedisClient) -> None:
        replies = await execute_together(
            client,
            [("HSET", b"key", "field", b"\r\n$1\r\n"), ("HMGET", b"key", "field", "other"), ("INCRBY", "n", 7)],
        )

        assert replies == [1, [b"\r\n$1\r\n", None], 7]

    async def test_that_are_refused_cost_the_others_nothing(self, client: RedisClient) -> None:
        refused, after = await execute_together(client, [("HMGET", b"key"), ("INCRBY", "n", 7)])

        assert isinstance(refused, ResponseError)
        assert after == 7

    async def test_take_text_beyond_ascii(self, client: RedisClient) -> None:
        assert await execute_together(client, [("SET", "ключ", "né"), ("GET", "ключ")]) == [b"OK", "né".encode()]


class TestACallThatIsCancelled:
    async def test_leaves_no_reply_to_the_next_one(self, settings: Settings) -> None:
        async with AsyncExitStack() as stack:
            assert settings.cache.url is not None
            port = int(settings.cache.url.get_secret_value().rpartition(":")[2].partition("/")[0])
            proxy = await stack.enter_async_context(Proxy(port))
            opened = CacheClient(CacheSettings.model_validate({"url": f"redis://127.0.0.1:{proxy.port}/0"}))
            stack.push_async_callback(opened.close)
            await execute_together(opened.redis, [("SET", "mine", "1"), ("SET", "yours", "2")])
            proxy.reply_delay_seconds = 0.2

            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await execute_together(opened.redis, [("GET", "mine"), ("GET", "mine")])

            assert await execute_together(opened.redis, [("GET", "yours")]) == [b"2"]
