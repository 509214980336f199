"""Base64 as keys of web pushes are written: the alphabet for URLs, without padding (RFC 7515, section 2)."""

import base64
import re

_ALPHABET = re.compile(r"[A-Za-z0-9_-]*={0,2}", re.ASCII)


def encode_base64url(content: bytes) -> str:
    """Return the text of some bytes."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def decode_base64url(text: str) -> bytes:
    """Return the bytes of a text, padded or not. Raises `ValueError` for one that is not base64url."""
    if not _ALPHABET.fullmatch(text):
        raise ValueError("must be base64url")
    stripped = text.rstrip("=")
    try:
        return base64.urlsafe_b64decode(stripped + "=" * (-len(stripped) % 4))
    except ValueError:
        raise ValueError("must be base64url") from None
