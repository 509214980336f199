"""One connection of a client that keeps it, as a proxy does."""

import http.client
import json
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

# On a machine that has other things to do as well.
TIMEOUT_SECONDS = 30


class Answer(NamedTuple):
    """What a probe or a proxy looks at."""

    status: int
    lets_go: bool
    body: Any


class KeptConnection:
    """Speaks HTTP/1.1 over one connection; a context manager."""

    def __init__(self, url: str, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=timeout_seconds)
        # One that was closed must not be opened again unseen.
        self._connection.auto_open = 0
        self._connection.connect()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._connection.close()

    def get(self, path: str) -> Answer:
        """Ask and return the answer. Raises `OSError` or `http.client.HTTPException`."""
        self._connection.request("GET", path)
        answer = self._connection.getresponse()
        text = answer.read()
        is_json = "json" in (answer.headers["Content-Type"] or "")
        return Answer(
            answer.status,
            answer.headers["Connection"] == "close",
            json.loads(text) if is_json else text.decode(),
        )

    def send(self, piece: bytes) -> None:
        """Send a part of a request."""
        self._connection.sock.sendall(piece)

    def read_to_the_end(self) -> bytes:
        """Return what comes until the server hangs up."""
        pieces = []
        while piece := self._connection.sock.recv(65_536):
            pieces.append(piece)
        return b"".join(pieces)


def ask_once(url: str, path: str) -> Answer:
    """Ask over a connection of its own."""
    with KeptConnection(url) as connection:
        return connection.get(path)
