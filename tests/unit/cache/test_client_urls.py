"""The URLs of the cache server in its three shapes."""

import pytest
import redis.asyncio
from redis.asyncio.cluster import RedisCluster
from redis.asyncio.sentinel import SentinelConnectionPool

from app.cache.client import CacheClient, open_redis
from app.core.settings import CacheSettings, SettingsError


def connection_arguments(url: str) -> dict[str, object]:
    client = open_redis(url)
    assert isinstance(client, redis.asyncio.Redis)
    return client.connection_pool.connection_kwargs


class TestOneServer:
    def test_is_reached_with_the_parts_of_the_url(self) -> None:
        arguments = connection_arguments("redis://ann:se%2Fcret@cache.example:6380/2")

        assert {name: arguments[name] for name in ("host", "port", "db", "username", "password")} == {
            "host": "cache.example",
            "port": 6380,
            "db": 2,
            "username": "ann",
            "password": "se/cret",
        }

    def test_is_reached_encrypted(self) -> None:
        client = open_redis("rediss://cache.example")

        assert isinstance(client, redis.asyncio.Redis)
        assert issubclass(client.connection_pool.connection_class, redis.asyncio.SSLConnection)

    @pytest.mark.parametrize("url", ["redis://cache.example", "redis+sentinel://cache.example/main"])
    def test_is_told_nothing_ahead_of_a_call_which_would_take_round_trips(self, url: str) -> None:
        arguments = connection_arguments(url)

        assert arguments["protocol"] == 2
        assert arguments["driver_info"] is None


class TestSentinels:
    def test_are_asked_for_the_service(self) -> None:
        client = open_redis("redis+sentinel://ann:secret@one.example:26380,two.example/main/3")
        assert isinstance(client, redis.asyncio.Redis)
        pool = client.connection_pool
        assert isinstance(pool, SentinelConnectionPool)

        sentinels = [
            (sentinel.connection_pool.connection_kwargs["host"], sentinel.connection_pool.connection_kwargs["port"])
            for sentinel in pool.sentinel_manager.sentinels
        ]
        assert sentinels == [("one.example", 26380), ("two.example", 26379)]
        assert (pool.service_name, pool.connection_kwargs["db"]) == ("main", 3)
        assert (pool.connection_kwargs["username"], pool.connection_kwargs["password"]) == ("ann", "secret")

    def test_name_a_service_in_the_first_database_by_default(self) -> None:
        assert connection_arguments("redis+sentinel://one.example/main")["db"] == 0


class TestACluster:
    async def test_is_found_through_any_of_its_nodes(self) -> None:
        client = open_redis("redis+cluster://ann:secret@one.example:7000,two.example")
        assert isinstance(client, RedisCluster)

        nodes = [(node.host, node.port) for node in client.nodes_manager.startup_nodes.values()]
        assert nodes == [("one.example", 7000), ("two.example", 6379)]
        assert client.connection_kwargs["username"] == "ann"
        assert client.connection_kwargs["protocol"] == 2
        await client.aclose()


class TestAUrlThatCannotBeRead:
    @pytest.mark.parametrize(
        "url",
        [
            "http://cache.example",
            "cache.example:6379",
            "redis://cache.example:port",
            "redis+sentinel://one.example",
            "redis+sentinel:///main",
            "redis+sentinel://one.example/main/first",
            "redis+cluster://one.example/1",
            "redis+cluster://",
            "redis+cluster://one.example:70000",
        ],
    )
    def test_is_refused_in_one_line_that_names_the_setting(self, url: str) -> None:
        with pytest.raises(SettingsError, match=r"\ATASKFLEET_REDIS_URL cannot be read: .+\Z"):
            open_redis(url)

    @pytest.mark.parametrize("url", ["redis://:hunter2/x@cache.example", "redis+cluster://:hunter2/x@cache.example"])
    def test_is_refused_without_repeating_a_password(self, url: str) -> None:
        with pytest.raises(SettingsError) as caught:
            open_redis(url)

        assert "hunter2" not in str(caught.value)


class TestNoUrl:
    async def test_means_that_there_is_no_server(self) -> None:
        client = CacheClient(CacheSettings(url=None))

        assert not client.is_configured
        assert not await client.ping()
        await client.close()
