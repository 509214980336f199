"""What the gateway adds to the time of a request: one client, straight to a process and through Nginx, in turns."""

import asyncio
import socket
import ssl
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass

from app.embedded.server import LOOPBACK
from bench.errors import BenchError
from bench.gateway.connection import Connection
from bench.gateway.people import sign_in
from bench.gateway.stage import HOST, GatewayStage
from bench.stage import say

# A block is short against whatever else a machine has to do, and long enough for a median.
REQUESTS_PER_BLOCK = 300
TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True)
class OverheadFigures:
    """Medians over the rounds, in milliseconds: straight, and what each way through Nginx adds."""

    straight_ms: float
    plain_ms: float
    secure_ms: float


class QuickClient:
    """One connection and blocking calls, which sway less than an event loop."""

    def __init__(self, port: int, headers: Mapping[str, str], trust: ssl.SSLContext | None = None) -> None:
        connection = socket.create_connection((LOOPBACK, port), TIMEOUT_SECONDS)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = connection if trust is None else trust.wrap_socket(connection, server_hostname=HOST)
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._request = f"GET /api/v1/tasks?limit=5 HTTP/1.1\r\nHost: {HOST}\r\n{lines}\r\n".encode()

    def median_ms(self) -> float:
        """Return the median time of a block of requests."""
        times = []
        for _ in range(REQUESTS_PER_BLOCK):
            began = time.perf_counter()
            self._ask()
            times.append(time.perf_counter() - began)
        return statistics.median(times) * 1000

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _ask(self) -> None:
        self._socket.sendall(self._request)
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._receive()
        head, _, body = received.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200 "):
            raise BenchError(f"a read was answered with {head[9:12].decode()}")
        remaining = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]) - len(body)
        while remaining > 0:
            remaining -= len(self._receive())

    def _receive(self) -> bytes:
        part = self._socket.recv(65_536)
        if not part:
            raise BenchError("a connection was closed under way")
        return part


async def measure_overhead(stage: GatewayStage, rounds: int) -> OverheadFigures:
    """Measure blocks of each way in turns."""
    connection = Connection(HOST, stage.plain.port)
    headers = await sign_in(connection)
    connection.close()
    return await asyncio.to_thread(_measure, stage, headers, rounds)


def _measure(stage: GatewayStage, headers: Mapping[str, str], rounds: int) -> OverheadFigures:
    straight, plain, secure = [], [], []
    for number in range(1, rounds + 1):
        straight.append(_block(stage.apis[0].port, headers))
        plain.append(_block(stage.plain.port, headers) - straight[-1])
        secure.append(_block(stage.secure.port, headers, stage.trust) - straight[-1])
        say(f"overhead, round {number} of {rounds}: {straight[-1]:.3f} ms, and {plain[-1]:.3f} ms for Nginx")
    return OverheadFigures(statistics.median(straight), statistics.median(plain), statistics.median(secure))


def _block(port: int, headers: Mapping[str, str], trust: ssl.SSLContext | None = None) -> float:
    client = QuickClient(port, headers, trust)
    try:
        client.median_ms()  # warms the connection up, and those behind it
        return client.median_ms()
    finally:
        client.close()
