"""Pages: `limit`, opaque keyset cursors bound to their query, and the `Link` header (RFC 8288)."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Request
from pydantic import Field
from pydantic_core import from_json, to_json

from app.core.errors import ProblemError

MAX_PAGE_SIZE = 200
DEFAULT_PAGE_SIZE = 50
# Long enough for any sort key that we store, short enough to refuse nonsense early.
_MAX_CURSOR_LENGTH = 2_048
_DIGEST_BYTES = 12
# What may stand in a query (RFC 3986, section 3.4) but `,` and `;`, at which some clients part links.
_QUERY = re.compile(r"[\w.~!$&'()*+=:@/?%-]*", re.ASCII)

Limit = Annotated[int, Field(ge=1, le=MAX_PAGE_SIZE, description="Items a page")]
CursorText = Annotated[
    str, Field(max_length=_MAX_CURSOR_LENGTH, description="`next_cursor` of the page before, unchanged")
]


class InvalidCursorError(ProblemError):
    """The cursor was changed, or belongs to another query."""

    slug = "invalid-cursor"
    title = "Invalid cursor"
    status = 400


class CursorCodec:
    """Writes and reads the cursors of one query of one user.

    A cursor holds the sort key after which the next page begins, and a digest over key, user and query. The
    digest needs no secret: a forged cursor can only lead to another place in the same user's own list.
    """

    def __init__(self, request: Request, user_id: UUID) -> None:
        parameters = sorted(
            (name, value) for name, value in request.query_params.multi_items() if name not in {"cursor", "limit"}
        )
        self._context = to_json([str(user_id), request.scope["path"], parameters])

    def encode(self, key: Sequence[Any]) -> str:
        """Return the cursor for a key of JSON values."""
        payload = to_json(key)
        return base64.urlsafe_b64encode(self._digest(payload) + payload).rstrip(b"=").decode()

    def decode(self, cursor: str) -> list[Any]:
        """Return the key. Raises `InvalidCursorError`."""
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
            digest, payload = raw[:_DIGEST_BYTES], raw[_DIGEST_BYTES:]
            key = from_json(payload)
        except (ValueError, binascii.Error):
            raise InvalidCursorError("The cursor is not one of ours.") from None
        # The second check refuses other spellings of the same bytes (unused bits of the last character).
        if digest != self._digest(payload) or not isinstance(key, list) or self.encode(key) != cursor:
            raise InvalidCursorError("The cursor was changed or belongs to another query.")
        return key

    def _digest(self, payload: bytes) -> bytes:
        return hashlib.blake2b(
            payload, digest_size=_DIGEST_BYTES, key=hashlib.sha256(self._context).digest()
        ).digest()


def join_page(items: Iterable[bytes], next_cursor: str | None) -> bytes:
    """Return the JSON text of a page whose items are JSON text already."""
    return b'{"items":[' + b",".join(items) + b'],"next_cursor":' + to_json(next_cursor) + b"}"


def next_page_link(request: Request, next_cursor: str | None) -> Mapping[str, str]:
    """Return the `Link` header that leads to the next page, or nothing on the last one."""
    if next_cursor is None:
        return {}
    query = request.scope["query_string"].decode("latin-1")
    parameters = [parameter.partition("=") for parameter in query.split("&")]
    if not _QUERY.fullmatch(query) or any("%" in name for name, _, _ in parameters):
        query = urlencode(request.query_params.multi_items())
        parameters = [parameter.partition("=") for parameter in query.split("&")]
    kept = ["".join(parameter) for parameter in parameters if parameter[0] not in {"", "cursor"}]
    return {"Link": f'<{request.scope["path"]}?{"&".join([*kept, f"cursor={next_cursor}"])}>; rel="next"'}
