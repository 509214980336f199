"""A client's connection to the gateway: HTTP/1.1 with keep-alive, as little as the measurement needs."""

import asyncio
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Longer than any answer may take (10 s by the contract), so that a slow one is told from a lost one.
TIMEOUT_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that arrived as a whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return what the body says."""
        return json.loads(self.body)


class Connection:
    """One client, which opens its connection when it needs one."""

    def __init__(self, host: str, port: int, trust: ssl.SSLContext | None = None) -> None:
        self._host = host
        self._port = port
        self._trust = trust
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: object = None
    ) -> Answer:
        """Send a request, a JSON body if there is one, and return the answer.

        Raises `OSError` (`TimeoutError` among them) or `EOFError` when none came as a whole.
        """
        content = b"" if body is None else json.dumps(body).encode()
        lines = {"Host": self._host, "Content-Length": str(len(content)), **(headers or {})}
        if body is not None:
            lines["Content-Type"] = "application/json"
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                reader, writer = await self._open()
                writer.write(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + content)
                answer = await _read(reader, has_body=method != "HEAD")
        except BaseException:
            self.close()
            raise
        if answer.headers.get("connection") == "close":
            self.close()
        return answer

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        # What the other side has closed while nothing was under way is no failure of a request.
        if self._streams is not None and self._streams[0].at_eof():
            self.close()
        if self._streams is None:
            self._streams = await asyncio.open_connection(
                self._host, self._port, ssl=self._trust, server_hostname=self._host if self._trust else None
            )
        return self._streams


async def _read(reader: asyncio.StreamReader, *, has_body: bool) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    status = int(head[0].split()[1])
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:-2])}
    if not has_body or status in {204, 304}:
        return Answer(status, headers, b"")
    if headers.get("transfer-encoding") == "chunked":
        return Answer(status, headers, await _read_chunks(reader))
    return Answer(status, headers, await reader.readexactly(int(headers["content-length"])))


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    parts = []
    while size := int(await reader.readline(), 16):
        parts.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readexactly(2)
    return b"".join(parts)
