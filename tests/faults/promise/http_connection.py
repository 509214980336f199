"""A lean HTTP/1.1 client on one kept connection, so that the load costs little beside the service."""

import asyncio
import contextlib
import json
from dataclasses import dataclass
from typing import Any, Self

# The service answers within 10 s; what takes longer hangs.
ANSWER_SECONDS = 15.0
HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """An answer as it came."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes

    @property
    def etag(self) -> str | None:
        """Its ETag."""
        value = self.headers.get(b"etag")
        return None if value is None else value.decode()

    def json(self) -> Any:
        """What its body says."""
        return json.loads(self.body)


def encode_request(method: str, path: str, headers: dict[str, str], body: Any = None) -> bytes:
    """Return the bytes of a request."""
    payload = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", *(f"{name}: {value}" for name, value in headers.items())]
    if payload:
        lines += ["Content-Type: application/json", f"Content-Length: {len(payload)}"]
    return "\r\n".join([*lines, "", ""]).encode() + payload


class HttpConnection:
    """Asks one question after the other; after an `OSError` or `EOFError` the next one goes over a new connection."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    async def request(self, method: str, path: str, headers: dict[str, str], body: Any = None) -> RawAnswer:
        """Return the answer. Raises `OSError` or `EOFError` when the connection is lost, or nothing comes in time."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                reader = await self.send(encode_request(method, path, headers, body))
                return await _read_answer(reader)
        except BaseException:
            await self.close()
            raise

    async def send(self, request: bytes) -> asyncio.StreamReader:
        """Send bytes and return where the answer will be."""
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(HOST, self._port)
        self._writer.write(request)
        return self._reader

    async def close(self) -> None:
        """Hang up."""
        writer, self._reader, self._writer = self._writer, None, None
        if writer is not None:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


async def _read_answer(reader: asyncio.StreamReader) -> RawAnswer:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head[:-4].split(b"\r\n")
    headers = {}
    for line in lines:
        name, _, value = line.partition(b": ")
        headers[name.lower()] = value
    body = await reader.readexactly(int(headers.get(b"content-length", b"0")))
    return RawAnswer(int(first.split(b" ", 2)[1]), headers, body)
