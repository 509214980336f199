"""The steady load counts what a stall does to everybody who was due meanwhile."""

import socketserver
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from bench.steady import SteadyLoad

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="epoll is Linux's")

REQUEST = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
STALL_SECONDS = 0.2


class _Handler(socketserver.StreamRequestHandler):
    """Answers each request; the third one after a while."""

    status = b"200 OK"
    stalls_at: int | None = None

    def handle(self) -> None:
        count = 0
        while self.rfile.readline():
            while self.rfile.readline().strip():
                pass
            count += 1
            if count == self.stalls_at:
                time.sleep(STALL_SECONDS)
            self.wfile.write(b"HTTP/1.1 " + self.status + b"\r\nContent-Length: 5\r\n\r\nhe")
            self.wfile.flush()
            self.wfile.write(b"llo")


@pytest.fixture
def handler() -> type[_Handler]:
    return type("Handler", (_Handler,), {})


@pytest.fixture
def port(handler: type[_Handler]) -> Iterator[int]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


class TestASteadyLoad:
    def test_sends_as_many_requests_as_are_due(self, port: int) -> None:
        result = SteadyLoad(port, [REQUEST], rate=200, seconds=0.1, connections=2).run()

        assert (result.requests, result.wrong) == (20, 0)
        assert result.p50_ms <= result.p99_ms

    def test_counts_the_wait_of_those_behind_a_stall(self, handler: type[_Handler], port: int) -> None:
        handler.stalls_at = 3

        result = SteadyLoad(port, [REQUEST], rate=100, seconds=0.3, connections=1).run()

        # The third of 30 stalls; 20 more were due meanwhile and waited as well, half of the stall or longer for ten.
        assert result.p99_ms >= STALL_SECONDS * 1e3
        assert result.p50_ms > 0
        assert result.late_ms >= STALL_SECONDS * 1e3 / 2

    def test_counts_wrong_answers(self, handler: type[_Handler], port: int) -> None:
        handler.status = b"503 Service Unavailable"

        assert SteadyLoad(port, [REQUEST], rate=200, seconds=0.05, connections=1).run().wrong == 10
