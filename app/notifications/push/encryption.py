"""Encryption of what is pushed, for the browser alone (RFC 8291, in the coding of RFC 8188)."""

import os
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

# Within the 4,096 bytes that each push service takes (RFC 8030, section 7.2), with the 103 bytes of the coding and
# what services may add.
MAX_PLAINTEXT_BYTES = 3_800
# Of one record, which holds all there is (RFC 8291, section 4).
_RECORD_BYTES = 4_096
_SALT_BYTES = 16
# Behind the plaintext of the last record (RFC 8188, section 2).
_END = b"\x02"


@dataclass(frozen=True, slots=True)
class BrowserKeys:
    """The keys of a subscription: a point on P-256 (65 bytes, uncompressed) and a secret of 16 bytes."""

    p256dh: bytes = field(repr=False)
    auth: bytes = field(repr=False)


def encrypt(plaintext: bytes, keys: BrowserKeys) -> bytes:
    """Return a body of the content coding `aes128gcm`, in one record.

    Raises `ValueError` when the browser's key is no point of the curve.
    """
    return encrypt_with(plaintext, keys, ec.generate_private_key(ec.SECP256R1()), os.urandom(_SALT_BYTES))


def encrypt_with(plaintext: bytes, keys: BrowserKeys, own: ec.EllipticCurvePrivateKey, salt: bytes) -> bytes:
    """Do the same with a key and a salt that were never used before (RFC 8291, section 3)."""
    own_point = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    browser = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), keys.p256dh)
    shared = own.exchange(ec.ECDH(), browser)
    secret = _derive(shared, keys.auth, b"WebPush: info\x00" + keys.p256dh + own_point, 32)
    key = _derive(secret, salt, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _derive(secret, salt, b"Content-Encoding: nonce\x00", 12)
    header = salt + _RECORD_BYTES.to_bytes(4, "big") + len(own_point).to_bytes(1, "big") + own_point
    return header + AESGCM(key).encrypt(nonce, plaintext + _END, None)


def _derive(secret: bytes, salt: bytes, context: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, context).derive(secret)
