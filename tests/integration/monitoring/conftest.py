"""The service in a process of its own, whose settings say where reports and traces go."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.core.settings import Settings
from app.serving import open_listener
from tests.integration.local_stack.local_process import clean_environment
from tests.integration.local_stack.processes import wait_until
from tests.integration.monitoring import watched_service


@dataclass(frozen=True)
class WatchedService:
    process: subprocess.Popen[bytes]
    client: httpx.Client
    log_file: Path

    @property
    def log(self) -> str:
        """What it has written so far."""
        return self.log_file.read_text(encoding="utf-8")

    def events(self, name: str) -> list[dict[str, Any]]:
        """The lines of its log that tell of one kind of event."""
        lines = [json.loads(line) for line in self.log.splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == name]

    def sign_in(self, email: str = "ann@example.com") -> dict[str, str]:
        """Return the headers of somebody who is signed in."""
        answer = self.client.post("/api/v1/auth/dev/login", json={"email": email})
        return {"Authorization": f"Bearer {answer.raise_for_status().json()['access_token']}"}

    def end(self) -> int:
        """Ask it to end, and return its status."""
        self.process.terminate()
        return self.process.wait(30)


RunService = Callable[..., AbstractContextManager[WatchedService]]


@pytest.fixture
def run_service(settings: Settings, _schema: None, tmp_path: Path) -> RunService:
    """Runs the service: `with run_service(TASKFLEET_SENTRY_DSN=...) as service`."""

    @contextmanager
    def run(**variables: str) -> Iterator[WatchedService]:
        environment = clean_environment(
            TASKFLEET_PROFILE="local",
            TASKFLEET_MONGO_URL=settings.mongo.url.get_secret_value(),
            TASKFLEET_MONGO_DATABASE=settings.mongo.database,
            TASKFLEET_JWT_PRIVATE_KEY_FILE=str(settings.jwt.private_key_file),
            TASKFLEET_RATE_LIMIT_ADDRESS="",
            **variables,
        )
        log_file = tmp_path / "log"
        with open_listener("127.0.0.1", 0) as listener, log_file.open("wb") as log:
            port, descriptor = listener.getsockname()[1], listener.fileno()
            command = [sys.executable, "-m", "app.serving", str(descriptor), watched_service.FACTORY]
            process = subprocess.Popen(command, env=environment, stderr=log, pass_fds=[descriptor])
        with process, httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
            try:
                service = WatchedService(process, client, log_file)
                wait_until(lambda: _is_alive(service), "the service answers")
                yield service
            finally:
                process.kill()

    return run


def _is_alive(service: WatchedService) -> bool:
    assert service.process.poll() is None, service.log
    try:
        return service.client.get("/livez").status_code == 200
    except httpx.TransportError:
        return False
