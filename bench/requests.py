"""Prepared HTTP/1.1 requests, as bytes that wrk and the steady load send without thinking."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx

# Between the requests of a file, and where the load puts what was never asked before. Neither occurs in JSON or URLs.
RECORD_SEPARATOR = "\x1e"
UNIQUE = "\x1f"
_ESCAPED_UNIQUE = json.dumps(UNIQUE)[1:-1]
# What stands in for `UNIQUE` when a request is tried by itself; as long as what the load puts there.
SOME_INSTANT = "2000-01-01T00:00:00.000Z"


@dataclass(frozen=True, slots=True)
class Request:
    """One request of one user."""

    method: str
    path: str
    token: str
    content: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def with_header(self, name: str, value: str) -> "Request":
        """Return the request with one more header."""
        return replace(self, headers={**self.headers, name: value})

    @property
    def body(self) -> str:
        """The body as the load sends it, `UNIQUE` included."""
        text = "" if self.content is None else json.dumps(self.content, separators=(",", ":"))
        return text.replace(_ESCAPED_UNIQUE, UNIQUE)

    def to_text(self) -> str:
        """Return the request as it goes over the wire."""
        headers = {**self._headers(), "Host": "127.0.0.1"}
        if self.content is not None:
            headers["Content-Length"] = str(len(self.body.replace(UNIQUE, SOME_INSTANT).encode()))
        lines = [f"{self.method} {self.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join(lines) + "\r\n\r\n" + self.body

    async def send(self, client: httpx.AsyncClient, url: str) -> httpx.Response:
        """Send the request once."""
        path, body = (text.replace(UNIQUE, SOME_INSTANT) for text in (self.path, self.body))
        return await client.request(self.method, url + path, headers=self._headers(), content=body or None)

    def _headers(self) -> dict[str, str]:
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json", **self.headers}
        if self.content is not None:
            headers["Content-Type"] = "application/json"
        return headers


def write_requests(file: Path, requests: Sequence[Request]) -> None:
    """Write the requests where the load reads them."""
    file.write_text(RECORD_SEPARATOR.join(request.to_text() for request in requests), encoding="utf-8", newline="")
