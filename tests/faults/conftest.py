"""A service with servers of its own, which the tests may freeze and kill."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from app.bootstrap import apply_migrations
from app.core.settings import CacheSettings, JwtSettings, MongoSettings, RuntimeSettings, Settings
from app.embedded.cache import EmbeddedCache
from app.embedded.mongo import EmbeddedMongo
from app.embedded.server import EmbeddedServer
from app.main import create_app
from tests import environment
from tests.fakes.clock import FakeClock
from tests.servers import make_cache, make_mongo

# The contract's number: every request is answered within 10 s.
ANSWER_SECONDS = 10.0
# An election of the only member, the drivers' search for it and a machine that is busy.
RECOVERY_SECONDS = 30.0


class Victim:
    """A server to whom things happen; it comes back on the same port with the same data."""

    def __init__(self, make: Callable[..., EmbeddedServer], directory: Path) -> None:
        self._make = make
        self._directory = directory
        self._server: EmbeddedServer | None = None
        self._port = 0

    @property
    def server(self) -> EmbeddedServer:
        """The running server."""
        assert self._server is not None
        return self._server

    async def start(self) -> None:
        """Start it, again on the port that it had before."""
        server = self._make(self._directory, port=self._port)
        await server.__aenter__()
        self._server, self._port = server, server.port

    async def kill(self) -> None:
        """End it as a loss of power would."""
        await self.server.child.kill()

    def freeze(self) -> None:
        """Stop it in its tracks, with all its connections open."""
        os.kill(self.server.child.pid, signal.SIGSTOP)
        while not _has_stopped(self.server.child.pid):  # the kernel stops one thread after the other
            pass

    def thaw(self) -> None:
        """Let it go on, if it lives."""
        if not self.server.child.exited.done():
            os.kill(self.server.child.pid, signal.SIGCONT)

    async def close(self) -> None:
        """End it in whatever state it is."""
        if self._server is not None:
            await self._server.child.kill()


def _has_stopped(pid: int) -> bool:
    """Whether no thread of a process runs any more, as far as the system tells (proc(5), `stat`)."""
    states = [stat.read_text().rpartition(")")[2].split()[0] for stat in Path(f"/proc/{pid}/task").glob("*/stat")]
    return set(states) <= {"T"}


async def _start(make: Callable[..., EmbeddedServer], directory: Path) -> Victim:
    victim = Victim(make, directory)
    await victim.start()
    return victim


@pytest.fixture
async def mongo_victim(tmp_path: Path) -> AsyncIterator[Victim]:
    victim = await _start(make_mongo, tmp_path / "mongo")
    yield victim
    await victim.close()


@pytest.fixture
async def cache_victim(tmp_path: Path) -> AsyncIterator[Victim]:
    victim = await _start(make_cache, tmp_path / "cache")
    yield victim
    await victim.close()


@pytest.fixture
async def service(
    mongo_victim: Victim, cache_victim: Victim, signing_key_file: Path, driver_may_leak_sockets: None
) -> AsyncIterator[httpx.AsyncClient]:
    """A signed-in client of a service that stands on the victims."""
    mongo, cache = mongo_victim.server, cache_victim.server
    assert isinstance(mongo, EmbeddedMongo)
    assert isinstance(cache, EmbeddedCache)
    settings = Settings(
        runtime=RuntimeSettings(profile="local"),
        mongo=MongoSettings(url=SecretStr(mongo.url), database="faults", driver=environment.mongo_driver()),
        cache=CacheSettings(url=SecretStr(cache.url)),
        jwt=JwtSettings(private_key_file=signing_key_file),
    )
    await apply_migrations(settings)
    app = create_app(settings, clock=FakeClock())
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(app.router.lifespan_context(app))
        transport = httpx.ASGITransport(app)
        client = await stack.enter_async_context(
            httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000")
        )
        answer = await client.post("/api/v1/auth/dev/login", json={"email": "ann@example.com"})
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        try:
            yield client
        finally:
            # Closing the service waits for the transactions under way.
            mongo_victim.thaw()
            cache_victim.thaw()


async def seconds_of(action: Awaitable[httpx.Response]) -> tuple[httpx.Response, float]:
    """Return an answer and how long it took."""
    started = time.monotonic()
    answer = await action
    return answer, time.monotonic() - started


async def eventually(ask: Callable[[], Awaitable[httpx.Response]], status: int) -> httpx.Response:
    """Ask again and again until the answer has the status."""
    async with asyncio.timeout(RECOVERY_SECONDS):
        while (answer := await ask()).status_code != status:  # noqa: ASYNC110 - nobody tells when it is back
            await asyncio.sleep(0.05)
    return answer
