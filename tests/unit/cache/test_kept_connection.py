"""A connection that is read without redis-py: whose reply is whose, and when it is not used again."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import pytest
import redis.asyncio
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    InvalidResponse,
    NoPermissionError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
)
from redis.exceptions import ConnectionError as RedisConnectionError

from app.cache.client import CACHE_ERRORS, open_redis
from app.cache.kept_connection import KeptConnection, transport_of
from app.cache.round_trip import RoundTrips
from tests.fakes.reply_server import ReplyServer, echo
from tests.waiting import DEADLINE_SECONDS, until

LARGE = b"x" * 250_000


@pytest.fixture
async def server() -> AsyncIterator[ReplyServer]:
    async with ReplyServer(echo) as running:
        yield running


@pytest.fixture
async def client(server: ReplyServer) -> AsyncIterator[redis.asyncio.Redis]:
    opened = open_redis(f"redis://127.0.0.1:{server.port}")
    assert isinstance(opened, redis.asyncio.Redis)
    yield opened
    await opened.aclose()


@pytest.fixture
async def connection(client: redis.asyncio.Redis) -> AsyncIterator[KeptConnection]:
    opened = await KeptConnection.open(client.connection_pool)
    yield opened
    await opened.close()


@pytest.fixture
async def trips(client: redis.asyncio.Redis) -> AsyncIterator[RoundTrips]:
    opened = RoundTrips(client)
    yield opened
    await opened.close()


class TestWhatRedisPyKeepsToItself:
    async def test_is_where_it_was_when_this_was_written(self, client: redis.asyncio.Redis) -> None:
        connection = await client.connection_pool.get_connection()

        transport = transport_of(connection)

        assert isinstance(transport, asyncio.Transport)
        assert isinstance(transport.get_protocol(), asyncio.StreamReaderProtocol)
        await client.connection_pool.release(connection)


class TestReplies:
    @pytest.mark.parametrize("size", [1, 2, 7, 30])
    async def test_may_come_in_pieces_of_any_size(self, connection: KeptConnection, size: int) -> None:
        raw = b"$2\r\nab\r\n*2\r\n:1\r\n$-1\r\n-ERR no\r\n+OK\r\n"
        answer = asyncio.ensure_future(connection.exchange(b"", 4))
        await asyncio.sleep(0)

        for start in range(0, len(raw), size):
            assert not answer.done()
            connection.data_received(raw[start : start + size])

        first, second, third, fourth = await answer
        assert (first, second, str(third), fourth) == (b"ab", [1, None], "no", b"OK")
        assert connection.is_usable

    async def test_of_one_pipeline_after_the_other_are_told_apart(
        self, trips: RoundTrips, server: ReplyServer
    ) -> None:
        assert await trips.make([("ECHO", "a"), ("ECHO", LARGE)]) == [b"a", LARGE]
        assert await trips.make([("ECHO", "b")]) == [b"b"]
        assert len(server.connections) == 1

    async def test_are_not_confused_with_what_a_server_announces_by_itself(self, trips: RoundTrips) -> None:
        announcement = b">2\r\n+invalidate\r\n*1\r\n+key\r\n"

        assert await trips.make([("SAY", announcement + b"+OK\r\n"), ("ECHO", "a")]) == [b"OK", b"a"]


class TestARefusal:
    @pytest.mark.parametrize(
        ("text", "error", "is_usable"),
        [
            ("ERR unknown command", ResponseError, True),
            ("WRONGTYPE of a key", ResponseError, True),
            ("OOM command not allowed", OutOfMemoryError, True),
            ("NOSCRIPT no matching script", NoScriptError, True),
            ("NOPERM no permissions", NoPermissionError, True),
            # Whoever connects anew may be let in, or led to another server.
            ("READONLY you can't write", ReadOnlyError, False),
            ("LOADING the dataset", BusyLoadingError, False),
            ("NOAUTH authentication required", AuthenticationError, False),
            ("WRONGPASS invalid pair", AuthenticationError, False),
            ("ERR max number of clients reached", RedisConnectionError, False),
        ],
    )
    async def test_is_the_reply_of_its_command_alone(
        self,
        client: redis.asyncio.Redis,
        trips: RoundTrips,
        server: ReplyServer,
        text: str,
        error: type,
        is_usable: bool,
    ) -> None:
        before, refused, after = await trips.make([("ECHO", "a"), ("FAIL", text), ("ECHO", "b")])

        assert (before, type(refused), after) == (b"a", error, b"b")
        assert await trips.make([("ECHO", "c")]) == [b"c"]
        assert server.accepted == (1 if is_usable else 2)
        with pytest.raises(error):  # as redis-py has it
            await client.execute_command("FAIL", text)


class TestAServerThatIsNotItself:
    async def test_fails_a_pipeline_whose_replies_cannot_be_read(
        self, trips: RoundTrips, server: ReplyServer
    ) -> None:
        with pytest.raises(InvalidResponse) as caught:
            await trips.make([("ECHO", "a"), ("SAY", "nonsense\r\n"), ("ECHO", "b")])

        assert isinstance(caught.value, CACHE_ERRORS)
        assert await trips.make([("ECHO", "c")]) == [b"c"]

    @pytest.mark.parametrize("surplus", [b"$5\r\nyours\r\n", b"$5\r\nyo"])
    async def test_has_no_reply_believed_when_there_is_more_than_was_asked_for(
        self, trips: RoundTrips, surplus: bytes
    ) -> None:
        with pytest.raises(RedisConnectionError):
            await trips.make([("SAY", b"+mine\r\n" + surplus)])

        assert await trips.make([("ECHO", "b")]) == [b"b"]

    async def test_is_not_listened_to_when_it_was_asked_nothing(
        self, connection: KeptConnection, server: ReplyServer
    ) -> None:
        await until(lambda: bool(server.connections))
        server.say(b"+yours\r\n")

        await until(lambda: not connection.is_usable)

    @pytest.mark.parametrize("end", [ReplyServer.hang_up, ReplyServer.reset])
    async def test_fails_the_pipeline_when_it_ends(
        self, trips: RoundTrips, server: ReplyServer, end: Callable[[ReplyServer], None]
    ) -> None:
        await trips.make([("ECHO", "a")])
        server.answer = lambda _: end(server) or b""

        async with asyncio.timeout(DEADLINE_SECONDS):
            with pytest.raises(RedisConnectionError):
                await trips.make([("ECHO", "b")])

        server.answer = echo
        assert await trips.make([("ECHO", "c")]) == [b"c"]


class TestAPipelineThatNobodyWaitsForAnyMore:
    async def test_takes_its_connection_along(self, trips: RoundTrips, server: ReplyServer) -> None:
        await trips.make([("ECHO", "a")])
        [first] = server.connections
        server.answer = lambda _: b""
        waiting = asyncio.create_task(trips.make([("ECHO", "b"), ("ECHO", "b")]))
        await until(lambda: len(server.received) == 3)
        first.write(b"$1\r\nb\r\n")

        waiting.cancel()
        await asyncio.wait([waiting])
        await until(lambda: not server.connections)
        server.answer = echo

        assert waiting.cancelled()
        assert await trips.make([("ECHO", "c")]) == [b"c"]

    async def test_sends_no_more_of_itself_to_a_server_that_begins_to_take_it_later(self, trips: RoundTrips) -> None:
        taken = 0
        is_ended = asyncio.Event()
        may_take = asyncio.Event()

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal taken
            await may_take.wait()
            try:
                while piece := await reader.read(1_000_000):
                    taken += len(piece)
            except ConnectionError:
                pass
            writer.close()
            is_ended.set()

        sent = b"x" * 50_000_000  # more than the buffers of both systems hold
        async with AsyncExitStack() as stack:
            listener = await stack.enter_async_context(await asyncio.start_server(handle, "127.0.0.1", 0))
            client = open_redis(f"redis://127.0.0.1:{listener.sockets[0].getsockname()[1]}")
            stack.push_async_callback(client.aclose)
            slow = RoundTrips(client)
            stack.push_async_callback(slow.close)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await slow.make([("SET", "key", sent)])
            may_take.set()
            async with asyncio.timeout(DEADLINE_SECONDS):
                await is_ended.wait()

        assert taken < len(sent)


class TestASecondPipelineAtATime:
    async def test_is_refused_and_does_the_first_no_harm(self, connection: KeptConnection) -> None:
        first = asyncio.ensure_future(connection.exchange(b"*2\r\n$4\r\nECHO\r\n$1\r\na\r\n", 1))
        await asyncio.sleep(0)

        with pytest.raises(RuntimeError):
            await connection.exchange(b"*2\r\n$4\r\nECHO\r\n$1\r\nb\r\n", 1)

        assert await first == [b"a"]


class TestAServerThatWasRestartedBetweenTwoCalls:
    @pytest.mark.parametrize("end", [ReplyServer.hang_up, ReplyServer.reset])
    async def test_is_noticed_without_a_failed_call(
        self,
        client: redis.asyncio.Redis,
        trips: RoundTrips,
        server: ReplyServer,
        end: Callable[[ReplyServer], None],
    ) -> None:
        for text in ("a", "b", "c"):
            assert await trips.make([("ECHO", text)]) == [text.encode()]
            end(server)
            await until(lambda: trips._connection is not None and not trips._connection.is_usable)

        assert sum(number for number, _ in client.connection_pool.get_connection_count()) == 1


class TestClosing:
    async def test_closes_the_connection_and_leaves_none_with_the_pool(
        self, client: redis.asyncio.Redis, trips: RoundTrips, server: ReplyServer
    ) -> None:
        await trips.make([("ECHO", "a")])

        await trips.close()

        await until(lambda: not server.connections)
        assert [number for number, _ in client.connection_pool.get_connection_count()] == [1, 0]  # idle, in use

    async def test_of_the_client_ahead_of_it_does_not_wait_for_ever(
        self, client: redis.asyncio.Redis, trips: RoundTrips, server: ReplyServer
    ) -> None:
        await trips.make([("ECHO", "a")])

        async with asyncio.timeout(DEADLINE_SECONDS):
            await client.aclose()
        await until(lambda: not server.connections)
