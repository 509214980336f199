"""The key by which push services know this installation, and what is signed with it (VAPID, RFC 8292)."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from py_vapid import Vapid02

from app.core.mail_server import Sender
from app.core.signing_keys import load_signing_key
from app.notifications.push.base64url import encode_base64url

# Half of what RFC 8292, section 2, allows: the clocks of push services are not ours.
TOKEN_LIFETIME = timedelta(hours=12)


class VapidKey:
    """Signs pushes in the name of `subject`, a `mailto:` or `https:` address for complaints (RFC 8292, 2.1)."""

    def __init__(self, private_key: ec.EllipticCurvePrivateKey, subject: str) -> None:
        self._private_key = private_key
        self._subject = subject
        point = private_key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.public_key = encode_base64url(point)

    @classmethod
    def load(cls, path: Path, subject: str) -> Self:
        """Read the key from a PEM file. Raises `SettingsError` when it is none of P-256."""
        private_key = load_pem_private_key(load_signing_key(path).encode(), password=None)
        assert isinstance(private_key, ec.EllipticCurvePrivateKey)  # noqa: S101 - just checked
        return cls(private_key, subject)

    def authorise(self, origin: str, now: datetime) -> str:
        """Return the value of the `Authorization` header for pushes to a push service."""
        claims = {"aud": origin, "exp": int((now + TOKEN_LIFETIME).timestamp()), "sub": self._subject}
        # Not strict: in the local profile the subject may be an http address, which it would refuse.
        header: str = Vapid02(self._private_key, conf={"no-strict": True}).sign(claims)["Authorization"]
        return header


def choose_subject(mail_from: str | None, public_url: str) -> str:
    """Return whom push services turn to: the sender of mails, or else the site. Raises `ValueError` for no sender."""
    return public_url if mail_from is None else f"mailto:{Sender.parse(mail_from).address}"
