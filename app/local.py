"""`taskfleet local`: mongod, the cache server and the API as children of one process, with nothing to set up."""

import asyncio
import os
import socket
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from app.api_processes import start_api_process
from app.bootstrap import apply_migrations, check_settings
from app.core.logging import configure_logging
from app.core.settings import PREFIX, Settings, load_settings
from app.core.signing_keys import generate_signing_key
from app.embedded.binaries import CACHE_SERVER, MONGOD, find_server
from app.embedded.cache import EmbeddedCache
from app.embedded.child import ChildProcess
from app.embedded.data_directory import claim_data_directory
from app.embedded.errors import DataDirectoryError, ServerStartError
from app.embedded.mongo import EmbeddedMongo
from app.embedded.running import publish_settings
from app.embedded.server import EmbeddedServer
from app.embedded.supervisor import Supervisor
from app.monitoring import check_metrics_ports
from app.serving import END_SECONDS, format_host, open_listener, warn_of_open_sign_in

# Several times what a cold start of the interpreter and all imports takes on a slow machine.
READY_TIMEOUT_SECONDS = 60.0
PROBE_TIMEOUT_SECONDS = 5.0
POLL_SECONDS = 0.05

# A laptop has one user; this leaves the machine to its owner.
MONGO_CACHE_GB = 0.5

_WILDCARD_HOSTS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not listened on


@dataclass(frozen=True)
class LocalOptions:
    """What the command line says."""

    host: str
    port: int
    data_directory: Path
    workers: int


def run_local(options: LocalOptions) -> None:
    """Run the whole stack until SIGINT or SIGTERM.

    Raises `SettingsError`, `ListenError` or `EmbeddedError` with one line for the operator.
    """
    os.environ[f"{PREFIX}PROFILE"] = "local"
    if options.workers > 1:
        os.environ[f"{PREFIX}WORKERS"] = str(options.workers)
    settings = load_settings()
    directory = options.data_directory.absolute()
    with claim_data_directory(directory), open_listener(options.host, options.port) as listener:
        address = LocalAddress(options.host, listener.getsockname()[1])
        fill_environment(settings, address.public_url, directory)
        complete = load_settings()
        configure_logging(complete.observability.log_format)
        warn_of_open_sign_in(listener, complete.runtime)
        check_settings(complete)  # a bad one is one line here, and a traceback in every worker
        check_metrics_ports(complete.observability, options.workers)
        asyncio.run(_run_stack(settings, options, listener, address))


@dataclass(frozen=True)
class LocalAddress:
    """Where the API listens."""

    host: str
    port: int

    @property
    def url(self) -> str:
        return f"http://{format_host(self.host)}:{self.port}"

    @property
    def reachable_host(self) -> str:
        """The host to connect to: a wildcard is an address to listen on, not to speak to."""
        return _WILDCARD_HOSTS.get(self.host, self.host)

    @property
    def public_url(self) -> str:
        return f"http://{format_host(self.reachable_host)}:{self.port}"


def fill_environment(settings: Settings, public_url: str, directory: Path) -> None:
    """Set what the user has not set, for this process and the API's, which inherits the environment."""
    if "public_url" not in settings.http.model_fields_set:
        os.environ[f"{PREFIX}PUBLIC_URL"] = public_url
    if "log_format" not in settings.observability.model_fields_set:
        os.environ[f"{PREFIX}LOG_FORMAT"] = "console"
    if settings.jwt.private_key_file is None:
        os.environ[f"{PREFIX}JWT_PRIVATE_KEY_FILE"] = str(_ensure_key(directory / "signing-key.pem"))
    if settings.notifications.vapid_private_key_file is None:
        os.environ[f"{PREFIX}VAPID_PRIVATE_KEY_FILE"] = str(_ensure_key(directory / "vapid-key.pem"))


def _ensure_key(key_file: Path) -> Path:
    try:
        if not key_file.exists():
            generate_signing_key(key_file)
    except OSError as error:
        raise DataDirectoryError(f"cannot write {key_file}: {error.strerror}") from None
    return key_file


async def _run_stack(
    settings: Settings, options: LocalOptions, listener: socket.socket, address: LocalAddress
) -> None:
    supervisor = Supervisor()
    await supervisor.run(_LocalStack(settings, options, listener, address, supervisor).bring_up)


