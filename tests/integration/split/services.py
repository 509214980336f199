"""The service as separate processes, and people who call each of them."""

import asyncio
import os
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import httpx

from app.embedded.child import ChildProcess
from app.serving import open_listener
from tests.integration.local_stack.local_process import clean_environment
from tests.waiting import until

HOST = "127.0.0.1"
KEYS = "/.well-known/jwks.json"
# Longer than a request may take, and than uvicorn waits for it.
STOP_SECONDS = 15.0


class Service:
    """One process of the service; its listener is ours, so that callers wait while it is exchanged."""

    def __init__(
        self, module: str, settings: Mapping[str, str], directory: Path, script: Path | None = None, *arguments: str
    ) -> None:
        """`script` is what serves in place of `app.serving`; its arguments come behind the descriptor."""
        self._module = module
        self._settings = dict(settings)
        self._log_file = directory / f"{module}-{uuid4().hex[:8]}.log"
        self._script = ("-m", "app.serving") if script is None else (script,)
        self._arguments = arguments
        self._listener = open_listener(HOST, 0)
        self._child: ChildProcess | None = None
        self.url = f"http://{HOST}:{self._listener.getsockname()[1]}"

    async def start(self, **settings: str) -> None:
        """Start it with further settings, which stay for the next start."""
        self._settings |= settings
        descriptor = self._listener.fileno()
        self._child = await ChildProcess.start(
            self._module,
            [sys.executable, *self._script, str(descriptor), *self._arguments],
            log_file=self._log_file,
            environment=clean_environment(TASKFLEET_ENABLED_MODULES=self._module, **self._settings),
            pass_fds=[descriptor],
        )

    async def is_ready(self) -> bool:
        """Whether it takes requests, told by itself."""
        async with httpx.AsyncClient(base_url=self.url, timeout=60) as client:
            return (await client.get("/readyz")).status_code == 200

    async def stop(self) -> None:
        """Let it end in its own time."""
        if self._child is not None:
            await self._child.stop(STOP_SECONDS)

    async def exchange(self, **settings: str) -> None:
        """Put another process in its place, as a rollout does."""
        await self.stop()
        await self.start(**settings)
        await until(self.is_ready)

    async def read_metric(self, line: str) -> float:
        """Return the value of one series, named as in Prometheus' text."""
        async with httpx.AsyncClient(base_url=self.url, timeout=60) as client:
            text = (await client.get("/metrics")).text
        return next(float(row.rpartition(" ")[2]) for row in text.splitlines() if row.startswith(f"{line} "))

    async def close(self) -> None:
        """End it at once."""
        self._listener.close()
        if self._child is not None:
            await self._child.kill()


@dataclass
class Person:
    """Somebody who is signed in, with a client for each service."""

    auth: httpx.AsyncClient
    tasks: httpx.AsyncClient
    notifications: httpx.AsyncClient


@dataclass
class Split:
    """Three services on one database and one cache server."""

    auth: Service
    tasks: Service
    notifications: Service
    clients: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def services(self) -> tuple[Service, ...]:
        """All of them."""
        return self.auth, self.tasks, self.notifications

    async def start(self) -> None:
        """Return when all are ready."""
        await asyncio.gather(*(service.start() for service in self.services))
        for service in self.services:
            await until(service.is_ready)

    async def close(self) -> None:
        """End them at once."""
        await asyncio.gather(*(service.close() for service in self.services))

    def open(self, service: Service, token: str | None = None) -> httpx.AsyncClient:
        """Return a client of one of the services."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        client = httpx.AsyncClient(base_url=service.url, headers=headers, timeout=30)
        self.clients.push_async_callback(client.aclose)
        return client

    def as_holder(self, token: str) -> Person:
        """Return who presents a token to all."""
        return Person(*(self.open(service, token) for service in self.services))

    async def sign_in(self, email: str | None = None) -> Person:
        """Sign somebody in, who is new unless an address is given."""
        body = {"email": email or f"{uuid4().hex}@example.com"}
        answer = await self.open(self.auth).post("/api/v1/auth/dev/login", json=body)
        assert answer.status_code == 200, answer.text
        return self.as_holder(answer.json()["access_token"])


def settings_of(mongo_url: str, database: str, cache_url: str) -> dict[str, str]:
    """What the services have alike."""
    return {
        "TASKFLEET_PROFILE": "local",
        "TASKFLEET_MONGO_URL": mongo_url,
        "TASKFLEET_MONGO_DATABASE": database,
        "TASKFLEET_REDIS_URL": cache_url,
        **{f"TASKFLEET_RATE_LIMIT_{name}": "" for name in ("USER", "ADDRESS", "AUTH")},
    }


def make_split(
    settings: Mapping[str, str], signing_key_file: Path, directory: Path, script: Path | None = None, *arguments: str
) -> Split:
    """Return the services, not yet started; only one of them has a private key.

    `script` serves in place of `app.serving` in those that have none.
    """
    keys = {
        "TASKFLEET_JWT_PRIVATE_KEY_FILE": os.fspath(signing_key_file),
        "TASKFLEET_ADMIN_EMAILS": "admin@example.com,other-admin@example.com",
    }
    auth = Service("auth", {**settings, **keys}, directory)
    address = {"TASKFLEET_JWKS_URL": auth.url + KEYS}
    tasks, notifications = (
        Service(module, {**settings, **address}, directory, script, *arguments)
        for module in ("tasks", "notifications")
    )
    return Split(auth, tasks, notifications)
