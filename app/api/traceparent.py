"""The header by which a caller tells of its trace (W3C Trace Context, level 1, section 3.2)."""

import re
from collections.abc import Iterable

_SAMPLED = 1

# Version, trace, span and flags; ids of zeros alone are none.
TRACEPARENT = re.compile(rb"[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def find_traceparent(headers: Iterable[tuple[bytes, bytes]]) -> bytes | None:
    """Return the first one that is well-formed."""
    for name, value in headers:
        if name == b"traceparent" and TRACEPARENT.fullmatch(value):
            return value
    return None


def is_sampled(traceparent: bytes) -> bool:
    """Whether the caller keeps the trace: the last bit of the flags."""
    return bool(int(traceparent[-2:], 16) & _SAMPLED)
