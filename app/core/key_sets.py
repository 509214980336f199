"""Sets of public keys as they travel (RFC 7517): what in one may verify access tokens, and nothing else."""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicNumbers

from app.core.access_tokens import ALGORITHM, PublicJwk, PublicKeys

# Where the module `auth` publishes its set.
KEY_SET_PATH = "/.well-known/jwks.json"

# The one that signs, the next and the one before are three; more than this is no set of ours.
MAX_KEYS = 16

# What a key must say of itself (RFC 7518, section 6.2.1; RFC 7517, section 4).
_SAID = {"kty": "EC", "crv": "P-256", "use": "sig", "alg": ALGORITHM}
# 32 bytes in base64url without padding (RFC 7518, section 6.2.1.2).
_COORDINATE = re.compile(r"[A-Za-z0-9_-]{43}")
# Ours are thumbprints of 43 characters (RFC 7638).
_KEY_ID = re.compile(r"[A-Za-z0-9._~-]{1,128}")


class InvalidKeySetError(Exception):
    """There is nothing in the document that could verify a token; the message says why."""


def read_key_set(document: Mapping[str, Any]) -> PublicKeys:
    """Return the usable keys of a set by their ids. Raises `InvalidKeySetError`.

    Keys of other kinds and uses, and malformed ones, are passed over (RFC 7517, section 5).
    """
    keys = document.get("keys")
    if not isinstance(keys, list):
        raise InvalidKeySetError("it has no list of keys")
    if len(keys) > MAX_KEYS:
        raise InvalidKeySetError(f"it has more than {MAX_KEYS} keys")
    usable = [key for key in map(_read_key, keys) if key is not None]
    by_id = {key["kid"]: key for key in usable}
    if len(by_id) < len(usable):
        raise InvalidKeySetError("two of its keys have the same id")
    if not by_id:
        raise InvalidKeySetError("it has no key that verifies access tokens")
    return by_id


def _read_key(key: object) -> PublicJwk | None:
    if not isinstance(key, dict) or any(key.get(name) != value for name, value in _SAID.items()):
        return None
    # One that is published with its private part is anybody's.
    if "d" in key or not _is_text(key.get("kid"), _KEY_ID):
        return None
    if not all(_is_text(key.get(name), _COORDINATE) for name in ("x", "y")) or not _is_on_curve(key["x"], key["y"]):
        return None
    return {**_SAID, **{name: key[name] for name in ("kid", "x", "y")}}


def _is_text(value: object, pattern: re.Pattern[str]) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_on_curve(x: str, y: str) -> bool:
    try:
        EllipticCurvePublicNumbers(_to_number(x), _to_number(y), SECP256R1()).public_key()
    except (ValueError, binascii.Error):
        return False
    return True


def _to_number(coordinate: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(coordinate + "="))
