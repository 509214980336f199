"""What monitoring sends to: a real HTTP server that keeps envelopes of Sentry and spans of OTLP, and a frozen one."""

import gzip
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

TRACES_PATH = "/v1/traces"


class Receiver:
    """What has arrived so far."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self._envelopes: list[bytes] = []
        self._exports: list[bytes] = []

    def take(self, path: str, headers: dict[str, str], body: bytes) -> None:
        """Keep what came in one request; called from the threads of the server."""
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        (self._exports if path == TRACES_PATH else self._envelopes).append(body)
        self.headers.append(headers)
        self.bodies.append(body)

    @property
    def dsn(self) -> str:
        """Where Sentry's SDK is to send to."""
        return f"{self.url.replace('://', '://key@')}/1"

    def events(self, kind: str) -> list[dict[str, Any]]:
        """The items of one kind (`event`, `transaction`) of all envelopes, in order of arrival."""
        return [item for envelope in self._envelopes for item in _items(envelope, kind)]

    def spans(self) -> list[Span]:
        """All spans, in order of arrival."""
        exports = [ExportTraceServiceRequest.FromString(body) for body in self._exports]
        return [
            span
            for export in exports
            for resource in export.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def resource(self) -> dict[str, str]:
        """Who sent the first spans."""
        (resource, *_) = ExportTraceServiceRequest.FromString(self._exports[0]).resource_spans
        return {attribute.key: attribute.value.string_value for attribute in resource.resource.attributes}


def attributes_of(span: Span) -> dict[str, str | int]:
    """The attributes of a span."""
    return {attribute.key: attribute.value.string_value or attribute.value.int_value for attribute in span.attributes}


def _items(envelope: bytes, kind: str) -> Iterator[dict[str, Any]]:
    """The items of an envelope: each has a line of its own before it, which tells its kind and its length."""
    rest = envelope.partition(b"\n")[2]
    while rest:
        line, _, rest = rest.partition(b"\n")
        head = json.loads(line)
        length = head.get("length", len(rest.partition(b"\n")[0]))
        payload, rest = rest[:length], rest[length:].removeprefix(b"\n")
        if head["type"] == kind:
            yield json.loads(payload)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Answer 200 to whatever comes, for as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.take(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is inherited
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver = Receiver(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def frozen() -> Iterator[str]:
    """The address of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
