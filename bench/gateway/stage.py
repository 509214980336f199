"""The stage: MongoDB, the cache server, two processes of the API, and the real Nginx before them."""

import asyncio
import os
import signal
import ssl
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from app.bootstrap import apply_migrations
from app.core.clock import SystemClock
from app.core.settings import PREFIX, EmbeddedSettings, JwtSettings, MongoSettings, RuntimeSettings, Settings
from app.core.signing_keys import generate_signing_key
from app.embedded.binaries import CACHE_SERVER, MONGOD, find_server
from app.embedded.cache import EmbeddedCache
from app.embedded.certificate import ensure_certificate
from app.embedded.child import ChildProcess
from app.embedded.mongo import EmbeddedMongo
from app.embedded.nginx import TEMPLATES, EmbeddedNginx, find_nginx
from app.embedded.server import LOOPBACK, find_free_port
from app.local import LocalAddress, wait_until_ready
from bench.errors import BenchError

HOST = "localhost"
PROCESSES = 2

# Longer than the gateway keeps an idle connection to the service (2 s, nginx/render).
SHUTDOWN_DELAY_SECONDS = 2.5
# The delay, the 11 s that requests may take, and the interpreter's end.
EXIT_TIMEOUT_SECONDS = 20.0

_UNLIMITED_GATEWAY = {"GATEWAY_REQUEST_RATE": "1000000", "GATEWAY_CONNECTION_LIMIT": "65535"}


class ApiServer:
    """`taskfleet serve` on a port that it keeps when it is replaced."""

    def __init__(self, number: int, directory: Path, environment: Mapping[str, str]) -> None:
        self.port = find_free_port()
        self._log_file = directory / f"api-{number}.log"
        self._environment = environment
        self._child: ChildProcess | None = None

    @property
    def child(self) -> ChildProcess:
        """The running process."""
        assert self._child is not None, "it was started"  # noqa: S101
        return self._child

    async def start(self) -> None:
        """Start it, and return when it is ready."""
        command = [sys.executable, "-P", "-m", "app.cli", "serve", "--host", LOOPBACK, "--port", str(self.port)]
        self._child = await ChildProcess.start(
            "the API", command, log_file=self._log_file, environment=self._environment
        )
        await wait_until_ready(LocalAddress(LOOPBACK, self.port))

    async def end(self) -> None:
        """Ask it to end. Raises `BenchError` unless it does so in time and with status 0."""
        os.kill(self.child.pid, signal.SIGTERM)
        await asyncio.wait([self.child.exited], timeout=EXIT_TIMEOUT_SECONDS)
        if not self.child.exited.done():
            raise BenchError(f"the API on port {self.port} did not end within {EXIT_TIMEOUT_SECONDS:.0f} s")
        if self.child.exited.result() != 0:
            raise BenchError(f"the API on port {self.port} ended badly ({self.child.describe_end()})")

    async def kill(self) -> None:
        """Kill it."""
        await self.child.kill()


class GatewayStage:
    """Everything that is measured; taken down with the stack that it was built on."""

    def __init__(self, stack: AsyncExitStack, directory: Path) -> None:
        self._stack = stack
        self._directory = directory
        self.root = TEMPLATES.parent
        self.apis: list[ApiServer] = []

    async def start(self) -> None:
        """Start all: a gateway with https, and one without for what is compared with plain http."""
        nginx = find_nginx()
        environment = await self._start_databases()
        self.apis = [ApiServer(number, self._directory, environment) for number in range(PROCESSES)]
        for api in self.apis:
            await api.start()
            self._stack.push_async_callback(api.kill)
        files = ensure_certificate(self._directory, [HOST], SystemClock())
        self.trust = ssl.create_default_context(cafile=str(files.certificate))
        secure = {"GATEWAY_TLS_CERTIFICATE": str(files.certificate), "GATEWAY_TLS_KEY": str(files.key)}
        self.secure = await self._start_gateway(nginx, "secure", secure)
        self.plain = await self._start_gateway(nginx, "plain", {})

    async def _start_gateway(self, nginx: Path, name: str, settings: Mapping[str, str]) -> EmbeddedNginx:
        web_dist = self.root / "web" / "dist"
        pages = {"GATEWAY_WEB_ROOT": str(web_dist)} if web_dist.is_dir() else {}
        upstreams = " ".join(f"{LOOPBACK}:{api.port}" for api in self.apis)
        names = {"GATEWAY_SERVER_NAME": HOST, "GATEWAY_UPSTREAMS": upstreams}
        gateway = EmbeddedNginx(nginx, self._directory / name, {**_UNLIMITED_GATEWAY, **names, **pages, **settings})
        await self._stack.enter_async_context(gateway)
        return gateway

    async def _start_databases(self) -> dict[str, str]:
        programs = EmbeddedSettings()
        mongo = EmbeddedMongo(find_server(MONGOD, programs.mongod_binary), self._directory / "mongo")
        cache = EmbeddedCache(find_server(CACHE_SERVER, programs.cache_binary), self._directory / "cache")
        await self._stack.enter_async_context(mongo)
        await self._stack.enter_async_context(cache)
        key_file = self._directory / "signing-key.pem"
        generate_signing_key(key_file)
        await apply_migrations(
            Settings(
                runtime=RuntimeSettings(profile="local"),
                mongo=MongoSettings(url=mongo.url),
                jwt=JwtSettings(private_key_file=key_file),
            )
        )
        settings = {
            "PROFILE": "local",
            "MONGO_URL": mongo.url,
            "REDIS_URL": cache.url,
            "JWT_PRIVATE_KEY_FILE": str(key_file),
            "TRUSTED_PROXIES": LOOPBACK,
            "WORKERS": str(PROCESSES),
            "SHUTDOWN_DELAY_SECONDS": str(SHUTDOWN_DELAY_SECONDS),
            "RATE_LIMIT_USER": "",
            "RATE_LIMIT_ADDRESS": "",
            "RATE_LIMIT_AUTH": "",
        }
        inherited = {name: value for name, value in os.environ.items() if not name.startswith((PREFIX, "GATEWAY_"))}
        return inherited | {"PYTHONPATH": str(self.root)} | {PREFIX + name: each for name, each in settings.items()}
