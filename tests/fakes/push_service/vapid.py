"""What a push service demands of those who push (RFC 8292), written anew from the text."""

import base64
import json
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

_AUTHORIZATION = re.compile(r"vapid t=([\w-]+\.[\w-]+\.[\w-]+), ?k=([\w-]+)", re.ASCII)
# RFC 8292, section 2.
_LONGEST_SECONDS = 24 * 3_600


class RefusedError(Exception):
    """The push is not authorised; the text says why."""


def read_base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def check_authorization(header: str, origin: str, now: float, application_server_key: str) -> None:
    """Raise `RefusedError` unless a push to a subscription that was made with this key is authorised."""
    match = _AUTHORIZATION.fullmatch(header)
    if match is None:
        raise RefusedError("no vapid authorization")
    token, key = match.groups()
    if key != application_server_key:
        raise RefusedError("another key than the one that the browser subscribed with")
    claims = _verify(token, read_base64url(key))
    if claims.get("aud") != origin:
        raise RefusedError(f"for another audience: {claims.get('aud')}")
    if not now < float(str(claims["exp"])) <= now + _LONGEST_SECONDS:
        raise RefusedError("expired, or valid for too long")
    if not re.fullmatch(r"mailto:\S+@\S+|https?://\S+", str(claims.get("sub", ""))):
        raise RefusedError("without a contact")


def _verify(token: str, point: bytes) -> dict[str, object]:
    head, body, signature = token.split(".")
    if json.loads(read_base64url(head)) != {"typ": "JWT", "alg": "ES256"}:
        raise RefusedError("no JWT of ES256")
    raw = read_base64url(signature)
    numbers = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    public_key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    try:
        public_key.verify(numbers, f"{head}.{body}".encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise RefusedError("a wrong signature") from None
    claims: dict[str, object] = json.loads(read_base64url(body))
    return claims
