"""Several commands in one round trip, as a pipeline of redis-py's would send them, at a third of its cost or less."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import hiredis
import redis.asyncio

from app.cache.client import RedisClient
from app.cache.kept_connection import KeptConnection

Command = tuple[Any, ...]


class RoundTrips:
    """One round trip at a time: to a single server over a connection that is kept, to a cluster over its client."""

    def __init__(self, client: RedisClient) -> None:
        self._client = client
        self._pool: Any = client.connection_pool if isinstance(client, redis.asyncio.Redis) else None
        self._connection: KeptConnection | None = None

    async def make(self, commands: Sequence[Command]) -> list[Any]:
        """Return the replies in the order of the commands; one that the server refused has its error as its reply.

        Raises one of `CACHE_ERRORS` when the server does not answer. Cancelled, it leaves no half-read connection.
        """
        if not commands:
            return []
        if self._pool is None:
            return await self._make_in_cluster(commands)
        if self._connection is None or not self._connection.is_usable:
            await self.close()
            self._connection = await KeptConnection.open(self._pool)
        return await self._connection.exchange(b"".join(map(_pack, commands)), len(commands))

    async def _make_in_cluster(self, commands: Sequence[Command]) -> list[Any]:
        pipeline = self._client.pipeline(transaction=False)  # sends each command to the node that has its slot
        for command in commands:
            pipeline.execute_command(*command)
        replies: list[Any] = await pipeline.execute(raise_on_error=False)
        return replies

    async def close(self) -> None:
        """Close the connection that is kept; the next round trip would make another one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()


def _pack(command: Command) -> bytes:
    """Return a command as it travels (RESP2: an array of bulk strings)."""
    return _pack_again(command) if len(command) == _REPEATED_LENGTH else _pack_anew(command)


_pack_anew: Callable[[Command], bytes] = hiredis.pack_command
# What is asked of a caller's account is asked again with each request: `HMGET key h s:<session>`. Hardly anything
# else is, and nothing else is as short.
_REPEATED_LENGTH = 4
_pack_again = functools.lru_cache(maxsize=4_096)(_pack_anew)
