"""The cache server takes the options that stand in docker-compose.yml, and does what they say."""

import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from app.core.settings import EmbeddedSettings
from app.embedded.binaries import CACHE_SERVER, find_server
from app.embedded.child import ChildProcess
from app.embedded.server import LOOPBACK
from tests.deploy.compose.stack import services
from tests.ports import find_free_port
from tests.waiting import until


def answers(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as connection:
        return connection.connect_ex((LOOPBACK, port)) == 0


@pytest.fixture
async def cache(tmp_path: Path) -> AsyncIterator[Redis]:
    """A client of the service `cache`."""
    port = find_free_port()
    options = services()["cache"]["command"]
    program = find_server(CACHE_SERVER, EmbeddedSettings().cache_binary)
    place = ("--port", str(port), "--bind", LOOPBACK, "--dir", tmp_path)
    server = await ChildProcess.start("cache", [program, *options, *place], log_file=tmp_path / "log")
    try:
        await until(lambda: answers(port))
        async with Redis(host=LOOPBACK, port=port, decode_responses=True) as client:
            yield client
    finally:
        await server.stop(grace_seconds=5)


class TestTheCacheServer:
    async def test_keeps_little_and_saves_nothing(self, cache: Redis) -> None:
        found = await cache.config_get("save", "appendonly", "maxmemory", "maxmemory-policy")
        assert found == {
            "save": "",
            "appendonly": "no",
            "maxmemory": str(128 * 1024**2),
            "maxmemory-policy": "allkeys-lfu",
        }
