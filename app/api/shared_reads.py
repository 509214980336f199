"""Reads whose answer is the same for everybody: the text is made an answer once, and goes out as it was kept."""

import hashlib
from collections.abc import Awaitable, Callable

from starlette.responses import Response
from starlette.types import Scope

from app.api.exchange import read_head, write_head
from app.api.kept_answer import Answer
from app.api.preconditions import private_headers


class SharedRead:
    """One of them; its text is JSON, and stays the same object for as long as it is kept."""

    def __init__(self, find_near: Callable[[], bytes | None], read: Callable[[], Awaitable[bytes]]) -> None:
        """`find_near` returns the text if it is at hand, `read` wherever it has to come from."""
        self._find_near = find_near
        self._read = read
        self._text = b""
        self._answer = _make_answer(self._text)

    def find(self) -> Answer | None:
        """Return the answer if it is at hand."""
        text = self._find_near()
        return None if text is None else self._answer_of(text)

    async def respond(self, scope: Scope) -> Response:
        """Answer a request that the middleware did not."""
        status, head, body = self._answer_of(await self._read()).for_caller(scope)
        response = Response(body, status)
        response.raw_headers = read_head(head)
        return response

    def _answer_of(self, text: bytes) -> Answer:
        if text is not self._text:
            self._text, self._answer = text, _make_answer(text)
        return self._answer


def _make_answer(text: bytes) -> Answer:
    etag = f'"{hashlib.blake2b(text, digest_size=12).hexdigest()}"'
    headers = {**private_headers(etag), "Content-Type": "application/json", "Content-Length": str(len(text))}
    return Answer(write_head((name.lower().encode(), value.encode()) for name, value in headers.items()), text)
