"""Serves the app with uvicorn: on a listener of our own, in one process or several."""

import contextlib
import socket
import sys
from collections.abc import Sequence

import uvicorn
from uvicorn.supervisors import Multiprocess

from app.http_protocol import HttpProtocol

APP_FACTORY = "app.main:create_app_from_environment"

# A request is answered within 10 s and a stream ends within 5 s of SIGTERM, so this is never the first to cut.
GRACEFUL_SHUTDOWN_SECONDS = 11

# Connections that the kernel holds while every worker is busy; it caps the figure at net.core.somaxconn.
BACKLOG = 2048


# A client that vanished without a word is given up when it has confirmed nothing for this long: two heartbeats of a
# stream. By default TCP takes a quarter of an hour, in which its streams would count.
UNCONFIRMED_MILLISECONDS = 30_000


class ListenError(Exception):
    """The address cannot be listened on; the message is one line for the operator."""


def open_listener(host: str, port: int) -> socket.socket:
    """A listening socket, port 0 meaning any free one; raises `ListenError`.

    It listens at once: on Linux two sockets may be *bound* to one port as long as neither listens.
    """
    address = f"{format_host(host)}:{port}"
    try:
        family, _, _, _, resolved = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[
            0
        ]
    except (OSError, UnicodeError):
        raise ListenError(f"cannot listen on {address}: {host!r} is not an address of this machine") from None
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # of Linux; the connections inherit it
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNCONFIRMED_MILLISECONDS)
        listener.bind(resolved)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise ListenError(f"cannot listen on {address}: {(error.strerror or str(error)).lower()}") from None
    return listener


def format_host(host: str) -> str:
    """The host as it stands in a URL."""
    return f"[{host}]" if ":" in host else host


def serve(listener: socket.socket, workers: int = 1, factory: str = APP_FACTORY) -> None:
    """Serve until SIGINT or SIGTERM; returns after the requests under way were answered.

    `factory` names what makes the app, as `module:function`; the benchmark serves another one in the same way.
    """
    config = uvicorn.Config(
        factory,
        factory=True,
        workers=workers,
        backlog=BACKLOG,
        http=HttpProtocol,
        interface="asgi3",
        lifespan="on",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        # A request on a connection is begun by the end of the one before it, whose context is none of its business.
        reset_contextvars=True,
        timeout_graceful_shutdown=GRACEFUL_SHUTDOWN_SECONDS,
    )
    if workers > 1:
        Multiprocess(config, sockets=[listener]).run()
        return
    # After its orderly end uvicorn raises the signal that it had caught.
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listener])


def main(arguments: Sequence[str]) -> None:
    """Serve on a listener that the parent process opened and handed down as a file descriptor; then the factory."""
    descriptor, *factory = arguments
    serve(socket.socket(fileno=int(descriptor)), 1, *factory)


if __name__ == "__main__":
    main(sys.argv[1:])
