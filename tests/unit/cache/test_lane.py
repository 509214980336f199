"""Calls that travel together: what is shared with whom, and what becomes of callers that leave or fail."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from redis.exceptions import RedisClusterException, ResponseError

from app.cache.client import open_redis
from app.cache.lane import TURNS_TO_COME_BACK, CacheCallError, Lane
from app.cache.round_trip import Command
from tests.fakes.reply_server import ReplyServer, echo
from tests.waiting import DEADLINE_SECONDS as WAITING_SECONDS
from tests.waiting import until

DEADLINE_SECONDS = 0.05


class Pipeline:
    """A pipeline on a server that holds its replies back until it is told to answer."""

    def __init__(self, server: "Server") -> None:
        self._server = server
        self.commands: list[Command] = []

    def execute_command(self, *command: Any) -> None:
        self.commands.append(command)

    async def execute(self, *, raise_on_error: bool) -> list[Any]:
        assert not raise_on_error
        self._server.sent.append(self.commands)
        self._server.arrival.set()
        await self._server.go.wait()
        if self._server.failure is not None:
            raise self._server.failure
        return [self._server.answer(command) for command in self.commands]


class Server:
    """What lies behind the lane."""

    def __init__(self) -> None:
        self.sent: list[list[Command]] = []
        self.arrival = asyncio.Event()
        self.go = asyncio.Event()
        self.go.set()
        self.failure: Exception | None = None
        self.answer: Callable[[Command], Any] = lambda command: (command, len(self.sent))

    def pipeline(self, transaction: bool = True) -> Pipeline:
        assert not transaction
        return Pipeline(self)

    async def hold_back(self, lane: Lane, *command: Any) -> asyncio.Task[Any]:
        """Make a call whose reply does not come yet, and return when it has been sent."""
        self.go.clear()
        self.arrival.clear()
        call = asyncio.create_task(lane.call(command))
        await self.arrival.wait()
        return call


@pytest.fixture
async def server() -> Server:
    return Server()


@pytest.fixture
async def lane(server: Server) -> Lane:
    return Lane(server, lambda: DEADLINE_SECONDS, TURNS_TO_COME_BACK)


class TestCallsOfOneMoment:
    async def test_travel_together_and_equal_ones_as_one(self, server: Server, lane: Lane) -> None:
        replies = await asyncio.gather(lane.call(("a",)), lane.call(("b",)), lane.call(("a",)))

        assert server.sent == [[("a",), ("b",)]]
        assert [command for command, _ in replies] == [("a",), ("b",), ("a",)]

    async def test_get_each_its_own_error(self, server: Server, lane: Lane) -> None:
        server.answer = lambda command: ResponseError("refused") if command == ("bad",) else "good"

        good, bad = await asyncio.gather(lane.call(("good",)), lane.call(("bad",)), return_exceptions=True)

        assert good == "good"
        assert isinstance(bad, CacheCallError)
        assert isinstance(bad.cause, ResponseError)


class TestCallersThatComeBack:
    """Else one half of the callers would be answered while the other waits, in twice as many pipelines."""

    async def test_travel_with_those_that_waited_meanwhile(self, server: Server, lane: Lane) -> None:
        server.go.clear()
        returning = [asyncio.create_task(call_twice(lane, name)) for name in ("a", "b")]
        await server.arrival.wait()
        waiting = asyncio.create_task(lane.call(("GET", "c")))
        await asyncio.sleep(0)
        server.go.set()
        await asyncio.gather(*returning, waiting)

        assert [sorted(sent) for sent in server.sent] == [
            [("GET", "a", 1), ("GET", "b", 1)],
            [("GET", "a", 2), ("GET", "b", 2), ("GET", "c")],
        ]

    async def test_do_so_when_their_calls_were_equal(self, server: Server, lane: Lane) -> None:
        server.go.clear()
        returning = [asyncio.create_task(call_twice(lane, "a")) for _ in range(2)]
        await server.arrival.wait()
        waiting = asyncio.create_task(lane.call(("GET", "c")))
        await asyncio.sleep(0)
        server.go.set()
        await asyncio.gather(*returning, waiting)

        assert [sorted(sent) for sent in server.sent] == [[("GET", "a", 1)], [("GET", "a", 2), ("GET", "c")]]

    @pytest.mark.parametrize(("callers", "turns"), [(1, TURNS_TO_COME_BACK), (2, 0)])
    async def test_are_not_waited_for(self, server: Server, callers: int, turns: int) -> None:
        """A single one, or where nobody comes back at once, as those who change something."""
        lane = Lane(server, lambda: DEADLINE_SECONDS, turns)
        server.go.clear()
        returning = [asyncio.create_task(call_twice(lane, "a")) for _ in range(callers)]
        await server.arrival.wait()
        waiting = asyncio.create_task(lane.call(("GET", "c")))
        await asyncio.sleep(0)
        server.go.set()
        await asyncio.gather(*returning, waiting)

        assert server.sent == [[("GET", "a", 1)], [("GET", "c")], [("GET", "a", 2)]]

    async def test_are_not_stranded_while_nothing_else_waits(self, server: Server, lane: Lane) -> None:
        async with asyncio.timeout(WAITING_SECONDS):
            await asyncio.gather(*(lane.call(("GET", name)) for name in ("a", "b")))
            for turn in range(TURNS_TO_COME_BACK + 2):  # at every point of the way to idleness
                for _ in range(turn):
                    await asyncio.sleep(0)
                await asyncio.gather(*(lane.call(("GET", name)) for name in ("c", "d")))


async def call_twice(lane: Lane, name: str) -> None:
    for number in (1, 2):
        await lane.call(("GET", name, number))


class TestACallWhileAnEqualOneIsUnderWay:
    async def test_is_sent_anew_because_the_other_may_have_been_answered_already(
        self, server: Server, lane: Lane
    ) -> None:
        first = await server.hold_back(lane, "a")
        second = asyncio.create_task(lane.call(("a",)))
        await asyncio.sleep(0)
        server.go.set()

        assert (await first)[1] == 1
        assert (await second)[1] == 2


class TestACallerThatLeaves:
    async def test_does_not_take_the_call_along(self, server: Server, lane: Lane) -> None:
        leaving = await server.hold_back(lane, "a")
        leaving.cancel()
        await asyncio.wait([leaving])
        server.go.set()

        assert leaving.cancelled()
        assert await lane.call(("b",)) == (("b",), 2)

    async def test_leaves_those_who_share_the_call_with_their_reply(self, server: Server, lane: Lane) -> None:
        under_way = await server.hold_back(lane, "first")
        leaving, staying = (asyncio.create_task(lane.call(("a",))) for _ in range(2))
        await asyncio.sleep(0)
        leaving.cancel()
        server.go.set()

        await under_way
        assert (await staying)[0] == ("a",)


class TestAServerThatDoesNotAnswer:
    async def test_fails_all_calls_at_the_deadline_with_the_instant_of_sending(
        self, server: Server, lane: Lane
    ) -> None:
        before = asyncio.get_running_loop().time()
        call = await server.hold_back(lane, "a")

        with pytest.raises(CacheCallError) as caught:
            await call
        assert isinstance(caught.value.cause, TimeoutError)
        assert before <= caught.value.began <= asyncio.get_running_loop().time() - DEADLINE_SECONDS

    async def test_does_not_hold_up_those_that_come_later(self, server: Server, lane: Lane) -> None:
        lost = await server.hold_back(lane, "a")
        later = asyncio.create_task(lane.call(("b",)))
        await asyncio.wait([lost])
        server.go.set()

        assert (await later)[0] == ("b",)
        assert lost.exception() is not None


class TestAServerThatIsAway:
    @pytest.mark.parametrize("failure", [ConnectionRefusedError(), RedisClusterException("no node"), TimeoutError()])
    async def test_fails_the_call_whatever_the_driver_calls_it(
        self, server: Server, lane: Lane, failure: Exception
    ) -> None:
        server.failure = failure

        with pytest.raises(CacheCallError):
            await lane.call(("a",))


class TestClosing:
    async def test_waits_for_what_is_under_way(self, server: Server, lane: Lane) -> None:
        call = await server.hold_back(lane, "a")
        closing = asyncio.create_task(lane.close())
        await asyncio.sleep(0)
        assert not closing.done()
        server.go.set()
        await closing

        assert (await call)[0] == ("a",)

    async def test_ends_while_it_waits_for_those_who_come_back(self, server: Server, lane: Lane) -> None:
        await asyncio.gather(*(lane.call(("GET", name)) for name in ("a", "b")))
        async with asyncio.timeout(WAITING_SECONDS):
            await lane.close()

        assert len(server.sent) == 1

    async def test_of_an_idle_lane_waits_for_nothing(self, lane: Lane) -> None:
        await lane.close()

    async def test_closes_the_connection(self) -> None:
        async with ReplyServer(echo) as server:
            client = open_redis(f"redis://127.0.0.1:{server.port}")
            lane = Lane(client, lambda: WAITING_SECONDS)
            await lane.call(("ECHO", "a"))
            assert server.connections

            await lane.close()

            await until(lambda: not server.connections)
            await client.aclose()
