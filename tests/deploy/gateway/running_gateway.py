"""`taskfleet gateway` as a real process, driven as a person or a script would."""

import json
import signal
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.deploy.programs import require_program
from tests.integration.local_stack.local_process import clean_environment
from tests.integration.local_stack.processes import DEADLINE_SECONDS, RunningProcess, descendants

READY = "Taskfleet is ready at "


class RunningGateway:
    """One run of the command on a free port; whatever is left of it is killed at the end of the block."""

    process: subprocess.Popen[str]
    url: str
    trust: ssl.SSLContext

    def __init__(self, directory: Path, *arguments: str, **settings: str) -> None:
        self.directory = directory / "data"
        self.certificate = self.directory / "certificate.pem"
        self._errors_file = directory / "errors"
        self._arguments = arguments
        self._settings = settings

    def __enter__(self) -> Self:
        """Return when it says that it is ready."""
        require_program("nginx", "nginx-light")
        command = [sys.executable, "-m", "app.cli", "gateway", "--port", "0", "--data-dir", str(self.directory)]
        with self._errors_file.open("w", encoding="utf-8") as errors:
            self.process = subprocess.Popen(
                [*command, *self._arguments],
                env=clean_environment(**self._settings),
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line.startswith(f"{READY}https://127.0.0.1:"):
            self._kill()
            raise AssertionError(self.errors)
        self.url = line.removeprefix(READY).rstrip("\n")
        self.trust = ssl.create_default_context(cafile=str(self.certificate))
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._kill()

    @property
    def errors(self) -> str:
        """What was written to stderr so far."""
        return self._errors_file.read_text(encoding="utf-8")

    def ask(self, path: str, body: Any = None, **headers: str) -> Any:
        """Return the JSON of an answer."""
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, content, {"Content-Type": "application/json", **headers})
        with urllib.request.urlopen(request, timeout=DEADLINE_SECONDS, context=self.trust) as answer:
            return json.load(answer)

    def sign_in(self, email: str) -> dict[str, str]:
        """Return the header of somebody who is signed in."""
        token = self.ask("/api/v1/auth/dev/login", {"email": email})["access_token"]
        return {"Authorization": f"Bearer {token}"}

    def children(self) -> list[RunningProcess]:
        """The processes under it."""
        return descendants(self.process.pid)

    def api_processes(self) -> list[int]:
        """The ids of the processes that serve the API."""
        return [child.pid for child in self.children() if "app.serving" in child.command]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(DEADLINE_SECONDS)

    def _kill(self) -> None:
        self.process.kill()
        self.process.wait(DEADLINE_SECONDS)
        if self.process.stdout:
            self.process.stdout.close()


def run_gateway(*arguments: str, program: Sequence[str] = ("-m", "app.cli")) -> subprocess.CompletedProcess[str]:
    """`taskfleet gateway` that is expected to end by itself."""
    return subprocess.run(
        [sys.executable, *program, "gateway", *arguments],
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE_SECONDS,
    )
