"""An answer as it is kept: a head and a body, which go out to many callers as they are."""

from starlette.types import Scope

from app.api.exchange import WholeAnswer, read_head, write_head
from app.api.preconditions import matches_etag
from app.cache.store import KnownAnswer

# What a 304 says of the answer that it stands for (RFC 9110, section 15.4.5).
_KEPT_IN_304 = frozenset({b"etag", b"cache-control", b"vary"})


class Answer:
    """An answer with status 200, as it goes out to many."""

    __slots__ = ("_body", "_head", "_unchanged_head", "etag")

    def __init__(self, head: bytes, body: bytes) -> None:
        self._head = head
        self._body = body
        headers = read_head(head)
        # Every cacheable answer has one.
        self.etag = next(value for name, value in headers if name == b"etag")
        self._unchanged_head = write_head(header for header in headers if header[0] in _KEPT_IN_304)

    @classmethod
    def decode(cls, stored: bytes) -> "Answer | None":
        """Read what `encode` wrote, or return None if it is something else."""
        if isinstance(stored, KnownAnswer) and stored.parsed is not None:
            known: Answer = stored.parsed
            return known
        head, end, body = stored.partition(b"\r\n\r\n")
        if not end or b"\r\netag: " not in b"\r\n" + head:
            return None
        answer = cls(head + b"\r\n", body)
        if isinstance(stored, KnownAnswer):
            stored.parsed = answer
        return answer

    def encode(self) -> bytes:
        """Return the head, an empty line and the body, as in HTTP."""
        return self._head + b"\r\n" + self._body

    def for_caller(self, scope: Scope) -> WholeAnswer:
        """Return what one caller gets: 304 who has it already."""
        if names_etag(find_if_none_match(scope), self.etag):
            return 304, self._unchanged_head, b""
        return 200, self._head, self._body


def find_if_none_match(scope: Scope) -> bytes | None:
    """Return the value of the header `If-None-Match`."""
    for name, value in scope["headers"]:
        if name == b"if-none-match":
            found: bytes = value
            return found.strip()
    return None


def names_etag(if_none_match: bytes | None, etag: bytes) -> bool:
    """Whether the value of `If-None-Match` names a tag, so that 304 is the answer."""
    if if_none_match is None:
        return False
    return if_none_match == etag or matches_etag(if_none_match.decode("latin-1"), etag.decode("latin-1"))
