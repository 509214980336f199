"""Identifiers: UUID version 7 (RFC 9562, section 5.7), ordered by time and made by the app."""

import secrets
from datetime import datetime
from uuid import UUID

_RANDOM_BITS = 74
_VERSION = 7 << 76
_VARIANT = 0b10 << 62


def new_id(now: datetime) -> UUID:
    """Return a version 7 UUID: 48 bits of Unix milliseconds of `now`, then 74 random bits."""
    milliseconds = int(now.timestamp() * 1000)
    random = secrets.randbits(_RANDOM_BITS)
    random_a, random_b = random >> 62, random & ((1 << 62) - 1)
    return UUID(int=milliseconds << 80 | _VERSION | random_a << 64 | _VARIANT | random_b)
