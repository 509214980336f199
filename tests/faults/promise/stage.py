"""What a case plays on: one MongoDB, one cache server, and two processes of the service, all of them real."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from pydantic import SecretStr

from app.bootstrap import apply_migrations
from app.core.settings import MongoSettings, RuntimeSettings, Settings
from app.embedded.cache import EmbeddedCache
from app.embedded.child import ChildProcess
from app.serving import open_listener
from tests import environment
from tests.faults.conftest import Victim
from tests.faults.promise.http_connection import HOST, HttpConnection
from tests.faults.promise.proxy import Proxy
from tests.servers import make_cache

REPOSITORY = Path(__file__).parents[3]
# A process imports everything anew, on a machine that has more to do.
START_SECONDS = 60.0


class ServiceProcess:
    """A process of the service; its listener is ours, so that callers of one that died wait for its successor."""

    def __init__(self, settings: dict[str, str], sabotages: Sequence[str], log_file: Path) -> None:
        self._settings = settings
        self._sabotages = sabotages
        self._log_file = log_file
        self._listener = open_listener(HOST, 0)
        self._child: ChildProcess | None = None
        self.port: int = self._listener.getsockname()[1]
        self.is_up = False

    @property
    def child(self) -> ChildProcess:
        """The process of now."""
        assert self._child is not None
        return self._child

    async def start(self) -> None:
        """Start it, and wait until it answers."""
        service = Path(__file__).with_name("service.py")
        descriptor = self._listener.fileno()
        self._child = await ChildProcess.start(
            self._log_file.stem,
            [sys.executable, service, str(descriptor), *self._sabotages],
            log_file=self._log_file,
            environment={**os.environ, "PYTHONPATH": str(REPOSITORY), **self._settings},
            pass_fds=[descriptor],
        )
        async with asyncio.timeout(START_SECONDS), HttpConnection(self.port) as connection:
            answer = await connection.request("GET", "/readyz", {})
        assert answer.status == 200, answer
        self.is_up = True

    async def run_again_and_again(self) -> None:
        """Start it whenever it has died, until cancelled."""
        while True:
            await asyncio.shield(self.child.exited)
            self.is_up = False
            # Callers have waited at the listener: their changes may end the successor before it has answered us.
            with contextlib.suppress(ConnectionError, EOFError):
                await self.start()

    def freeze(self) -> None:
        """Stop it in its tracks."""
        os.kill(self.child.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        if not self.child.exited.done():
            os.kill(self.child.pid, signal.SIGCONT)

    async def close(self) -> None:
        """End it in whatever state it is."""
        self._listener.close()
        if self._child is not None:
            await self._child.kill()


@dataclass(slots=True)
class Stage:
    """Everything that a fault may do something to."""

    cache: Victim
    proxy: Proxy
    processes: list[ServiceProcess] = field(default_factory=list)


@asynccontextmanager
async def set_stage(
    directory: Path, mongo_url: str, signing_key_file: Path, *, is_proxied: bool, sabotages: Sequence[str] = ()
) -> AsyncIterator[Stage]:
    """Have everything run while the block does; with sabotages in the first process, or in both (see `cases`)."""
    database = f"promise-{uuid4().hex[:8]}"
    settings = Settings(
        runtime=RuntimeSettings(profile="local"),
        mongo=MongoSettings(url=SecretStr(mongo_url), database=database, driver=environment.mongo_driver()),
    )
    async with AsyncExitStack() as stack:
        cache = Victim(make_cache, directory / "cache")
        await cache.start()
        stack.push_async_callback(cache.close)
        assert isinstance(cache.server, EmbeddedCache)
        proxy = await stack.enter_async_context(Proxy(cache.server.port))
        await apply_migrations(settings)
        variables = {
            "TASKFLEET_PROFILE": "local",
            "TASKFLEET_MONGO_URL": mongo_url,
            "TASKFLEET_MONGO_DATABASE": database,
            "TASKFLEET_MONGO_DRIVER": environment.mongo_driver(),
            "TASKFLEET_REDIS_URL": f"redis://{HOST}:{proxy.port}/0" if is_proxied else cache.server.url,
            "TASKFLEET_JWT_PRIVATE_KEY_FILE": str(signing_key_file),
            "TASKFLEET_WORKERS": "2",
            **{f"TASKFLEET_RATE_LIMIT_{name}": "" for name in ("USER", "ADDRESS", "AUTH")},
        }
        stage = Stage(cache, proxy)
        for number in range(2):
            # Only one process of two can die: somebody must be left to see what it left behind.
            own = [name for name in sabotages if number == 0 or name != "die_before_lowering"]
            process = ServiceProcess(variables, own, directory / f"process-{number}.log")
            stack.push_async_callback(process.close)
            stage.processes.append(process)
        await asyncio.gather(*(process.start() for process in stage.processes))
        yield stage
        stage.cache.thaw()
        for process in stage.processes:
            process.thaw()
