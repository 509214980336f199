"""The secret of a calendar feed: text for a URL that names the user and proves to know the feed's key."""

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass, field
from typing import Self
from uuid import UUID

_ID_BYTES = 16
# 256 bits, as those of refresh tokens: nobody guesses them, so that no slow hash is needed.
_KEY_BYTES = 32
# 48 bytes are 64 characters of base64url (RFC 4648, section 5), without padding and with one spelling alone.
_TEXT = re.compile(r"[A-Za-z0-9_-]{64}")


class InvalidCalendarSecretError(Exception):
    """The text is no secret of a feed at all."""


@dataclass(frozen=True, slots=True)
class CalendarSecret:
    """Who and by which key; a user has one feed, hence one valid key."""

    user_id: UUID
    key: bytes = field(repr=False)

    @classmethod
    def mint(cls, user_id: UUID) -> Self:
        """Return a new secret of a user."""
        return cls(user_id, secrets.token_bytes(_KEY_BYTES))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a secret. Raises `InvalidCalendarSecretError` for text that `encode` never gives."""
        if not _TEXT.fullmatch(text):
            raise InvalidCalendarSecretError
        raw = base64.urlsafe_b64decode(text)
        return cls(UUID(bytes=raw[:_ID_BYTES]), raw[_ID_BYTES:])

    def encode(self) -> str:
        """Return the text that stands in the URL."""
        return base64.urlsafe_b64encode(self.user_id.bytes + self.key).decode()

    @property
    def key_hash(self) -> bytes:
        """What is stored of the key."""
        return hashlib.sha256(self.key).digest()
