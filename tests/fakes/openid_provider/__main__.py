"""The provider process: reads its start as one JSON line, serves, ends when its standard input does.

The line is `{"port": N or null, "snapshot": {...}}`; the answer is the port in use, once it accepts connections.
"""

import errno
import json
import os
import random
import socket
import sys
import threading

import uvicorn

from tests.fakes.openid_provider.application import create_app
from tests.fakes.openid_provider.state import ProviderState

HOST = "127.0.0.1"

# Below the ports that Linux (32768), macOS and Windows (49152) hand out by themselves: while the provider is
# away, no other connection of the machine can be given its port.
PORTS = range(20_000, 30_000)


def listen(port: int | None) -> socket.socket:
    """A listening socket on `port`, or on a free one that nobody else is given meanwhile."""
    while True:
        candidate = port or random.choice(PORTS)
        try:
            return socket.create_server((HOST, candidate), backlog=128)
        except OSError as error:
            if port is not None or error.errno != errno.EADDRINUSE:
                raise


def end_with_standard_input() -> None:
    """Leave nothing behind when the test run is killed: its end of the pipe closes then."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(0)


def main() -> None:
    start = json.loads(sys.stdin.readline())
    threading.Thread(target=end_with_standard_input, daemon=True).start()
    listener = listen(start["port"])
    port = listener.getsockname()[1]
    app = create_app(ProviderState(f"http://{HOST}:{port}", start["snapshot"]))
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off")).run(sockets=[listener])


if __name__ == "__main__":
    main()
