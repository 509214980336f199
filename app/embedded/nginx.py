"""Nginx as a child, with the configuration that `nginx/render` writes: the gateway on a laptop and in tests."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import ClassVar

from app.embedded.child import ChildProcess
from app.embedded.errors import ServerNotFoundError, ServerStartError
from app.embedded.server import LOOPBACK, POLL_SECONDS, EmbeddedServer, find_free_port

# The templates are part of the repository and of the gateway's image, not of the Python package.
TEMPLATES = Path(__file__).parents[2] / "nginx"

# It reads some templates and hashes a few files.
RENDER_TIMEOUT_SECONDS = 30.0


def find_nginx() -> Path:
    """Return the program. Raises `ServerNotFoundError` with what brings it."""
    # Debian's servers are where only root looks.
    found = shutil.which("nginx", path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin")))
    if found is None:
        raise ServerNotFoundError(
            "nginx was not found; on Debian and Ubuntu: apt-get install nginx-light, on macOS: brew install nginx"
        )
    return Path(found)


class EmbeddedNginx(EmbeddedServer):
    """The gateway on loopback; `settings` are variables of `nginx/render`, but for ports and places, which are ours.

    `port` is the one of https, or of http when the settings name no certificate; 0 takes a free one.
    """

    title = "nginx"
    # SIGTERM ends it at once.
    stop_grace_seconds: ClassVar[float] = 5.0

    def __init__(self, binary: Path, data_directory: Path, settings: Mapping[str, str], *, port: int = 0) -> None:
        super().__init__(binary, data_directory, port=port)
        self.http_port = 0
        self.status_port = 0
        self._settings = settings
        self._is_secure = "GATEWAY_TLS_CERTIFICATE" in settings

    @property
    def access_log(self) -> Path:
        return self._data_directory / "access.log"

    @property
    def configuration(self) -> Path:
        return self._data_directory / "configuration"

    def _command(self) -> list[str | Path]:
        return [self._binary, "-e", "stderr", "-c", self.configuration / "nginx.conf"]

    async def _try_to_start(self) -> bool:
        self.http_port = find_free_port() if self._is_secure else self.port
        self.status_port = find_free_port()
        await asyncio.to_thread(self._render)
        return await super()._try_to_start()

    async def __aexit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await super().__aexit__(exception_type, exception, traceback)
        # A master that was killed leaves its workers behind, and they keep the ports.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.child.pid, signal.SIGKILL)

    async def _start_child(self) -> ChildProcess:
        # It has workers, which only it can end.
        return await ChildProcess.start(
            self.title, self._command(), log_file=self.log_file, death_signal=signal.SIGTERM
        )

    def _render(self) -> None:
        ports = {
            "GATEWAY_HTTP_PORT": str(self.http_port),
            "GATEWAY_STATUS_PORT": str(self.status_port),
            "GATEWAY_HTTPS_PORT": str(self.port),
            "GATEWAY_PUBLIC_HTTPS_PORT": str(self.port),
        }
        places = {
            "GATEWAY_ADDRESS": LOOPBACK,
            "GATEWAY_RUN_DIRECTORY": str(self._data_directory),
            "GATEWAY_LOG_DIRECTORY": str(self._data_directory),
            "GATEWAY_NGINX": str(self._binary),
        }
        # Its workers would be nobody, who may not read what root alone may.
        user = {"GATEWAY_USER": "root"} if os.geteuid() == 0 else {}
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
        try:
            subprocess.run(  # noqa: S603 - a script of ours
                [TEMPLATES / "render", self.configuration],
                env={**inherited, **user, **self._settings, **ports, **places},
                capture_output=True,
                text=True,
                check=True,
                timeout=RENDER_TIMEOUT_SECONDS,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.CalledProcessError as error:
            raise ServerStartError(error.stderr.strip()) from None

    async def _wait_until_ready(self, pid: int) -> bool:
        pid_file = self._data_directory / "nginx.pid"
        # It is written when all ports are ours.
        while _read(pid_file) != str(pid):  # noqa: ASYNC110 - another process cannot set our event
            await asyncio.sleep(POLL_SECONDS)
        await self._wait_for_connection()
        return True

    def _is_transient(self, return_code: int) -> bool:
        return return_code == 1 and "Address already in use" in self._read_log()


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return ""
