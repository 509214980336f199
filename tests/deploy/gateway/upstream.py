"""A server in the place of the service: it notes what arrives, and does what a path asks for."""

import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from app.embedded.server import LOOPBACK

# A problem of the service itself, which nobody on the way may change.
PROBLEM = b'{"type":"/problems/quota-exceeded","title":"Quota exceeded","status":409,"detail":"Of the service."}'
# Longer than what is compressed from on.
LONG_ANSWER = json.dumps({"items": ["a task"] * 500}).encode()


@dataclass(frozen=True)
class Arrival:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body_bytes: int


class ScriptedUpstream:
    """Serves on a free port while the block runs.

    The last part of a path says what happens: `die` (hang up without an answer), `problem`, `long`, `silence` (no
    answer before `go_on` is set) or `events` (two events, the second one after `go_on`); all others are answered 200.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.arrivals: list[Arrival] = []
        self.heads = threading.Semaphore(0)
        self.go_on = threading.Event()
        self._server = _Server((LOOPBACK, 0), _Handler)
        self._server.upstream = self

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.go_on.set()
        self._server.shutdown()
        self._server.server_close()

    def forget(self) -> None:
        """Begin anew, as at the start."""
        self.arrivals.clear()
        self.heads = threading.Semaphore(0)
        self.go_on.set()  # for whoever still waits
        self.go_on = threading.Event()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    upstream: ScriptedUpstream


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except ConnectionError:  # Nginx hung up
            self.close_connection = True

    def _answer(self) -> None:
        upstream = self.server.upstream
        upstream.heads.release()
        body = self._read_body()
        path = self.path.partition("?")[0]
        upstream.arrivals.append(Arrival(self.command, self.path, dict(self.headers), body))
        match path.rpartition("/")[2]:
            case "die":
                self.close_connection = True
            case "problem":
                self._send(409, PROBLEM, "application/problem+json")
            case "long":
                self._send(200, LONG_ANSWER, "application/json")
            case "silence":
                upstream.go_on.wait(60)
                self.close_connection = True
            case "events":
                self._stream()
            case _:
                self._send(200, json.dumps({"server": upstream.name}).encode(), "application/json")

    def _read_body(self) -> int:
        if self.headers.get("Transfer-Encoding") == "chunked":
            count = 0
            while size := int(self.rfile.readline(), 16):
                count += len(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return count
        return len(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

    def _send(self, status: int, body: bytes, media_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", '"7"')
        self.send_header("X-Request-ID", self.headers["X-Request-ID"])
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.close_connection = True
        self.wfile.write(b"event: revision\nid: 1\n\n")
        self.server.upstream.go_on.wait(60)
        self.wfile.write(b"event: revision\nid: 2\n\n")

    def log_message(self, *args: object) -> None:
        """Say nothing."""


for _method in ("GET", "HEAD", "POST", "PATCH", "DELETE", "PUT", "OPTIONS"):
    setattr(_Handler, f"do_{_method}", _Handler._answer)
