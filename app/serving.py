"""Serves the app with uvicorn in this process, on a listener of our own."""

import contextlib
import ipaddress
import socket
import sys
from collections.abc import Sequence

import structlog
import uvicorn

from app.core.settings import RuntimeSettings
from app.graceful_server import GracefulServer
from app.http_protocol import HttpProtocol

APP_FACTORY = "app.main:create_app_from_environment"

# A request is answered within 10 s and a stream ends within 5 s of SIGTERM, so this is never the first to cut.
GRACEFUL_SHUTDOWN_SECONDS = 11

# From the end of the delay to the end of the process at worst: those, and 14 s for what goes on in the background
# (8 s of app/tasks/portability/imports.py and then 6 s of app/auth/erasure.py).
END_SECONDS = GRACEFUL_SHUTDOWN_SECONDS + 14

# Longer than proxies keep an idle connection (60 s in Nginx and in AWS' load balancers, by default): who knows what
# will be sent next should be the one who hangs up, or a request meets a connection that was just closed.
KEEP_ALIVE_SECONDS = 75

# Connections that the kernel holds while every worker is busy; it caps the figure at net.core.somaxconn.
BACKLOG = 2048


# A client that vanished without a word is given up when it has confirmed nothing for this long: two heartbeats of a
# stream. By default TCP takes a quarter of an hour, in which its streams would count.
UNCONFIRMED_MILLISECONDS = 30_000


logger = structlog.get_logger(__name__)


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


def warn_of_open_sign_in(listener: socket.socket, runtime: RuntimeSettings) -> None:
    """Say so when others than this machine reach the profile `local`, in which anybody signs in as anybody."""
    host, port = listener.getsockname()[:2]
    if runtime.is_local and runtime.signs_tokens and not ipaddress.ip_address(host).is_loopback:
        logger.warning(
            "sign_in_is_open",
            address=f"{format_host(host)}:{port}",
            meaning="whoever reaches it signs in as anybody: the profile local is for a machine alone",
        )


def format_host(host: str) -> str:
    """The host as it stands in a URL."""
    return f"[{host}]" if ":" in host else host


def serve(listener: socket.socket, factory: str = APP_FACTORY, *, has_parent: bool = False) -> None:
    """Serve until SIGINT or SIGTERM; returns after the requests under way were answered.

    `factory` names what makes the app, as `module:function`; the benchmark serves another one in the same way. A
    process that `has_parent` leaves it to that one to lose patience.
    """
    config = uvicorn.Config(
        factory,
        factory=True,
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
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACEFUL_SHUTDOWN_SECONDS,
    )
    # Before the server listens to signals, and after it has ended, Ctrl-C is Python's own.
    with contextlib.suppress(KeyboardInterrupt):
        GracefulServer(config, has_parent=has_parent).run(sockets=[listener])


def main(arguments: Sequence[str]) -> None:
    """Serve on a listener that the parent process opened and handed down as a file descriptor; then the factory."""
    descriptor, *factory = arguments
    serve(socket.socket(fileno=int(descriptor)), *factory, has_parent=True)


if __name__ == "__main__":
    main(sys.argv[1:])
