"""Encryption of what is pushed, for the browser alone (RFC 8291, in the coding of RFC 8188)."""

import asyncio
import importlib
from dataclasses import dataclass, field

from app.notifications.push.base64url import encode_base64url

# Within the 4,096 bytes that each push service takes (RFC 8030, section 7.2), with the 103 bytes of the coding and
# what services may add.
MAX_PLAINTEXT_BYTES = 3_800


@dataclass(frozen=True, slots=True)
class BrowserKeys:
    """The keys of a subscription: a point on P-256 (65 bytes, uncompressed) and a secret of 16 bytes."""

    p256dh: bytes = field(repr=False)
    auth: bytes = field(repr=False)


async def load_encryption() -> None:
    """Have the library at hand, which brings two HTTP clients that nobody needs here.

    That takes half a second, and 14 MB in every process: it is not done before there is something to push, and not on
    the event loop.
    """
    await asyncio.to_thread(importlib.import_module, "pywebpush")


def encrypt(plaintext: bytes, keys: BrowserKeys) -> bytes:
    """Return a body of the content coding `aes128gcm`, in one record."""
    from pywebpush import WebPusher  # noqa: PLC0415 - see `load_encryption`

    texts = {"p256dh": encode_base64url(keys.p256dh), "auth": encode_base64url(keys.auth)}
    body: bytes = WebPusher({"endpoint": "", "keys": texts}).encode(plaintext, "aes128gcm")["body"]
    return body
