"""ID tokens, honest ones and those that a client has to refuse."""

import json
import time
from typing import Any

from joserfc import jws
from joserfc.jwk import OctKey
from joserfc.util import urlsafe_b64encode

from tests.fakes.openid_provider.controls import CLIENT_SECRET, Algorithm, IdTokenFault, override
from tests.fakes.openid_provider.state import ProviderState, SigningKey, new_key

HOUR_SECONDS = 3600


def issue_id_token(state: ProviderState, claims: dict[str, Any]) -> str | None:
    """Sign `claims` as the controls say; None when they say that there is no ID token."""
    fault = state.controls.id_token_fault
    if fault is IdTokenFault.MISSING:
        return None
    claims = override(claims, _spoiled_claims(fault))
    claims = override(claims, state.controls.id_token_overrides)
    payload = json.dumps(claims).encode("ascii")  # joserfc's `jwt` cannot encode a lone surrogate
    if fault is IdTokenFault.ALG_NONE:
        return _unsigned(payload)
    header, key = _header_and_key(state, fault)
    return jws.serialize_compact({"typ": "JWT"} | header, payload, key, [header["alg"]])


def _spoiled_claims(fault: IdTokenFault | None) -> dict[str, Any]:
    now = int(time.time())
    match fault:
        case IdTokenFault.EXPIRED:
            return {"iat": now - 2 * HOUR_SECONDS, "exp": now - HOUR_SECONDS}
        case IdTokenFault.WRONG_ISSUER:
            return {"iss": "https://another-issuer.example"}
        case IdTokenFault.WRONG_AUDIENCE:
            return {"aud": ["another-client"]}
        case IdTokenFault.WRONG_NONCE:
            return {"nonce": "the-nonce-of-another-sign-in"}
        case IdTokenFault.MISSING_NONCE:
            return {"nonce": None}
        case _:
            return {}


def _header_and_key(state: ProviderState, fault: IdTokenFault | None) -> tuple[dict[str, Any], SigningKey | OctKey]:
    algorithm = state.controls.id_token_algorithm
    published_key = state.signing_keys[algorithm]
    match fault:
        case IdTokenFault.HS256_WITH_CLIENT_SECRET:
            return {"alg": "HS256"}, OctKey.import_key(CLIENT_SECRET)
        case IdTokenFault.FORGED_SIGNATURE:
            return {"alg": algorithm, "kid": published_key.kid}, new_key(algorithm)
        case IdTokenFault.UNKNOWN_KEY:
            unknown_key = new_key(algorithm)
            return {"alg": algorithm, "kid": unknown_key.kid}, unknown_key
        case IdTokenFault.EMBEDDED_JWK:
            return _header_with_its_own_key()
        case _:
            return {"alg": algorithm, "kid": published_key.kid}, published_key


def _header_with_its_own_key() -> tuple[dict[str, Any], SigningKey]:
    """A short key, because joserfc refuses headers over 512 bytes before it looks at what they say."""
    algorithm: Algorithm = "ES256"
    key = new_key(algorithm)
    return {"alg": algorithm, "kid": key.kid, "jwk": key.as_dict(private=False)}, key


def _unsigned(payload: bytes) -> str:
    """An unsecured JWT (RFC 7519 section 6), put together by hand because joserfc warns about making one."""
    header = json.dumps({"typ": "JWT", "alg": "none"}).encode("ascii")
    return f"{urlsafe_b64encode(header).decode()}.{urlsafe_b64encode(payload).decode()}."