class _LocalStack:
    """The children, in the order in which they need each other."""

    def __init__(
        self,
        settings: Settings,
        options: LocalOptions,
        listener: socket.socket,
        address: LocalAddress,
        supervisor: Supervisor,
    ) -> None:
        self._settings = settings
        self._options = options
        self._listener = listener
        self._address = address
        self._supervisor = supervisor
        self._directory = options.data_directory.absolute()

    async def bring_up(self, stack: AsyncExitStack) -> None:
        """Start what the user has not brought, then the API, and say so when it answers."""
        await start_servers(stack, self._settings, self._directory, self._supervisor)
        await self._start_api(stack)
        await wait_until_ready(self._address)
        print(f"Taskfleet is ready at {self._address.url}", flush=True)  # noqa: T201 - the command's output

    async def _start_api(self, stack: AsyncExitStack) -> None:
        workers = ApiWorkers(self._listener, self._options.workers, self._settings)
        await stack.enter_async_context(workers)
        self._listener.close()  # the workers have it; once they stop listening, nobody does
        for worker in workers.children:
            self._supervisor.watch(worker)


async def start_servers(stack: AsyncExitStack, settings: Settings, directory: Path, supervisor: Supervisor) -> None:
    """Start the servers that the user has not brought, apply migrations, and tell other commands where they are."""

    async def start(server: EmbeddedServer) -> None:
        await stack.enter_async_context(server)
        supervisor.watch(server.child)

    if "url" not in settings.mongo.model_fields_set:
        mongod = await asyncio.to_thread(find_server, MONGOD, settings.embedded.mongod_binary)
        mongo = EmbeddedMongo(mongod, directory / "mongo", cache_size_gb=MONGO_CACHE_GB)
        await start(mongo)
        os.environ[f"{PREFIX}MONGO_URL"] = mongo.url
    if "url" not in settings.cache.model_fields_set:
        binary = await asyncio.to_thread(find_server, CACHE_SERVER, settings.embedded.cache_binary)
        cache = EmbeddedCache(binary, directory / "cache")
        await start(cache)
        os.environ[f"{PREFIX}REDIS_URL"] = cache.url
    complete = load_settings()
    await apply_migrations(complete)
    stack.enter_context(publish_settings(directory, _settings_of_servers(complete)))


def _settings_of_servers(settings: Settings) -> dict[str, str]:
    """What a command needs that is to work on the same servers."""
    cache_url = settings.cache.url
    return {
        f"{PREFIX}PROFILE": settings.runtime.profile,
        f"{PREFIX}MONGO_URL": settings.mongo.url.get_secret_value(),
        f"{PREFIX}MONGO_DATABASE": settings.mongo.database,
        f"{PREFIX}REDIS_URL": "" if cache_url is None else cache_url.get_secret_value(),
    }


class ApiWorkers:
    """The API's processes, all accepting from one listener; an async context manager."""

    def __init__(self, listener: socket.socket, count: int, settings: Settings) -> None:
        self.children: list[ChildProcess] = []
        self._listener = listener
        self._count = count
        self._metrics_port = settings.observability.metrics_port
        self._grace_seconds = settings.http.shutdown_delay_seconds + END_SECONDS

    async def __aenter__(self) -> Self:
        try:
            for index in range(self._count):
                self.children.append(await start_api_process(self._listener, index, self._metrics_port))
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stop()

    async def _stop(self) -> None:
        await asyncio.gather(*(child.stop(self._grace_seconds) for child in self.children))


async def wait_until_ready(address: LocalAddress) -> None:
    """Return when the API there answers that it is ready. Raises `ServerStartError`."""
    try:
        async with asyncio.timeout(READY_TIMEOUT_SECONDS):
            while not await _is_ready(address):  # noqa: ASYNC110 - another process cannot set our event
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        raise ServerStartError(f"the API was not ready after {READY_TIMEOUT_SECONDS:.0f} s") from None


async def _is_ready(address: LocalAddress) -> bool:
    """Whether `/readyz` answers 200; one plain HTTP/1.1 request needs no client library."""
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_SECONDS):
            reader, writer = await asyncio.open_connection(address.reachable_host, address.port)
            try:
                host = format_host(address.reachable_host)
                writer.write(f"GET /readyz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
                return (await reader.readline()).startswith(b"HTTP/1.1 200 ")
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False
