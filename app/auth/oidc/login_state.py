"""The state of a login under way: kept by the browser in a signed cookie, so that any replica can finish it."""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Self

from app.auth.errors import InvalidLoginStateError

# Long enough to find a phone for a second factor.
LOGIN_LIFETIME = timedelta(minutes=10)
COOKIE_PREFIX = "login-"
# Of the state's 43 characters; two logins of one browser at the same time hardly ever share them.
_COOKIE_NAME_CHARACTERS = 8
# 256 bits each: nobody guesses them, and RFC 7636, section 4.1 wants 43 characters at least.
_RANDOM_BYTES = 32


@dataclass(frozen=True, slots=True)
class LoginState:
    """What ties the callback to the login that this browser began; `expires` is in Unix seconds."""

    provider: str
    next: str
    expires: int
    state: str = field(default_factory=lambda: secrets.token_urlsafe(_RANDOM_BYTES), repr=False)
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(_RANDOM_BYTES), repr=False)
    code_verifier: str = field(default_factory=lambda: secrets.token_urlsafe(_RANDOM_BYTES), repr=False)

    @classmethod
    def begin(cls, provider: str, next_path: str, now: datetime) -> Self:
        """Return the state of a new login."""
        return cls(provider, next_path, int((now + LOGIN_LIFETIME).timestamp()))

    @property
    def cookie_name(self) -> str:
        """The name of this login's cookie."""
        return login_cookie_name(self.state)


def login_cookie_name(state: str) -> str:
    """Return the cookie's name for a state; one cookie a login lets several go on side by side."""
    return COOKIE_PREFIX + state[:_COOKIE_NAME_CHARACTERS]


class LoginStateCodec:
    """Signs login states and reads them back (HMAC-SHA256 under keys that all replicas derive)."""

    def __init__(self, secret: bytes, *others: bytes) -> None:
        """`others` are what replicas sign with that have the next signing key, or the one before."""
        self._secrets = (secret, *others)

    def encode(self, state: LoginState) -> str:
        """Return the cookie's value."""
        payload = base64.urlsafe_b64encode(json.dumps(asdict(state)).encode()).decode()
        return f"{payload}.{_sign(payload, self._secrets[0])}"

    def decode(self, cookie: str | None, provider: str, state: str, now: datetime) -> LoginState:
        """Return the state that this browser was given. Raises `InvalidLoginStateError`."""
        payload, _, signature = (cookie or "").partition(".")
        if not self._is_ours(payload, signature):
            raise InvalidLoginStateError
        try:
            login = LoginState(**json.loads(base64.urlsafe_b64decode(payload)))
        except (ValueError, TypeError, binascii.Error):  # signed by another version of this program
            raise InvalidLoginStateError from None
        is_same = hmac.compare_digest(login.state.encode(), state.encode())
        if not is_same or login.provider != provider or login.expires <= now.timestamp():
            raise InvalidLoginStateError
        return login

    def _is_ours(self, payload: str, signature: str) -> bool:
        expected = [_sign(payload, secret).encode() for secret in self._secrets]
        return any(hmac.compare_digest(signature.encode(), each) for each in expected)


def _sign(payload: str, secret: bytes) -> str:
    digest = hmac.digest(secret, payload.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
