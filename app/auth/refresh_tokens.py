"""Refresh tokens: opaque text that names a session, proves to belong to it, and holds one secret at a time."""

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field, replace
from typing import Self
from uuid import UUID

_ID_BYTES = 16
# Constant in a family: it tells a token that was once valid from a guess, which must not end a session.
_PROOF_BYTES = 16
# 256 bits, the contract's number.
_SECRET_BYTES = 32
SALT_BYTES = 32

_TOKEN_BYTES = 2 * _ID_BYTES + _PROOF_BYTES + _SECRET_BYTES


class InvalidRefreshTokenError(Exception):
    """The text is no refresh token at all."""


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """One token of a family; the family is the session."""

    user_id: UUID
    session_id: UUID
    proof: bytes = field(repr=False)
    secret: bytes = field(repr=False)

    @classmethod
    def mint(cls, user_id: UUID, session_id: UUID) -> Self:
        """Return the first token of a new family."""
        return cls(user_id, session_id, secrets.token_bytes(_PROOF_BYTES), secrets.token_bytes(_SECRET_BYTES))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a token. Raises `InvalidRefreshTokenError` for text that `encode` never gives."""
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (ValueError, binascii.Error):
            raise InvalidRefreshTokenError from None
        if len(raw) != _TOKEN_BYTES:
            raise InvalidRefreshTokenError
        token = cls(
            UUID(bytes=raw[:_ID_BYTES]),
            UUID(bytes=raw[_ID_BYTES : 2 * _ID_BYTES]),
            raw[2 * _ID_BYTES : -_SECRET_BYTES],
            raw[-_SECRET_BYTES:],
        )
        if token.encode() != text:  # another spelling of the same bytes
            raise InvalidRefreshTokenError
        return token

    def encode(self) -> str:
        """Return the text that the client keeps."""
        raw = self.user_id.bytes + self.session_id.bytes + self.proof + self.secret
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    def successor(self, salt: bytes) -> Self:
        """Return the token that follows this one.

        Whoever presents this token to whichever replica gets the same successor from the salt that the
        first rotation stored; the salt without the token leads nowhere.
        """
        return replace(self, secret=hmac.digest(salt, self.secret, "sha256"))

    @property
    def proof_hash(self) -> bytes:
        """What is stored of the proof."""
        return hashlib.sha256(self.proof).digest()

    @property
    def secret_hash(self) -> bytes:
        """What is stored of the secret; it has 256 random bits, so that no slow hash is needed."""
        return hashlib.sha256(self.secret).digest()
