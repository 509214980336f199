"""Ports for servers that a test starts a moment later, which nobody is given meanwhile."""

import random
import socket
from contextlib import ExitStack

from app.embedded.server import LOOPBACK

# Below those that Linux (32768), macOS and Windows (49152) hand out by themselves to whoever asks for any port, as
# the servers of other tests do all the time; above those that well-known servers have.
PORTS = range(12_000, 32_000)


def find_free_port(count: int = 1) -> int:
    """Return a port of loopback that nobody has, the first of as many neighbours."""
    while True:
        first = random.randrange(PORTS.start, PORTS.stop - count)
        try:
            with ExitStack() as stack:
                for port in range(first, first + count):
                    stack.enter_context(socket.create_server((LOOPBACK, port)))
        except OSError:
            continue
        return first
