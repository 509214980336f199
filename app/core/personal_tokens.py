"""Personal tokens: text that names a user and a token, holds a secret, and shows by itself whether it was damaged."""

import hashlib
import re
import secrets
import zlib
from dataclasses import dataclass, field
from typing import Self
from uuid import UUID

# By which people and secret scanners know a token for one of ours.
TOKEN_PREFIX = "tf_"  # noqa: S105 - the beginning of every token, no secret
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_ID_BYTES = 16
# 256 bits, as refresh tokens have: no slow hash is needed, and nobody guesses one.
_SECRET_BYTES = 32
_TOKEN_BYTES = 2 * _ID_BYTES + _SECRET_BYTES
# The fewest characters that hold 512 bits (512 / log2(62) = 85.99) and the 32 of a CRC (32 / log2(62) = 5.4).
_BODY_LENGTH = 86
_CHECKSUM_LENGTH = 6
TOKEN_LENGTH = len(TOKEN_PREFIX) + _BODY_LENGTH + _CHECKSUM_LENGTH
# Enough for its owner to tell one from another; they are of the checksum, which says little of the secret.
HINT_LENGTH = 4

_FORM = re.compile(rf"{TOKEN_PREFIX}([0-9A-Za-z]{{{_BODY_LENGTH}}})([0-9A-Za-z]{{{_CHECKSUM_LENGTH}}})", re.ASCII)


class InvalidPersonalTokenError(Exception):
    """The text is no personal token: nobody has to look it up to know."""


@dataclass(frozen=True, slots=True)
class PersonalToken:
    """What a token says; whether it is true only the stored hash can tell."""

    user_id: UUID
    token_id: UUID
    secret: bytes = field(repr=False)

    @classmethod
    def mint(cls, user_id: UUID, token_id: UUID) -> Self:
        """Return a token with a new secret."""
        return cls(user_id, token_id, secrets.token_bytes(_SECRET_BYTES))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a token. Raises `InvalidPersonalTokenError` for text that `encode` never gives."""
        form = _FORM.fullmatch(text) if len(text) == TOKEN_LENGTH else None
        if form is None or form[2] != _checksum(form[1]):
            raise InvalidPersonalTokenError
        try:
            raw = _from_base62(form[1]).to_bytes(_TOKEN_BYTES)
        except OverflowError:  # 86 characters hold a little more than 512 bits
            raise InvalidPersonalTokenError from None
        return cls(UUID(bytes=raw[:_ID_BYTES]), UUID(bytes=raw[_ID_BYTES:-_SECRET_BYTES]), raw[-_SECRET_BYTES:])

    def encode(self) -> str:
        """Return the text that the client keeps."""
        raw = self.user_id.bytes + self.token_id.bytes + self.secret
        body = _to_base62(int.from_bytes(raw), _BODY_LENGTH)
        return TOKEN_PREFIX + body + _checksum(body)

    @property
    def secret_hash(self) -> bytes:
        """What is stored of the secret."""
        return hashlib.sha256(self.secret).digest()


@dataclass(frozen=True, slots=True)
class TokenClaims:
    """Whose request it is that carries a verified token; its id stands for that of a session.

    It has no role of its own: that of the account counts, whatever it is at the time.
    """

    user_id: UUID
    session_id: UUID
    role: None = None


def _checksum(body: str) -> str:
    """CRC-32 (as in gzip, RFC 1952, section 8) of the text in base 62."""
    return _to_base62(zlib.crc32(body.encode()), _CHECKSUM_LENGTH)


def _to_base62(number: int, length: int) -> str:
    characters = []
    for _ in range(length):
        number, value = divmod(number, len(_ALPHABET))
        characters.append(_ALPHABET[value])
    return "".join(reversed(characters))


def _from_base62(text: str) -> int:
    number = 0
    for character in text:
        number = number * len(_ALPHABET) + _VALUES[character]
    return number
