"""Access tokens: ES256 JWTs of type `at+jwt` (RFC 9068), made and checked with python-jose behind strict guards."""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, get_args
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from jose import jwk, jws, jwt
from jose.exceptions import JOSEError

from app.core.clock import Clock
from app.core.identity import Role
from app.core.ids import new_id
from app.core.settings import JwtSettings

ALGORITHM = "ES256"
TOKEN_TYPE = "at+jwt"  # noqa: S105 - a media type (RFC 9068, section 2.1), no secret
ACCESS_TOKEN_LIFETIME = timedelta(minutes=10)
# Ours have about 500 bytes; python-jose itself would parse megabytes.
MAX_TOKEN_LENGTH = 8_192

# Audience and issuer are checked when given, but only these options refuse a token that leaves them out.
# The instants are read and checked below, by the injected clock: python-jose takes "required" for "checked by
# the machine's clock", whatever the `verify_` options say.
_DECODE_OPTIONS = {
    "require_aud": True,
    "require_iss": True,
    "require_sub": True,
    "require_jti": True,
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "verify_at_hash": False,
}

PublicJwk = Mapping[str, str]
# By their `kid`.
PublicKeys = Mapping[str, PublicJwk]


class InvalidTokenError(Exception):
    """The token is not one of ours, was changed, or has expired."""


class UnknownKeyError(InvalidTokenError):
    """No key has the id that the token names; `is_sure` is False where there may be one that could not be fetched."""

    def __init__(self, key_id: str, *, is_sure: bool = True) -> None:
        super().__init__("the token was signed with an unknown key")
        self.key_id = key_id
        self.is_sure = is_sure


class KeySource(Protocol):
    """Where a verifier finds public keys."""

    @property
    def are_known(self) -> bool:
        """Whether there are keys at all."""
        ...

    def find(self, key_id: str) -> PublicJwk:
        """Return the key of that id. Raises `UnknownKeyError`."""
        ...

    def tell_withdrawals(self, forget: Callable[[], None]) -> None:
        """Have `forget` called when a key was taken back: what was verified with it is to be verified again."""
        ...


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What a valid access token says."""

    user_id: UUID
    session_id: UUID
    role: Role
    expires_at: datetime


class SigningKey:
    """A private P-256 key with its public JWK, whose `kid` is the thumbprint of RFC 7638."""

    def __init__(self, private_pem: str) -> None:
        self._key = jwk.construct(private_pem, ALGORITHM)
        public = {name: _to_text(value) for name, value in self._key.public_key().to_dict().items()}
        self.key_id = _thumbprint(public)
        self.public_jwk = {**public, "kid": self.key_id, "use": "sig", "alg": ALGORITHM}

    def sign(self, claims: Mapping[str, Any]) -> str:
        """Return the compact JWT of `claims`."""
        token: str = jwt.encode(
            dict(claims), self._key, algorithm=ALGORITHM, headers={"typ": TOKEN_TYPE, "kid": self.key_id}
        )
        return token

    def derive_secret(self, purpose: str) -> bytes:
        """Return 32 bytes for another purpose (HKDF, RFC 5869); every replica with this key derives the same."""
        pem = self._key.to_pem()
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(pem)


class KeyRing:
    """The key that signs, and the others that verify as well: the next one, and those that signed before.

    A key is taken back by starting without it, so nobody is told of that.
    """

    are_known = True

    def __init__(self, signing: SigningKey, others: Sequence[SigningKey] = ()) -> None:
        self.signing = signing
        self._keys = (signing, *others)
        self._public = {key.key_id: key.public_jwk for key in self._keys}

    @property
    def public_keys(self) -> PublicKeys:
        """Every key that verifies."""
        return self._public

    def find(self, key_id: str) -> PublicJwk:
        """Return the public key of that id. Raises `UnknownKeyError`."""
        try:
            return self._public[key_id]
        except KeyError:
            raise UnknownKeyError(key_id) from None

    def tell_withdrawals(self, forget: Callable[[], None]) -> None:
        """Do nothing: these keys stay as long as the process does."""

    def derive_secrets(self, purpose: str) -> Sequence[bytes]:
        """Return the secret of each key for another purpose; the first one is that of the key that signs."""
        return [key.derive_secret(purpose) for key in self._keys]


class AccessTokenIssuer:
    """Makes access tokens."""

    def __init__(self, key: SigningKey, settings: JwtSettings, clock: Clock) -> None:
        self._key = key
        self._settings = settings
        self._clock = clock

    def issue(self, user_id: UUID, session_id: UUID, role: Role) -> str:
        """Return a token that is valid from now for `ACCESS_TOKEN_LIFETIME`."""
        now = self._clock.now()
        return self._key.sign(
            {
                "iss": self._settings.issuer,
                "aud": self._settings.audience,
                "sub": str(user_id),
                "sid": str(session_id),
                "iat": int(now.timestamp()),
                "exp": int((now + ACCESS_TOKEN_LIFETIME).timestamp()),
                "jti": str(new_id(now)),
                "role": role,
            }
        )


class AccessTokenVerifier:
    """Checks access tokens against public keys of our own; what the token's header offers is ignored."""

    def __init__(self, keys: KeySource, settings: JwtSettings, clock: Clock) -> None:
        self._keys = keys
        self._settings = settings
        self._clock = clock

    def verify(self, token: str) -> AccessClaims:
        """Return the claims of a valid token.

        Raises `InvalidTokenError` for every other text, and its `UnknownKeyError` where the key may yet be found.
        """
        if len(token) > MAX_TOKEN_LENGTH:
            raise InvalidTokenError("the token is too long")
        try:
            claims = jwt.decode(
                token,
                self._choose_key(token),
                algorithms=[ALGORITHM],
                audience=self._settings.audience,
                issuer=self._settings.issuer,
                options=_DECODE_OPTIONS,
            )
        except (JOSEError, ValueError, TypeError, RecursionError) as error:
            raise InvalidTokenError("the token is not valid") from error
        return self._read(claims)

    def _choose_key(self, token: str) -> PublicJwk:
        header = jws.get_unverified_header(token)
        key_id = header.get("kid")
        if header.get("typ") != TOKEN_TYPE or header.get("alg") != ALGORITHM or not isinstance(key_id, str):
            raise InvalidTokenError("the token is of another type")
        return self._keys.find(key_id)

    def _read(self, claims: Mapping[str, Any]) -> AccessClaims:
        try:
            subject, session, issued, expires, role = (claims[name] for name in ("sub", "sid", "iat", "exp", "role"))
            expires_at = datetime.fromtimestamp(expires, tz=self._clock.now().tzinfo)
            if not isinstance(issued, int) or role not in get_args(Role) or not claims["jti"]:
                raise InvalidTokenError("a claim has a wrong value")
            read = AccessClaims(UUID(subject), UUID(session), role, expires_at)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError) as error:
            raise InvalidTokenError("a claim is missing or malformed") from error
        if expires_at <= self._clock.now():
            raise InvalidTokenError("the token has expired")
        return read


def _thumbprint(public: Mapping[str, str]) -> str:
    canonical = json.dumps({name: public[name] for name in ("crv", "kty", "x", "y")}, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _to_text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
