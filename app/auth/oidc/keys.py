"""The keys with which a provider signs its ID tokens (RFC 7517), found by `kid` and nowhere else."""

from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from app.auth.errors import UnusableProviderAnswerError
from app.auth.oidc.discovery import Discovery
from app.auth.oidc.http import ProviderHttp
from app.auth.oidc.remembered import Remembered
from app.core.clock import Clock

PublicKey = ECKey | RSAKey

# After it, a key that the provider took back is forgotten here as well.
KEYS_LIFETIME = timedelta(hours=1)
# Keys are rotated a few times a year; more unknown ids than this in a minute are no rotation.
MAX_EXTRA_FETCHES = 5
_EXTRA_FETCHES_PERIOD = timedelta(minutes=1)

# The modulus in base64url for 2048 bits (NIST SP 800-131A) and for 8192, beyond which checking takes long.
_MODULUS_LENGTHS = range(342, 1367)


class ProviderKeys:
    """One provider's key set, fetched when a login needs it."""

    def __init__(self, discovery: Discovery, http: ProviderHttp, clock: Clock) -> None:
        self._discovery = discovery
        self._http = http
        self._clock = clock
        self._keys = Remembered(self._fetch, clock)
        self._extra_fetches: deque[datetime] = deque(maxlen=MAX_EXTRA_FETCHES)

    async def find(self, key_id: str, algorithm: str) -> PublicKey:
        """Return the key of that id. Raises `UnusableProviderAnswerError` or `ProviderAwayError`.

        An unknown id may be a new key: the set is fetched once more, unless that has been done too often.
        """
        keys = await self._keys.get(KEYS_LIFETIME)
        if key_id not in keys and self._may_fetch_again():
            keys = await self._keys.fetch()
        try:
            return _import(keys[key_id], algorithm)
        except KeyError:
            raise UnusableProviderAnswerError("The ID token was signed with an unknown key.") from None

    def _may_fetch_again(self) -> bool:
        now = self._clock.now()
        if len(self._extra_fetches) == MAX_EXTRA_FETCHES and now - self._extra_fetches[0] < _EXTRA_FETCHES_PERIOD:
            return False
        self._extra_fetches.append(now)
        return True

    async def _fetch(self) -> Mapping[str, Mapping[str, Any]]:
        metadata = await self._discovery.get()
        keys = (await self._http.get(metadata.jwks_uri)).require_ok().get("keys")
        if not isinstance(keys, list):
            raise UnusableProviderAnswerError("The sign-in provider's key set is none.")
        return {key["kid"]: key for key in keys if isinstance(key, dict) and isinstance(key.get("kid"), str)}


def _import(jwk: Mapping[str, Any], algorithm: str) -> PublicKey:
    is_for_this = jwk.get("alg", algorithm) == algorithm and jwk.get("use", "sig") == "sig"
    try:
        if is_for_this and algorithm == "ES256" and (jwk.get("kty"), jwk.get("crv")) == ("EC", "P-256"):
            return ECKey.import_key(dict(jwk))
        if is_for_this and algorithm == "RS256" and jwk.get("kty") == "RSA" and _has_good_size(jwk.get("n")):
            return RSAKey.import_key(dict(jwk))
    except (JoseError, ValueError, TypeError) as error:
        raise UnusableProviderAnswerError("The sign-in provider's key is malformed.") from error
    raise UnusableProviderAnswerError("The ID token was signed with a key that is not made for it.")


def _has_good_size(modulus: object) -> bool:
    return isinstance(modulus, str) and len(modulus) in _MODULUS_LENGTHS
