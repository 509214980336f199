"""Keeps slow connections open, in a process of its own: `python -m bench.gateway.slow_connections PORT COUNT`.

Half of them never come to the end of their head, the others never to the end of their body. What the gateway closes
is opened anew. Each hundred has an address of its own. Prints a line when all are open, and ends with its input.
"""

import itertools
import resource
import selectors
import socket
import sys
import time

from app.embedded.server import LOOPBACK
from bench.gateway.stage import HOST

# Within the 10 s of silence that the gateway allows; each further byte begins them anew.
DRIP_SECONDS = 4.0
# Not all at one moment: a share of them with each step.
STEPS = 40
CONNECTIONS_PER_ADDRESS = 100

_HEAD = f"GET / HTTP/1.1\r\nHost: {HOST}\r\n".encode()
_BODY = f"POST /api/v1/tasks HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 100000\r\n\r\n".encode()


class SlowConnections:
    """All of them, by number; even ones are slow with the head."""

    def __init__(self, port: int, count: int) -> None:
        self._port = port
        self._selector = selectors.DefaultSelector()
        self._sockets = {number: self._open(number) for number in range(count)}

    def drip(self, step: int) -> None:
        """Send a little more on each of a share of them."""
        for number in range(step % STEPS, len(self._sockets), STEPS):
            connection = self._sockets[number]
            try:
                connection.send(b"X-Slow: 1\r\n" if number % 2 == 0 else b"x")
            except OSError:
                self._replace(number)

    def replace_closed(self, seconds: float) -> bool:
        """Replace what is closed meanwhile; return False when the input has ended."""
        end = time.monotonic() + seconds
        while (remaining := end - time.monotonic()) > 0:
            for key, _ in self._selector.select(remaining):
                if key.data is None:
                    return False
                self._replace(key.data)
        return True

    def watch_input(self) -> None:
        """Have `replace_closed` notice when nobody needs us any longer."""
        self._selector.register(sys.stdin, selectors.EVENT_READ, None)

    def _replace(self, number: int) -> None:
        self._selector.unregister(self._sockets[number])
        self._sockets[number].close()
        self._sockets[number] = self._open(number)

    def _open(self, number: int) -> socket.socket:
        connection = socket.socket()
        connection.bind((f"127.0.1.{1 + number // CONNECTIONS_PER_ADDRESS}", 0))
        connection.connect((LOOPBACK, self._port))
        connection.send(_HEAD if number % 2 == 0 else _BODY)
        connection.setblocking(False)
        self._selector.register(connection, selectors.EVENT_READ, number)
        return connection


def main() -> None:
    """Open them, say so, and keep them."""
    port, count = int(sys.argv[1]), int(sys.argv[2])
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    connections = SlowConnections(port, count)
    connections.watch_input()
    print("open", flush=True)
    for step in itertools.count():
        if not connections.replace_closed(DRIP_SECONDS / STEPS):
            break
        connections.drip(step)


if __name__ == "__main__":
    main()
