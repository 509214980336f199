"""Strict JSON bodies: right media type, bounded depth, no NaN, no lone surrogates, no half-read numbers."""

import re
from collections.abc import Callable, Coroutine, Iterable, Iterator
from typing import Any

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic_core import from_json

from app.api.direct_routes import find_direct_handler
from app.api.problems import InvalidInputError, MalformedBodyError, UnsupportedMediaTypeError
from app.api.query_model import QueryModel

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


def _declared_query_names(route: APIRoute) -> frozenset[str] | None:
    """The query parameters of a route, or None when a model of its own decides about them."""
    if any(isinstance(part.call, QueryModel) for part in route.dependant.dependencies):
        return None
    fields = tuple(_query_fields(route.dependant))
    annotations = [field.field_info.annotation for field in fields]
    if any(isinstance(annotation, type) and issubclass(annotation, BaseModel) for annotation in annotations):
        return None
    return frozenset(field.alias for field in fields)


def _query_fields(dependant: Dependant) -> Iterator[Any]:
    yield from dependant.query_params
    for dependency in dependant.dependencies:
        yield from _query_fields(dependency)


def _refuse_unknown(given: Iterable[str], known: frozenset[str]) -> None:
    unknown = sorted(set(given) - known)
    if unknown:
        raise InvalidInputError(
            [{"pointer": f"/{name}", "detail": "This operation knows no such query parameter"} for name in unknown]
        )


def _refuse_content(body: Any) -> None:
    """Refuse the body of an operation that takes none; an empty object says nothing and passes."""
    if body not in (None, {}):
        raise InvalidInputError([{"pointer": "", "detail": "This operation takes no body"}])


class UploadRoute(APIRoute):
    """A route that reads its body itself, piece by piece; unknown query parameters are refused all the same."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the route's handler."""
        handler = super().get_route_handler()
        query_names = _declared_query_names(self) or frozenset()

        async def handle(request: Request) -> Response:
            _refuse_unknown(request.query_params, query_names)
            return await handler(request)

        return handle


class StrictJsonRoute(APIRoute):
    """A route that reads its body through `StrictJsonRequest`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the route's handler."""
        handler = find_direct_handler(self) or super().get_route_handler()

        query_names = _declared_query_names(self)

        async def handle(request: Request) -> Response:
            strict = StrictJsonRequest(request.scope, request.receive)
            if query_names is not None:
                _refuse_unknown(strict.query_params, query_names)
            if request.method not in _METHODS_WITHOUT_BODY:
                await strict.prepare()
                # The body of a DELETE means nothing (RFC 9110, section 9.3.5) and is left alone.
                if self.body_field is None and request.method == "POST":
                    _refuse_content(await strict.json())
            return await handler(strict)

        return handle
