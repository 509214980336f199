"""The push service process: prints its port once it accepts connections, ends when its standard input does."""

import os
import socket
import sys
import threading

import uvicorn

from tests.fakes.push_service.application import create_app

HOST = "127.0.0.1"


def end_with_standard_input() -> None:
    """Leave nothing behind when the test run is killed: its end of the pipe closes then."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(0)


def main() -> None:
    threading.Thread(target=end_with_standard_input, daemon=True).start()
    listener = socket.create_server((HOST, 0), backlog=128)
    port = listener.getsockname()[1]
    app = create_app(f"http://{HOST}:{port}")
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off")).run(sockets=[listener])


if __name__ == "__main__":
    main()
