"""SIGTERM while the servers behind a process stand still: it ends in order all the same, within its grace."""

import asyncio
import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.core.signing_keys import generate_signing_key
from app.embedded.cache import EmbeddedCache
from app.embedded.mongo import EmbeddedMongo
from app.embedded.server import LOOPBACK, find_free_port
from app.serving import END_SECONDS
from tests.faults.conftest import Victim
from tests.integration.local_stack.local_process import clean_environment
from tests.integration.local_stack.processes import wait_until

COMMANDS = ("serve", "worker")


class Process:
    """`taskfleet serve` or `worker`, which answers at a port of its own."""

    def __init__(self, command: str, settings: dict[str, str]) -> None:
        self.port = find_free_port()
        words, environment = [command], dict(settings)
        if command == "serve":
            words += ["--port", str(self.port)]
        else:
            environment["TASKFLEET_METRICS_PORT"] = str(self.port)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", *words],
            env=clean_environment(**environment),
            stderr=subprocess.DEVNULL,
        )

    def status_of(self, path: str) -> int:
        """The status at a path; 0 while nobody answers."""
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()

    def end(self) -> tuple[int, float]:
        """Send SIGTERM; return the status and how many seconds that took."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(2 * END_SECONDS), time.monotonic() - started


@pytest.fixture
def settings(mongo_victim: Victim, cache_victim: Victim, tmp_path: Path) -> dict[str, str]:
    mongo, cache = mongo_victim.server, cache_victim.server
    assert isinstance(mongo, EmbeddedMongo)
    assert isinstance(cache, EmbeddedCache)
    generate_signing_key(tmp_path / "key.pem")
    return {
        "TASKFLEET_PROFILE": "local",
        "TASKFLEET_MONGO_URL": mongo.url,
        "TASKFLEET_MONGO_DATABASE": f"ending-{os.getpid()}",
        "TASKFLEET_REDIS_URL": cache.url,
        "TASKFLEET_JWT_PRIVATE_KEY_FILE": str(tmp_path / "key.pem"),
    }


@pytest.fixture(params=COMMANDS)
async def process(request: pytest.FixtureRequest, settings: dict[str, str]) -> AsyncIterator[Process]:
    """One that has been ready."""
    process = Process(request.param, settings)
    try:
        await asyncio.to_thread(wait_until, lambda: process.status_of("/readyz") == 200, "the process is ready")
        yield process
    finally:
        process.process.kill()
        process.process.wait()


class TestAProcessThatIsToldToEnd:
    @pytest.mark.parametrize("frozen", [(), ("mongo",), ("cache",), ("mongo", "cache")])
    async def test_ends_in_order_whatever_stands_still(
        self, process: Process, mongo_victim: Victim, cache_victim: Victim, frozen: tuple[str, ...]
    ) -> None:
        victims = {"mongo": mongo_victim, "cache": cache_victim}
        for name in frozen:
            victims[name].freeze()
        readiness = await asyncio.to_thread(process.status_of, "/readyz")
        assert readiness == (503 if "mongo" in frozen else 200)

        status, seconds = await asyncio.to_thread(process.end)

        assert status == 0
        assert seconds < END_SECONDS
