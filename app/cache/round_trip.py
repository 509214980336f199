"""Several commands in one round trip, as a pipeline of redis-py's would send them, at a quarter of its cost."""

import functools
from collections.abc import Sequence
from typing import Any

import redis.asyncio
from redis.exceptions import ResponseError

from app.cache.client import RedisClient

Command = tuple[Any, ...]


async def execute_together(client: RedisClient, commands: Sequence[Command]) -> list[Any]:
    """Return the replies in the order of the commands; one that the server refused has its error as its reply.

    Raises one of `CACHE_ERRORS` when the server does not answer. Cancelled, it leaves no half-read connection.
    """
    if isinstance(client, redis.asyncio.Redis):
        return await _execute_on(client.connection_pool, commands)
    pipeline = client.pipeline(transaction=False)  # a cluster's sends each command to the node that has its slot
    for command in commands:
        pipeline.execute_command(*command)
    replies: list[Any] = await pipeline.execute(raise_on_error=False)
    return replies


async def _execute_on(pool: Any, commands: Sequence[Command]) -> list[Any]:
    connection = await pool.get_connection()
    try:
        await connection.send_packed_command(b"".join(map(_pack, commands)))
        return [await _read_reply(connection) for _ in commands]
    finally:
        await pool.release(connection)


async def _read_reply(connection: Any) -> Any:
    try:
        return await connection.read_response()  # any other error and any cancellation closes the connection
    except ResponseError as error:
        return error


def _pack(command: Command) -> bytes:
    """Return a command as it travels (RESP2: an array of bulk strings)."""
    return _pack_again(command) if len(command) == _REPEATED_LENGTH else _pack_anew(command)


def _pack_anew(command: Command) -> bytes:
    pieces = [b"*%d\r\n" % len(command)]
    for part in command:
        data = part if isinstance(part, bytes) else str(part).encode()
        pieces += (b"$%d\r\n" % len(data), data, b"\r\n")  # joined once: an answer is large
    return b"".join(pieces)


# What is asked of a caller's account is asked again with each request: `HMGET key h s:<session>`. Hardly anything
# else is, and nothing else is as short.
_REPEATED_LENGTH = 4
_pack_again = functools.lru_cache(maxsize=4_096)(_pack_anew)
