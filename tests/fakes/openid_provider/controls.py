"""What a test may ask of the provider: the next user, and every way of misbehaving."""

from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Algorithm = Literal["RS256", "ES256"]
Endpoint = Literal["discovery", "jwks", "authorize", "token", "userinfo"]

# One registered client is enough: the tests look at users and faults, not at clients. The secret has more
# than the 256 bits that RFC 7518 section 3.2 asks of an HS256 key, because one fault signs with it.
CLIENT_ID = "taskfleet-tests"
CLIENT_SECRET = "a-client-secret-of-the-tests-longer-than-256-bits"


class IdTokenFault(StrEnum):
    """One way in which an ID token deserves to be refused."""

    MISSING = "missing"
    EXPIRED = "expired"
    WRONG_ISSUER = "wrong_issuer"
    WRONG_AUDIENCE = "wrong_audience"
    WRONG_NONCE = "wrong_nonce"
    MISSING_NONCE = "missing_nonce"
    ALG_NONE = "alg_none"
    HS256_WITH_CLIENT_SECRET = "hs256_with_client_secret"
    UNKNOWN_KEY = "unknown_key"  # its `kid` is not published
    FORGED_SIGNATURE = "forged_signature"  # a published `kid`, another private key
    EMBEDDED_JWK = "embedded_jwk"  # brings its own public key in the header (CVE-2026-27962)


class EndpointFault(BaseModel):
    """An answer that an endpoint gives late, or instead of its own when `status` is set."""

    model_config = ConfigDict(extra="forbid")

    delay_seconds: float = Field(default=0, ge=0)
    status: int | None = None
    body: str = ""
    content_type: str = "application/json"


SERVER_ERROR = EndpointFault(status=500, body='{"error": "server_error"}')
INVALID_GRANT = EndpointFault(status=400, body='{"error": "invalid_grant"}')
GARBAGE = EndpointFault(status=200, body='{"issuer": <html>')


def slow(seconds: float) -> EndpointFault:
    """The endpoint's own answer, after so many seconds."""
    return EndpointFault(delay_seconds=seconds)


def _default_claims() -> dict[str, Any]:
    return {
        "sub": "ada-1815",
        "email": "ada@example.org",
        "email_verified": True,
        "name": "Ada Lovelace",
        "picture": "https://example.org/ada.png",
    }


class Controls(BaseModel):
    """The provider's behaviour; the defaults are those of an honest one.

    `claims` is the user who signs in at the next authorization, as any JSON. `id_token_claims` and
    `userinfo_claims` name the claims shown there besides `sub`; null shows all that the scopes allow.
    In `id_token_overrides` and `discovery_overrides` a null removes the member.
    """

    model_config = ConfigDict(extra="forbid")

    claims: dict[str, Any] = Field(default_factory=_default_claims)
    id_token_claims: list[str] | None = None
    userinfo_claims: list[str] | None = None
    userinfo_sub: str | None = None
    id_token_algorithm: Algorithm = "RS256"
    id_token_fault: IdTokenFault | None = None
    id_token_overrides: dict[str, Any] = Field(default_factory=dict)
    authorization_error: str | None = None
    redirect_uris: list[str] | None = None  # null: any
    discovery_overrides: dict[str, Any] = Field(default_factory=dict)
    endpoint_faults: dict[Endpoint, EndpointFault] = Field(default_factory=dict)


def override(members: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """`members` with `changes` on top; a null removes the member."""
    return {name: value for name, value in (members | changes).items() if value is not None or name not in changes}
