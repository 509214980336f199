"""A connection to the cache server: made by redis-py, whose replies are read without it, at half of the cost."""

import asyncio
from typing import Any, Self

import hiredis
from redis.asyncio.connection import DefaultParser
from redis.asyncio.sentinel import SentinelConnectionPool
from redis.exceptions import (
    ConnectionError,  # noqa: A004 - redis-py's own
    InvalidResponse,
    ReadOnlyError,
)

# What the reader returns while the rest of a reply has not arrived; a reply itself may be None or False.
_INCOMPLETE = object()
_TOO_MUCH = "the server said more than it was asked for"


class KeptConnection(asyncio.Protocol):
    """One connection, for one pipeline at a time.

    It is cut as soon as a reply might be taken for that of another command: when nobody waits for one that is under
    way, when one cannot be read, and when there is more than was asked for.
    """

    def __init__(self, pool: Any, connection: Any) -> None:
        self._pool = pool
        self._connection = connection
        self._is_of_primary = isinstance(pool, SentinelConnectionPool)
        self._loop = asyncio.get_running_loop()
        self._reader = hiredis.Reader(
            protocolError=InvalidResponse, replyError=DefaultParser.parse_error, notEnoughData=_INCOMPLETE
        )
        self._replies: list[Any] = []
        self._count = 0
        self._answer: asyncio.Future[list[Any]] | None = None
        self._is_lost = False
        self._transport = transport_of(connection)
        self._former = self._transport.get_protocol()
        self._transport.set_protocol(self)

    @classmethod
    async def open(cls, pool: Any) -> Self:
        """Have the pool connect: whereto, how and as whom is its affair. Raises one of `CACHE_ERRORS`."""
        connection = await pool.get_connection()
        try:
            return cls(pool, connection)
        except BaseException:
            await pool.release(connection)
            raise

    @property
    def is_usable(self) -> bool:
        """Whether it stands and, under Sentinels, leads to the primary, as far as the pool has heard."""
        if self._is_of_primary and self._pool.master_address != (self._connection.host, self._connection.port):
            return False
        return not self._is_lost

    async def exchange(self, packed: bytes, count: int) -> list[Any]:
        """Send so many commands and return their replies; a refusal is a reply.

        Raises one of `CACHE_ERRORS`. Neither after that nor after a cancellation is the connection usable.
        """
        if self._answer is not None:
            raise RuntimeError("a pipeline is under way")
        self._replies, self._count = [], count
        self._answer = self._loop.create_future()
        try:
            # Nothing more is written before the replies are there: waiting for them bounds the buffer too.
            self._transport.write(packed)
            replies = await self._answer
        except BaseException:
            self._cut()
            raise
        finally:
            self._answer = None
            self._replies = []
        self._judge(replies)
        return replies

    def _judge(self, replies: list[Any]) -> None:
        """Part with a server that serves nobody, or is no primary any more: there may be a better one."""
        for reply in replies:
            if isinstance(reply, ConnectionError | ReadOnlyError):
                self._cut()
                if self._is_of_primary and isinstance(reply, ReadOnlyError):  # a loss, as redis-py has it
                    raise ConnectionError("the primary has become a replica") from reply

    async def close(self) -> None:
        """Cut the connection and give what is left of it back to the pool, which may connect it anew."""
        self._cut()
        try:
            await self._connection.disconnect(nowait=True)
        finally:
            await self._pool.release(self._connection)

    def data_received(self, data: bytes) -> None:
        """Take a piece of what the server says."""
        if self._answer is None or self._answer.done():
            self._fail(_TOO_MUCH)
            return
        try:
            self._reader.feed(data)
            while (reply := self._reader.gets()) is not _INCOMPLETE:
                if not isinstance(reply, hiredis.PushNotification):  # of RESP3, which a URL may ask for
                    self._replies.append(reply)
        except InvalidResponse as error:
            self._fail(error)
            return
        if len(self._replies) < self._count:
            return
        if len(self._replies) > self._count or self._reader.has_data():
            self._fail(_TOO_MUCH)
        else:
            self._answer.set_result(self._replies)

    def eof_received(self) -> None:
        """The server has closed its end."""
        self._fail("the server has closed the connection")

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing will come any more; redis-py waits to hear of it where it closes a connection."""
        self._fail(f"the connection was lost: {exc}")
        self._former.connection_lost(exc)

    def _fail(self, error: str | InvalidResponse) -> None:
        self._cut()
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError(error) if isinstance(error, str) else error)

    def _cut(self) -> None:
        self._is_lost = True
        self._transport.abort()  # unlike `close`, it does not wait for a server that takes nothing


def transport_of(connection: Any) -> asyncio.Transport:
    """Return the transport of a connection of redis-py's that is connected.

    The one private attribute that is read of it, as of redis-py 8.1.0.
    """
    transport: asyncio.Transport = connection._writer.transport  # noqa: SLF001
    return transport
