"""Load at a constant rate, whatever the server does (an open loop), with latency from when each request was due.

wrk waits for an answer before it asks again: a server that stalls is asked less, and the stall counts once. Here a
request that finds all connections busy waits, and its wait counts. The loop polls without sleeping, on a core of its
own, because timers of a millisecond would be part of the figure. What this program itself takes counts as well.
"""

import json
import select
import socket
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.figures import percentile
from bench.requests import RECORD_SEPARATOR

_RECEIVE_BYTES = 262_144
_END_OF_HEAD = b"\r\n\r\n"
_LENGTH_HEADER = b"content-length:"
# How long after the last request was due its answer may take.
_DRAIN_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class SteadyResult:
    """What came of a steady load. `late_ms` is how much later than due requests left, at the 99th percentile."""

    requests: int
    wrong: int
    p50_ms: float
    p99_ms: float
    late_ms: float


class _Connection:
    """A keep-alive connection with one request under way at most."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.due_at = 0.0
        self._received = bytearray()

    def send(self, request: bytes, due_at: float) -> None:
        self.due_at = due_at
        self._received.clear()
        self.socket.sendall(request)

    def read(self) -> bytes | None:
        """Take what has arrived; return the status once the answer is complete."""
        chunk = self.socket.recv(_RECEIVE_BYTES)
        if not chunk:
            raise ConnectionError("the server closed a connection")
        self._received += chunk
        end = self._received.find(_END_OF_HEAD)
        if end < 0:
            return None
        head = bytes(self._received[:end]).lower()
        start = head.find(_LENGTH_HEADER)
        length = 0 if start < 0 else int(head[start + len(_LENGTH_HEADER) :].split(b"\r\n", 1)[0])
        return head[9:12] if len(self._received) >= end + len(_END_OF_HEAD) + length else None


class SteadyLoad:
    """Sends requests in turn, each when it is due."""

    def __init__(self, port: int, requests: Sequence[bytes], rate: float, seconds: float, connections: int) -> None:
        self._requests = requests
        self._interval = 1.0 / rate
        self._total = max(1, int(rate * seconds))
        self._poll = select.epoll()
        self._connections = {}
        for connection in (_Connection(port) for _ in range(connections)):
            self._connections[connection.socket.fileno()] = connection
            self._poll.register(connection.socket, select.EPOLLIN)
        self._free = deque(self._connections.values())
        self._latencies: list[float] = []
        self._lateness: list[float] = []
        self._wrong = 0

    def run(self) -> SteadyResult:
        """Return when all answers are there. Raises `TimeoutError` when they do not come."""
        try:
            self._exchange_all()
        finally:
            self._poll.close()
            for connection in self._connections.values():
                connection.socket.close()
        return SteadyResult(
            self._total,
            self._wrong,
            percentile(self._latencies, 0.5) * 1e3,
            percentile(self._latencies, 0.99) * 1e3,
            percentile(self._lateness, 0.99) * 1e3,
        )

    def _exchange_all(self) -> None:
        start = time.perf_counter()
        give_up_at = start + self._total * self._interval + _DRAIN_SECONDS
        while len(self._latencies) < self._total:
            now = time.perf_counter()
            if now > give_up_at:
                raise TimeoutError(f"{self._total - len(self._latencies)} answers did not come")
            self._send_due(start, now)
            for descriptor, _ in self._poll.poll(0):
                self._receive(self._connections[descriptor])

    def _send_due(self, start: float, now: float) -> None:
        while self._free and (sent := len(self._lateness)) < self._total:
            due_at = start + sent * self._interval
            if due_at > now:
                return
            self._lateness.append(now - due_at)
            self._free.popleft().send(self._requests[sent % len(self._requests)], due_at)

    def _receive(self, connection: _Connection) -> None:
        status = connection.read()
        if status is not None:
            self._latencies.append(time.perf_counter() - connection.due_at)
            self._wrong += status != b"200"
            self._free.append(connection)


def main(arguments: Sequence[str]) -> None:
    """Arguments: port, file of requests, requests per second, seconds, connections. Prints the result as JSON."""
    port, file, rate, seconds, connections = arguments
    requests = Path(file).read_bytes().split(RECORD_SEPARATOR.encode())
    load = SteadyLoad(int(port), requests, float(rate), float(seconds), int(connections))
    print(json.dumps(asdict(load.run())))


if __name__ == "__main__":
    main(sys.argv[1:])
