"""Identifiers: UUID version 7 (RFC 9562, section 5.7), ordered by time and made by the app; and passing names."""

import random
import secrets
from datetime import datetime
from uuid import UUID

_RANDOM_BITS = 74
_VERSION = 7 << 76
_VARIANT = 0b10 << 62


# Seeded by the system once: asking it for each request costs a system call, in which other threads may take over.
_generator = random.Random(secrets.randbits(256))  # noqa: S311 - for names that are no secrets


def new_name() -> str:
    """Return 16 hexadecimal digits that nothing else is named by; anybody may guess them."""
    return _generator.randbytes(8).hex()


def new_id(now: datetime) -> UUID:
    """Return a version 7 UUID: 48 bits of Unix milliseconds of `now`, then 74 random bits."""
    milliseconds = int(now.timestamp() * 1000)
    bits = secrets.randbits(_RANDOM_BITS)
    random_a, random_b = bits >> 62, bits & ((1 << 62) - 1)
    return UUID(int=milliseconds << 80 | _VERSION | random_a << 64 | _VARIANT | random_b)


def first_id(instant: datetime) -> UUID:
    """Return the least version 7 UUID of an instant: what was made then or later has this id or a greater one."""
    return UUID(int=int(instant.timestamp() * 1000) << 80 | _VERSION | _VARIANT)
