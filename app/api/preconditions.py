"""Conditional requests (RFC 9110, section 13): strong ETags made of revisions, `If-Match`, `If-None-Match`."""

import hashlib
import re
from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Header, Request, Response
from pydantic_core import to_json

from app.core.errors import ProblemError
from app.core.identity import Caller

_ENTITY_TAG = re.compile(r'(W/)?"[\x21\x23-\x7e\x80-\xff]*"')


class PreconditionFailedError(ProblemError):
    """The resource is not what the caller last saw; the problem carries what it is now under `current`."""

    slug = "precondition-failed"
    title = "Precondition failed"
    status = 412

    def __init__(self, etag: str, current: Mapping[str, Any]) -> None:
        super().__init__(
            "The resource has changed since you read it.",
            extensions={"current": current},
            headers={"ETag": etag},
        )


class IfMatch:
    """The `If-Match` header of a request; without one, everything matches."""

    def __init__(self, header: str | None) -> None:
        self._header = header

    def check(self, etag: str, current: Mapping[str, Any]) -> None:
        """Raise `PreconditionFailedError` unless `etag` is among the expected ones (strong comparison)."""
        if self._header is None or self._header.strip() == "*":
            return
        expected = {match.group() for match in _ENTITY_TAG.finditer(self._header)}
        if etag not in expected:  # a weak tag never equals ours, which are all strong
            raise PreconditionFailedError(etag, current)


async def _read_if_match(
    if_match: Annotated[str | None, Header(description="Change only this version")] = None,
) -> IfMatch:
    return IfMatch(if_match)


IfMatchHeader = Annotated[IfMatch, Depends(_read_if_match)]


def resource_etag(revision: int) -> str:
    """Return the strong ETag of a single resource: the revision that last changed it."""
    return f'"{revision}"'


def profile_etag(user_id: UUID, revision: int) -> str:
    """Return the strong ETag of what stands under one URL for every user: the user's revision, and whose it is.

    Two users may be at the same revision; what a shared browser kept of one must not pass for the other's.
    """
    return _personal_etag(revision, str(user_id))


def query_etag(user_id: UUID, revision: int, path: str, query: str) -> str:
    """Return the strong ETag of a list: the user's revision, and who asked what (see `profile_etag`)."""
    return _personal_etag(revision, f"{user_id} {path}?{query}")


def _personal_etag(revision: int, context: str) -> str:
    return f'"{revision}-{hashlib.blake2b(context.encode(), digest_size=6).hexdigest()}"'


def list_etag(request: Request, caller: Caller) -> str:
    """Return the strong ETag of the list that this request asks for."""
    query = request.scope["query_string"].decode("latin-1")
    return query_etag(caller.user_id, caller.revision, request.scope["path"], query)


def content_etag(content: Mapping[str, Any]) -> str:
    """Return the strong ETag of an answer that no revision counts: a digest of what it says."""
    return f'"{hashlib.blake2b(to_json(content), digest_size=12).hexdigest()}"'


def is_unchanged(request: Request, etag: str) -> bool:
    """Whether `If-None-Match` names `etag` (weak comparison), so that 304 is the answer."""
    header = request.headers.get("if-none-match")
    return header is not None and matches_etag(header, etag)


def matches_etag(if_none_match: str, etag: str) -> bool:
    """Whether the value of an `If-None-Match` header names `etag` (weak comparison)."""
    if if_none_match.strip() == "*":
        return True
    return etag in {match.group().removeprefix("W/") for match in _ENTITY_TAG.finditer(if_none_match)}


def private_headers(etag: str) -> dict[str, str]:
    """Return the headers of an answer that is one user's own and must be asked for again each time."""
    return {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie"}


def not_modified(etag: str) -> Response:
    """Return the 304 for an unchanged resource."""
    return Response(status_code=304, headers=private_headers(etag))


def json_with_etag(
    content: Mapping[str, Any] | bytes, etag: str, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a JSON answer with its ETag; `content` holds JSON values only, or is JSON text."""
    return Response(
        content if isinstance(content, bytes) else to_json(content),
        status_code=status,
        headers={**private_headers(etag), **(headers or {})},
        media_type="application/json",
    )


def conditional_json(request: Request, content: Mapping[str, Any], etag: str) -> Response:
    """Answer a GET: 304 when the caller has this version, else the content."""
    return not_modified(etag) if is_unchanged(request, etag) else json_with_etag(content, etag)
