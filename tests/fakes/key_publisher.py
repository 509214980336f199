"""A server that publishes public keys as the auth module does, or fails at a test's will."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from app.core.access_tokens import SigningKey
from tests.fakes.raw_server import HEAD, serve


@dataclass
class KeyPublisher:
    """Publishes `keys` unless it is away, and counts how often it was asked."""

    keys: Sequence[SigningKey]
    url: str = ""
    count: int = 0
    is_away: bool = False

    async def answer(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.count += 1
        if self.is_away:
            return
        body = json.dumps({"keys": [dict(key.public_jwk) for key in self.keys]}).encode()
        writer.write(HEAD + b"Connection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        await writer.drain()


@asynccontextmanager
async def publish_keys(*keys: SigningKey) -> AsyncIterator[KeyPublisher]:
    """Publish for as long as the block runs."""
    publisher = KeyPublisher(keys)
    async with serve(publisher.answer) as publisher.url:
        yield publisher
