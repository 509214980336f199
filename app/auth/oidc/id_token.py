"""Checks ID tokens (OpenID Connect Core 1.0, section 3.1.3.7)."""

import hmac
from collections.abc import Mapping
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jws
from joserfc.errors import JoseError
from pydantic_core import from_json

from app.auth.errors import SignInRefusedError, UnusableProviderAnswerError
from app.auth.oidc.discovery import ProviderMetadata
from app.auth.oidc.keys import ProviderKeys
from app.core.clock import Clock

# Clocks of servers differ by less than this, unless one is wrong.
_LEEWAY_SECONDS = 30

# What joserfc and Authlib raise for malformed input besides their own errors.
_MALFORMED = (JoseError, ValueError, TypeError, AttributeError, KeyError, RecursionError)


class IdTokenVerifier:
    """Checks the ID tokens that one provider issues for one client."""

    def __init__(self, client_id: str, keys: ProviderKeys, clock: Clock) -> None:
        self._client_id = client_id
        self._keys = keys
        self._clock = clock

    async def verify(
        self, id_token: str, metadata: ProviderMetadata, *, nonce: str, access_token: str
    ) -> Mapping[str, Any]:
        """Return the claims. Raises `SignInRefusedError` when the token is another login's, else
        `UnusableProviderAnswerError` or `ProviderAwayError`.
        """
        algorithm, key_id = _read_header(id_token, metadata)
        key = await self._keys.find(key_id, algorithm)
        # Headers that we do not know mean nothing (RFC 7515, section 4); those named by `crit` are refused.
        registry = jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)
        try:
            token = jws.deserialize_compact(id_token, key, registry=registry)
            claims = _read_claims(token.payload)
            self._check_claims(claims, token.headers(), metadata, access_token)
        except _MALFORMED as error:
            raise UnusableProviderAnswerError(f"The ID token is not valid ({type(error).__name__}).") from error
        if not hmac.compare_digest(str(claims.get("nonce")).encode(), nonce.encode()):
            raise SignInRefusedError("The ID token belongs to another sign-in.")
        return claims

    def _check_claims(
        self, claims: Mapping[str, Any], header: Mapping[str, Any], metadata: ProviderMetadata, access_token: str
    ) -> None:
        options = {
            "iss": {"essential": True, "value": metadata.issuer},
            "aud": {"essential": True, "value": self._client_id},
            "sub": {"essential": True},
        }
        parameters = {"client_id": self._client_id, "access_token": access_token}
        now = int(self._clock.now().timestamp())
        CodeIDToken(claims, header, options, parameters).validate(now=now, leeway=_LEEWAY_SECONDS)


def _read_claims(payload: bytes) -> dict[str, Any]:
    claims = from_json(payload, allow_inf_nan=False)
    if not isinstance(claims, dict):
        raise TypeError("the claims are no object")
    return claims


def _read_header(id_token: str, metadata: ProviderMetadata) -> tuple[str, str]:
    """Return algorithm and key id; keys that the header itself offers (`jwk`, `jku`, `x5u`) are never looked at."""
    try:
        header = jws.extract_compact(id_token.encode()).headers()
        algorithm, key_id = header["alg"], header["kid"]
    except _MALFORMED:
        raise UnusableProviderAnswerError("The ID token's header is malformed.") from None
    if algorithm not in metadata.algorithms or not isinstance(key_id, str):
        raise UnusableProviderAnswerError("The ID token is signed in a way that is not accepted.")
    return algorithm, key_id
