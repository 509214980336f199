"""Answers that are made while they are sent."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send


class StreamedAnswer(StreamingResponse):
    """Sends what a generator yields. It is closed as soon as the answer ends, also by a client that goes away.

    What goes wrong ahead of the first piece is answered with a problem; after it, the connection is cut.
    """

    def __init__(self, pieces: AsyncGenerator[bytes, None], media_type: str, headers: Mapping[str, str]) -> None:
        # nginx would otherwise write long answers to its disk ahead of a client that reads slowly.
        kept = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", **headers}
        super().__init__((), media_type=media_type, headers=kept)
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the generator or the client ends."""
        async with aclosing(self._pieces):
            first = await anext(self._pieces)
            self.body_iterator = _put_ahead(first, self._pieces)
            await super().__call__(scope, receive, send)


async def _put_ahead(first: bytes, others: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in others:
        yield piece
