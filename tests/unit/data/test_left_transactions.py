"""Telling MongoDB which sessions are over: until it hears, again for a while, and never of a session in use."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any, cast

import pytest
from pymongo import AsyncMongoClient, MongoClient
from pymongo.errors import AutoReconnect, OperationFailure
from structlog.testing import capture_logs

from app.data.database import Database, give_up_session
from app.data.left_transactions import LeftTransactions
from app.data.threads import ThreadSession
from tests.fakes.clock import Seconds
from tests.waiting import until

ANN, BOB = {"id": "ann"}, {"id": "bob"}
UNAUTHORIZED = 13


class Server:
    """Takes the place of a database: notes what it is told, unless something is wrong."""

    def __init__(self) -> None:
        self.told: list[list[Mapping[str, Any]]] = []
        self.error: Exception | None = None
        # Cleared, it takes commands and does not answer.
        self.answers = asyncio.Event()
        self.answers.set()

    async def command(self, command: Mapping[str, Any], *, is_admin: bool) -> None:
        assert is_admin
        if self.error is not None:
            raise self.error
        self.told.append(command["killSessions"])
        await self.answers.wait()


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
async def left(server: Server, seconds: Seconds) -> AsyncIterator[LeftTransactions]:
    left = LeftTransactions(cast("Database", server), seconds)
    yield left
    await left.close()


class TestASessionThatIsOver:
    async def test_is_told_at_once_and_then_again_with_growing_pauses(
        self, left: LeftTransactions, server: Server, seconds: Seconds
    ) -> None:
        left.add(ANN)
        instants = []
        for tick in range(100):
            seconds.now = tick / 2
            before = len(server.told)
            await left.tell()
            instants += [seconds.now] * (len(server.told) - before)

        assert instants == [0, 0.5, 1.5, 3.5, 7.5, 15.5]
        assert server.told == [[ANN]] * len(instants)

    async def test_is_told_again_for_longer_after_a_long_cut(
        self, left: LeftTransactions, server: Server, seconds: Seconds
    ) -> None:
        left.add(ANN)
        server.error = AutoReconnect("nobody listens")
        await left.tell()
        server.error = None
        instants = []
        for second in range(60, 200):
            seconds.now = second
            before = len(server.told)
            await left.tell()
            instants += [second] * (len(server.told) - before)

        assert 60 + 60 + 8 <= instants[-1] < 200

    async def test_is_told_by_itself(self, left: LeftTransactions, server: Server) -> None:
        left.add(ANN)
        await until(lambda: bool(server.told))

        assert server.told == [[ANN]]

    async def test_is_told_for_as_long_as_nobody_hears(
        self, left: LeftTransactions, server: Server, seconds: Seconds
    ) -> None:
        left.add(ANN)
        server.error = AutoReconnect("nobody listens")
        for hour in range(3):
            seconds.now = hour * 3600
            await left.tell()
        server.error = None
        await left.tell()

        assert server.told == [[ANN]]

    async def test_travels_with_others(self, left: LeftTransactions, server: Server, seconds: Seconds) -> None:
        left.add(ANN)
        await left.tell()
        left.add(BOB)
        seconds.now = 0.5
        await left.tell()

        assert server.told == [[ANN], [ANN, BOB]]

    async def test_is_let_go_with_a_line_in_the_log_when_the_server_refuses(
        self, left: LeftTransactions, server: Server, seconds: Seconds
    ) -> None:
        left.add(ANN)
        server.error = OperationFailure("not authorized", UNAUTHORIZED)
        with capture_logs() as lines:
            await left.tell()
        server.error = None
        seconds.now = 100
        await left.tell()

        assert [(line["event"], line["sessions"], line["error"]) for line in lines] == [
            ("left_transactions_not_ended", 1, "OperationFailure")
        ]
        assert server.told == []

    async def test_is_told_though_it_was_added_while_another_one_was(
        self, left: LeftTransactions, server: Server
    ) -> None:
        server.answers.clear()
        left.add(ANN)
        await until(lambda: bool(server.told))
        left.add(BOB)
        server.answers.set()
        await left.tell()

        assert server.told == [[ANN], [ANN, BOB]]

    async def test_is_not_remembered_beyond_a_bound(self, left: LeftTransactions, server: Server) -> None:
        for _ in range(2_000):
            left.add(ANN)
        await left.tell()

        assert server.told == [[ANN] * 1_000]


class TestNoSessionAtAll:
    async def test_is_never_named_which_would_end_all_of_ours(self, left: LeftTransactions, server: Server) -> None:
        await left.tell()

        assert server.told == []


class TestTheEnd:
    async def test_leaves_nothing_under_way(self, left: LeftTransactions, server: Server) -> None:
        before = asyncio.all_tasks()
        left.add(ANN)
        (telling,) = asyncio.all_tasks() - before
        await left.close()

        assert telling.done()

    async def test_does_not_wait_for_a_server_that_does_not_answer(
        self, left: LeftTransactions, server: Server
    ) -> None:
        before = asyncio.all_tasks()
        server.answers.clear()
        left.add(ANN)
        await until(lambda: bool(server.told))
        (telling,) = asyncio.all_tasks() - before
        await left.close()

        assert telling.cancelled()


class TestGivingASessionUp:
    """With the driver's own sessions; none of this needs a server."""

    @pytest.fixture
    def client(self) -> MongoClient[dict[str, Any]]:
        return MongoClient("mongodb://127.0.0.1:1", connect=False)

    def used(self, client: MongoClient[dict[str, Any]]) -> ThreadSession:
        """A session as it is when a command was sent in it."""
        session = client.start_session()
        assert session.session_id
        return ThreadSession(session)

    def id_in_pool(self, client: MongoClient[dict[str, Any]]) -> Mapping[str, Any]:
        return client.start_session().session_id

    def test_tells_its_id_and_keeps_it_out_of_use_when_its_end_is_unknown(
        self, client: MongoClient[dict[str, Any]]
    ) -> None:
        session = self.used(client)

        given_up = give_up_session(session, is_over=False)
        session.driver_session.end_session()

        assert given_up is not None
        assert self.id_in_pool(client) != given_up

    def test_does_so_when_it_was_the_abort_that_was_lost(self, client: MongoClient[dict[str, Any]]) -> None:
        session = self.used(client)
        session.driver_session._server_session.mark_dirty()  # as the driver does

        assert give_up_session(session, is_over=True) is not None

    def test_leaves_one_in_use_whose_end_was_heard(self, client: MongoClient[dict[str, Any]]) -> None:
        session = self.used(client)
        expected = session.driver_session.session_id

        given_up = give_up_session(session, is_over=True)
        session.driver_session.end_session()

        assert given_up is None
        assert self.id_in_pool(client) == expected

    def test_names_no_innocent_one_from_the_pool_for_one_that_was_never_used(
        self, client: MongoClient[dict[str, Any]]
    ) -> None:
        innocent = self.used(client)
        session = ThreadSession(client.start_session())
        innocent.driver_session.end_session()

        assert give_up_session(session, is_over=False) is None

    async def test_is_the_same_with_the_async_driver(self) -> None:
        client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient("mongodb://127.0.0.1:1", connect=False)
        session = client.start_session()
        assert give_up_session(session, is_over=False) is None
        expected = session.session_id

        assert give_up_session(session, is_over=True) is None
        assert give_up_session(session, is_over=False) == expected
        await session.end_session()
        assert client.start_session().session_id != expected
