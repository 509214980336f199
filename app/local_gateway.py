"""`taskfleet gateway`: the local stack behind the real Nginx: two API processes alike or three services."""

import asyncio
import os
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from app.api_processes import RESTART_PAUSE_SECONDS, start_api_process
from app.bootstrap import check_settings
from app.core.clock import SystemClock
from app.core.key_sets import KEY_SET_PATH
from app.core.logging import configure_logging
from app.core.module_environments import ENABLED_MODULES, environment_of
from app.core.settings import MODULES, PREFIX, Module, Settings, load_settings, read_set_variables
from app.embedded.certificate import ensure_certificate
from app.embedded.child import ChildProcess
from app.embedded.data_directory import claim_data_directory
from app.embedded.errors import DataDirectoryError, ServerStartError
from app.embedded.nginx import TEMPLATES, EmbeddedNginx, find_nginx
from app.embedded.server import LOOPBACK, find_free_port
from app.embedded.supervisor import Supervisor
from app.local import LocalAddress, fill_environment, start_servers, wait_until_ready
from app.serving import END_SECONDS, open_listener

# Enough for one to be replaced while the other one serves.
API_PROCESSES = 2


@dataclass(frozen=True)
class GatewayOptions:
    """What the command line says."""

    host: str
    port: int
    data_directory: Path
    is_split: bool = False


def run_gateway(options: GatewayOptions) -> None:
    """Run the whole stack until SIGINT or SIGTERM.

    Raises `SettingsError`, `ListenError` or `EmbeddedError` with one line for the operator.
    """
    nginx = find_nginx()
    if not TEMPLATES.is_dir():
        raise ServerStartError(f"{TEMPLATES} is not there: the gateway is started from a clone of the repository")
    os.environ[f"{PREFIX}PROFILE"] = "local"
    os.environ[f"{PREFIX}WORKERS"] = str(len(MODULES) if options.is_split else API_PROCESSES)
    if options.is_split:
        os.environ[ENABLED_MODULES] = ",".join(MODULES)  # of all processes together
    settings = load_settings()
    directory = options.data_directory.absolute()
    # Nginx would try for a long time.
    with open_listener(LOOPBACK, options.port) as listener:
        port = listener.getsockname()[1]
    with claim_data_directory(directory):
        if not settings.http.trusted_proxies:
            os.environ[f"{PREFIX}TRUSTED_PROXIES"] = LOOPBACK
        fill_environment(settings, f"https://{options.host}:{port}", directory)
        complete = load_settings()
        configure_logging(complete.observability.log_format)
        check_settings(complete)
        gateway = replace(options, port=port, data_directory=directory)
        asyncio.run(_run_stack(settings, gateway, nginx))


async def _run_stack(settings: Settings, options: GatewayOptions, nginx: Path) -> None:
    """Keep the stack up; `settings` are those that the user has set."""
    supervisor = Supervisor()
    host, port, directory = options.host, options.port, options.data_directory

    async def bring_up(stack: AsyncExitStack) -> None:
        await start_servers(stack, settings, directory, supervisor)
        processes = _make_services() if options.is_split else [ApiProcess() for _ in range(API_PROCESSES)]
        for process in processes:
            await stack.enter_async_context(process)
        await asyncio.gather(*(process.wait_until_ready() for process in processes))
        gateway = EmbeddedNginx(
            nginx, directory / "nginx", _gateway_settings(settings, host, directory, processes), port=port
        )
        await stack.enter_async_context(gateway)
        supervisor.watch(gateway.child)
        print(f"Taskfleet is ready at https://{host}:{port}", flush=True)  # noqa: T201 - the command's output

    await supervisor.run(bring_up)


def _make_services() -> "list[ApiProcess]":
    """Return a process for each module, which has only the settings that it needs."""
    variables = {**os.environ, **read_set_variables()}
    ports = {module: find_free_port() for module in MODULES}
    key_set_url = f"http://{LOOPBACK}:{ports['auth']}{KEY_SET_PATH}"
    return [
        ApiProcess(port, module, environment_of(module, variables, key_set_url)) for module, port in ports.items()
    ]


def _gateway_settings(
    settings: Settings, host: str, directory: Path, processes: "list[ApiProcess]"
) -> dict[str, str]:
    """What `nginx/render` has to know; what is set in the environment wins, but for ports and places."""
    try:
        files = ensure_certificate(directory, [host], SystemClock())
    except OSError as error:
        raise DataDirectoryError(f"cannot write into {directory}: {error.strerror}") from None
    upstreams: dict[str, str] = {}
    for process in processes:
        name = "GATEWAY_UPSTREAMS" if process.module is None else f"GATEWAY_{process.module.upper()}_UPSTREAMS"
        upstreams[name] = f"{upstreams.get(name, '')} {LOOPBACK}:{process.port}".lstrip()
    web_dist, asset_origin = settings.http.web_dist, settings.http.web_asset_origin
    return {
        **upstreams,
        "GATEWAY_SERVER_NAME": host,
        "GATEWAY_TLS_CERTIFICATE": str(files.certificate),
        "GATEWAY_TLS_KEY": str(files.key),
        "GATEWAY_WEB_ROOT": "" if web_dist is None else str(web_dist.absolute()),
        "GATEWAY_WEB_ASSET_ORIGIN": asset_origin or "",
        "GATEWAY_MAX_IMPORT_BYTES": str(settings.tasks.max_import_bytes),
    } | {name: value for name, value in os.environ.items() if name.startswith("GATEWAY_")}


class ApiProcess:
    """`taskfleet serve` on a port of its own, started again when it ends; an async context manager.

    With a module it runs that alone, and `variables` are all that it is given.
    """

    def __init__(
        self, port: int = 0, module: Module | None = None, variables: Mapping[str, str] | None = None
    ) -> None:
        self.port = port or find_free_port()
        self.module = module
        self._title = "the API" if module is None else f"the service {module}"
        self._variables = variables
        self._child: ChildProcess | None = None
        self._keeper: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._child = await self._start()
        self._keeper = asyncio.create_task(self._keep())
        return self

    async def __aexit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._child is not None  # noqa: S101 - it was entered
        assert self._keeper is not None  # noqa: S101
        self._keeper.cancel()
        with suppress(asyncio.CancelledError):
            await self._keeper
        await self._child.stop(END_SECONDS)

    async def wait_until_ready(self) -> None:
        """Return when it answers that it is ready. Raises `ServerStartError`."""
        await wait_until_ready(LocalAddress(LOOPBACK, self.port))

    async def _start(self) -> ChildProcess:
        # Ours is closed at once: where no process serves, Nginx is refused and asks the other one.
        with open_listener(LOOPBACK, self.port) as listener:
            return await start_api_process(listener, 0, None, title=self._title, variables=self._variables)

    async def _keep(self) -> None:
        while True:
            child = self._child
            assert child is not None  # noqa: S101 - it was started
            # Cancelled with us otherwise, and then nobody would hear of the end.
            await asyncio.wait([child.exited])
            ended = f"T{self._title[1:]} on port {self.port} ended ({child.describe_end()})"
            print(f"{ended}; starting it again", file=sys.stderr, flush=True)  # noqa: T201 - for the person there
            await asyncio.sleep(RESTART_PAUSE_SECONDS)
            self._child = await self._start()
