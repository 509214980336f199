"""What the provider process remembers: its controls, its key, the codes and access tokens it has issued."""

from collections import Counter
from dataclasses import dataclass
from typing import Any, get_args

from authlib.oauth2.rfc6749 import ClientMixin, TokenMixin
from authlib.oidc.core import AuthorizationCodeMixin, UserInfo
from joserfc.jwk import ECKey, JWKRegistry, KeySet, RSAKey

from tests.fakes.openid_provider.controls import CLIENT_ID, CLIENT_SECRET, Algorithm, Controls

SCOPES = ("openid", "email", "profile")
ALGORITHMS: tuple[Algorithm, ...] = get_args(Algorithm)

SigningKey = RSAKey | ECKey


@dataclass(frozen=True)
class SignIn:
    """One user's sign-in: who it is (any JSON, as a test asked) and when."""

    claims: dict[str, Any]
    auth_time: int

    def visible(self, scope: str, names: list[str] | None) -> dict[str, Any]:
        """The claims that the scopes allow and `names` shows; `sub` is always among them."""
        hidden = {
            claim
            for claims_scope, claims in UserInfo.SCOPES_CLAIMS_MAPPING.items()
            if claims_scope not in scope.split()
            for claim in claims
        }
        return {
            name: value
            for name, value in self.claims.items()
            if name == "sub" or (name not in hidden and (names is None or name in names))
        }


@dataclass(frozen=True)
class AuthorizationCode(AuthorizationCodeMixin):
    """An authorization code and what it is bound to."""

    code: str
    sign_in: SignIn
    scope: str
    redirect_uri: str
    nonce: str
    code_challenge: str
    code_challenge_method: str

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str:
        return self.nonce

    def get_auth_time(self) -> int:
        return self.sign_in.auth_time


@dataclass(frozen=True)
class AccessToken(TokenMixin):
    """An access token for the userinfo endpoint; it outlives every test."""

    sign_in: SignIn
    scope: str

    def get_scope(self) -> str:
        return self.scope

    def is_expired(self) -> bool:
        return False

    def is_revoked(self) -> bool:
        return False


@dataclass(frozen=True)
class Client(ClientMixin):
    """The one registered client."""

    redirect_uris: list[str] | None

    def get_client_id(self) -> str:
        return CLIENT_ID

    def get_default_redirect_uri(self) -> None:
        return None

    def get_allowed_scope(self, scope: str | None) -> str:
        return " ".join(name for name in (scope or "").split() if name in SCOPES)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return self.redirect_uris is None or redirect_uri in self.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == CLIENT_SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method in {"client_secret_basic", "client_secret_post"}

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


class ProviderState:
    """Everything that changes while the provider runs; a snapshot of it survives a restart."""

    def __init__(self, issuer: str, snapshot: dict[str, Any]) -> None:
        self.issuer = issuer
        self.controls = Controls.model_validate(snapshot.get("controls", {}))
        kept = snapshot.get("signing_keys", {})
        self.signing_keys: dict[Algorithm, SigningKey] = {
            algorithm: JWKRegistry.import_key(kept[algorithm]) if kept else new_key(algorithm)
            for algorithm in ALGORITHMS
        }
        self.codes: dict[str, AuthorizationCode] = {}
        self.access_tokens: dict[str, AccessToken] = {}
        self.request_counts: Counter[str] = Counter()

    def snapshot(self) -> dict[str, Any]:
        """What the handle keeps for the next start, as JSON; codes and access tokens die with the process."""
        return {
            "controls": self.controls.model_dump(mode="json"),
            "signing_keys": {name: key.as_dict(private=True) for name, key in self.signing_keys.items()},
            "request_counts": dict(self.request_counts),
        }

    def rotate_keys(self) -> None:
        """Sign with new keys from now on and publish only those."""
        self.signing_keys = {algorithm: new_key(algorithm) for algorithm in ALGORITHMS}

    def published_keys(self) -> dict[str, Any]:
        """The JSON Web Key Set (RFC 7517 section 5), public parts only."""
        return dict(KeySet(list(self.signing_keys.values())).as_dict(private=False))


def new_key(algorithm: Algorithm) -> SigningKey:
    """A private key whose `kid` is its thumbprint (RFC 7638)."""
    parameters = {"use": "sig", "alg": algorithm}
    if algorithm == "ES256":
        return ECKey.generate_key("P-256", parameters, auto_kid=True)
    return RSAKey.generate_key(2048, parameters, auto_kid=True)
