"""The token of a link that stops mails: names the user, and proves that the link came from a mail of one kind."""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlencode
from uuid import UUID

from app.api.paths import API_PREFIX
from app.core.errors import NotFoundError
from app.notifications.kinds import Kind

# What mails can be stopped by a link; the others cannot be stopped (security), or come once (welcome).
STOPPABLE_KINDS: tuple[Kind, ...] = ("reminder", "digest")

_ID_BYTES = 16
# 256 bits, as those of refresh tokens.
_KEY_BYTES = 32
# 48 bytes are 64 characters of base64url (RFC 4648, section 5), without padding and with one spelling alone.
_TEXT = re.compile(r"[A-Za-z0-9_-]{64}")


class UnknownUnsubscribeTokenError(NotFoundError):
    """No mail of this installation has such a link, or its account is gone."""

    def __init__(self) -> None:
        super().__init__("This link is not from a mail of ours, or its account is gone.")


def make_unsubscribe_key() -> bytes:
    """Return a new key of a user. It is kept as it is: it opens nothing but these switches, which stand beside it."""
    return secrets.token_bytes(_KEY_BYTES)


@dataclass(frozen=True, slots=True)
class UnsubscribeToken:
    """Who, and the proof for the kind of mail."""

    user_id: UUID
    proof: bytes = field(repr=False)

    @classmethod
    def mint(cls, user_id: UUID, kind: Kind, key: bytes) -> Self:
        """Return the token for mails of a kind to a user, which is the same every time."""
        return cls(user_id, _prove(kind, key))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a token. Raises `UnknownUnsubscribeTokenError` for text that `encode` never gives."""
        if not _TEXT.fullmatch(text):
            raise UnknownUnsubscribeTokenError
        raw = base64.urlsafe_b64decode(text)
        return cls(UUID(bytes=raw[:_ID_BYTES]), raw[_ID_BYTES:])

    def encode(self) -> str:
        """Return the text that stands in links."""
        return base64.urlsafe_b64encode(self.user_id.bytes + self.proof).decode("ascii")

    def find_kind(self, key: bytes | None) -> Kind:
        """Return the kind that the token was made for by this key. Raises `UnknownUnsubscribeTokenError`."""
        if key is not None:
            for kind in STOPPABLE_KINDS:
                if hmac.compare_digest(self.proof, _prove(kind, key)):
                    return kind
        raise UnknownUnsubscribeTokenError


def _prove(kind: Kind, key: bytes) -> bytes:
    return hmac.digest(key, f"unsubscribe {kind}".encode(), hashlib.sha256)


def post_path(token: str) -> str:
    """Return where mail programs stop the mails by a POST (RFC 8058)."""
    return f"{API_PREFIX}/notifications/unsubscribe?{urlencode({'token': token})}"


def page_path(token: str) -> str:
    """Return the page of the browser app that asks first; opening it changes nothing."""
    return f"/unsubscribe?{urlencode({'token': token})}"
