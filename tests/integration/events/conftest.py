"""Processes of the service with real sockets, and clients that listen to them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.core.settings import Settings
from app.main import create_app
from tests.architecture.inspection import Inspection
from tests.conftest import until_cached
from tests.fakes.clock import FakeClock
from tests.integration.api.live import serve

# For what happens within milliseconds, on a machine that is busy.
DEADLINE_SECONDS = 10
# For tests that wait for several heartbeats.
QUICK_HEARTBEAT_SECONDS = 0.2
# For tests in which no heartbeat may help.
NO_HEARTBEAT_SECONDS = 3600


@dataclass
class Stream:
    """An answer that goes on: its parts, one by one."""

    answer: httpx.Response
    parts: AsyncIterator[dict[str, str]] = field(init=False)

    def __post_init__(self) -> None:
        self.parts = self._read_parts()

    async def _read_parts(self) -> AsyncIterator[dict[str, str]]:
        part: dict[str, str] = {}
        async for line in self.answer.aiter_lines():
            if line:
                name, _, value = line.partition(": ")
                part[name or ":"] = value
            else:
                yield part
                part = {}

    async def read_part(self) -> dict[str, str]:
        """The next event or comment as its fields; a comment is the field `:`."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await anext(self.parts)

    async def read_revision(self) -> int:
        """The revision in the next event."""
        while "event" not in (part := await self.read_part()):
            pass
        assert part == {"event": "revision", "id": part["id"], "data": f'{{"revision": {part["id"]}}}'}
        return int(part["id"])

    async def read_until(self, revision: int) -> list[int]:
        """The revisions that are told up to this one."""
        told = [await self.read_revision()]
        while told[-1] < revision:
            told.append(await self.read_revision())
        return told

    async def read_heartbeat(self) -> int:
        """The revision in the next heartbeat."""
        while ":" not in (part := await self.read_part()):
            pass
        return int(part[":"].removeprefix("revision "))

    async def read_to_the_end(self) -> list[dict[str, str]]:
        """What is left until the server ends the stream as it should."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            return [part async for part in self.parts]


@dataclass
class Process:
    """One process of the service."""

    app: FastAPI
    url: str

    @asynccontextmanager
    async def client(self, like: httpx.AsyncClient | None = None, **options: Any) -> AsyncIterator[httpx.AsyncClient]:
        """A client of this process, signed in as another one is."""
        headers = {} if like is None else {"Authorization": like.headers["Authorization"]}
        async with httpx.AsyncClient(base_url=self.url, headers=headers, timeout=DEADLINE_SECONDS, **options) as it:
            yield it

    @asynccontextmanager
    async def stream(
        self, like: httpx.AsyncClient, last_event_id: str | None = None, method: str = "GET"
    ) -> AsyncIterator[Stream]:
        """An open stream of the user of a client."""
        headers = {} if last_event_id is None else {"Last-Event-ID": last_event_id}
        async with self.client(like) as client, client.stream(method, "/api/v1/events", headers=headers) as answer:
            yield Stream(answer)

    def streams_of_all(self) -> int:
        """How many streams are open."""
        feed = self.app.state.events.feed
        return sum(feed.count_of(user_id) for user_id in feed.users)


StartProcess = Callable[..., Awaitable[Process]]


@asynccontextmanager
async def running(app: FastAPI, heartbeat_seconds: float) -> AsyncIterator[Process]:
    """A process with its own connections, behind a real server."""
    async with serve(app, lifespan="on") as server:
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not hasattr(app.state, "auth"):  # noqa: ASYNC110 - uvicorn tells nobody that it has started
                await asyncio.sleep(0.01)
        await until_cached(app)
        app.state.events.heartbeat_seconds = heartbeat_seconds
        yield Process(app, f"http://127.0.0.1:{server.port}")


@pytest.fixture
async def start_process(
    app: FastAPI, settings: Settings, clock: FakeClock, inspection: Inspection
) -> AsyncIterator[StartProcess]:
    """Starts processes on the servers of the tests."""
    async with AsyncExitStack() as stack:

        async def start(heartbeat_seconds: float = NO_HEARTBEAT_SECONDS, settings: Settings = settings) -> Process:
            process_app = create_app(settings, clock=clock, listeners=[inspection])
            return await stack.enter_async_context(running(process_app, heartbeat_seconds))

        yield start


@pytest.fixture
async def process(start_process: StartProcess) -> Process:
    """A process whose streams have no heartbeat while the test runs."""
    return await start_process()


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until something holds that nobody tells of."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not is_so():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def create_task(client: httpx.AsyncClient) -> int:
    """Make a change through a client; return the revision."""
    answer = await client.post("/api/v1/tasks", json={"title": "Buy milk"})
    answer.raise_for_status()
    revision: int = answer.json()["revision"]
    return revision


@contextlib.asynccontextmanager
async def opened(*streams: contextlib.AbstractAsyncContextManager[Stream]) -> AsyncIterator[list[Stream]]:
    """Several streams at once."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(stream) for stream in streams]
