"""Strict JSON bodies: right media type, bounded depth, no NaN, no lone surrogates, no half-read numbers."""

import re
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic_core import from_json

from app.api.problems import MalformedBodyError, UnsupportedMediaTypeError

# The contract's number (strictness).
MAX_JSON_DEPTH = 32

# A string that never ends is taken to the end: a search that failed at each of its quotes would take quadratic time.
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_BRACKETS = re.compile(rb"[\[\]{}]")

_METHODS_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})
_JSON_TYPES = frozenset({"application/json", "application/merge-patch+json"})


class StrictJsonRequest(Request):
    """A request whose body was read and parsed by the rules of this module before anybody asks for it."""

    _parsed: Any = None

    async def prepare(self) -> None:
        """Read and parse the body. Raises `UnsupportedMediaTypeError` or `MalformedBodyError`.

        This happens ahead of the framework's own reading, which would turn every error into a bare 400.
        """
        body = await self.body()
        if not body:
            return
        media_type = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type not in _JSON_TYPES:
            raise UnsupportedMediaTypeError("The body must be application/json.")
        self._parsed = parse_strict_json(body)

    async def json(self) -> Any:
        """Return the parsed body."""
        return self._parsed


def parse_strict_json(text: bytes) -> Any:
    """Parse JSON text (RFC 8259), refusing what Python's parser lets pass. Raises `MalformedBodyError`."""
    if _is_too_deep(text):
        raise MalformedBodyError(f"The body is nested deeper than {MAX_JSON_DEPTH} levels.")
    try:
        return from_json(text, allow_inf_nan=False, cache_strings="keys")
    except ValueError as error:
        raise MalformedBodyError(f"The body is not valid JSON: {error}.") from None


def _is_too_deep(text: bytes) -> bool:
    if text.count(b"[") + text.count(b"{") <= MAX_JSON_DEPTH:
        return False
    depth = 0
    for bracket in _BRACKETS.findall(_STRINGS.sub(b"", text)):
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_JSON_DEPTH:
            return True
    return False


class StrictJsonRoute(APIRoute):
    """A route that reads its body through `StrictJsonRequest`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the route's handler."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            strict = StrictJsonRequest(request.scope, request.receive)
            if request.method not in _METHODS_WITHOUT_BODY:
                await strict.prepare()
            return await handler(strict)

        return handle
