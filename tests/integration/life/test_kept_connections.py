"""Clients that keep their connections busy while the process ends: none is cut off within a request."""

import http.client
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.embedded.server import LOOPBACK
from app.serving import open_listener
from tests.integration.life.connection import KeptConnection, ask_once
from tests.integration.local_stack.local_process import clean_environment

CLIENTS = 8
REQUESTS_BEFORE_THE_END = 30
ABRUPT_SERVICE = Path(__file__).parent / "abrupt_service.py"


@contextmanager
def serving_by(script: list[str], settings: dict[str, str]) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """One process of the service, with its address."""
    with open_listener(LOOPBACK, 0) as listener:
        url = f"http://{LOOPBACK}:{listener.getsockname()[1]}"
        process = start(script, listener, settings)
    with process:
        try:
            assert ask_once(url, "/livez").status == 200
            yield process, url
        finally:
            process.kill()


def start(script: list[str], listener: socket.socket, settings: dict[str, str]) -> subprocess.Popen[bytes]:
    descriptor = listener.fileno()
    return subprocess.Popen(
        [sys.executable, *script, str(descriptor)],
        env=clean_environment(**settings),
        pass_fds=[descriptor],
        stderr=subprocess.DEVNULL,
    )


class Client(threading.Thread):
    """Asks over one connection until it is told to let go of it, or is cut off."""

    def __init__(self, url: str, is_warm: threading.Barrier) -> None:
        super().__init__()
        self.was_cut_off = False
        self._url = url
        self._is_warm = is_warm

    def run(self) -> None:
        with KeptConnection(self._url) as connection:
            for _ in range(REQUESTS_BEFORE_THE_END):
                connection.get("/livez")
            self._is_warm.wait()
            try:
                while not connection.get("/livez").lets_go:
                    pass
            except (OSError, http.client.HTTPException):
                self.was_cut_off = True


def count_cut_off(process: subprocess.Popen[bytes], url: str) -> int:
    """End the process while all clients are at it; return how many of them were cut off."""
    is_warm = threading.Barrier(CLIENTS + 1)
    clients = [Client(url, is_warm) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    is_warm.wait()
    process.send_signal(signal.SIGTERM)
    for client in clients:
        client.join()
    process.wait(60)
    return sum(client.was_cut_off for client in clients)


class TestAProcessThatEnds:
    def test_cuts_nobody_off(self, settings: dict[str, str]) -> None:
        with serving_by(["-m", "app.serving"], settings) as (process, url):
            assert count_cut_off(process, url) == 0
            assert process.returncode == 0


class TestUvicornsOwnServer:
    """The control."""

    def test_cuts_off_who_keeps_a_connection(self, settings: dict[str, str]) -> None:
        with serving_by([str(ABRUPT_SERVICE)], settings) as (process, url):
            assert count_cut_off(process, url) > 0
