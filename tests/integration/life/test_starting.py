"""A process that is still starting answers no probe."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from app.embedded.server import LOOPBACK
from app.serving import open_listener
from tests.integration.life.connection import KeptConnection, ask_once
from tests.integration.local_stack.local_process import clean_environment

FACTORY = "tests.integration.life.slow_start:create_app"
# What a probe gives, and more than an answer takes.
SILENCE_SECONDS = 1.0


def is_silent(url: str, path: str) -> bool:
    with KeptConnection(url, SILENCE_SECONDS) as connection:
        try:
            connection.get(path)
        except TimeoutError:
            return True
        return False


class TestAProcessThatIsStarting:
    @pytest.mark.parametrize("path", ["/readyz", "/livez"])
    def test_answers_no_probe_before_everything_is_open(
        self, settings: dict[str, str], tmp_path: Path, path: str
    ) -> None:
        gate = tmp_path / "gate"
        with open_listener(LOOPBACK, 0) as listener:
            url = f"http://{LOOPBACK}:{listener.getsockname()[1]}"
            with self.start(listener, settings | {"STARTS_WITH": str(gate)}) as process:
                try:
                    assert is_silent(url, path)
                    gate.touch()
                    assert ask_once(url, path).status == 200
                finally:
                    process.kill()

    def start(self, listener: socket.socket, settings: dict[str, str]) -> subprocess.Popen[bytes]:
        descriptor = listener.fileno()
        return subprocess.Popen(
            [sys.executable, "-m", "app.serving", str(descriptor), FACTORY],
            env=clean_environment(**settings),
            pass_fds=[descriptor],
            stderr=subprocess.DEVNULL,
        )
