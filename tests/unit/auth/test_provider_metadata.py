"""What a provider says of itself, and what of it is accepted."""

from typing import Any

import pytest

from app.auth.errors import UnusableProviderAnswerError
from app.auth.oidc.discovery import ProviderMetadata

ISSUER = "https://login.example.org"
DOCUMENT = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/authorize",
    "token_endpoint": "https://tokens.example.net/token",
    "jwks_uri": f"{ISSUER}/jwks",
    "id_token_signing_alg_values_supported": ["RS256", "ES256", "EdDSA"],
}


class TestMetadata:
    def test_is_what_a_login_needs(self) -> None:
        assert ProviderMetadata.from_document(DOCUMENT, ISSUER) == ProviderMetadata(
            issuer=ISSUER,
            authorization_endpoint=f"{ISSUER}/authorize",
            token_endpoint="https://tokens.example.net/token",
            jwks_uri=f"{ISSUER}/jwks",
            userinfo_endpoint=None,
            algorithms=("ES256", "RS256"),
            token_auth_method="client_secret_basic",
        )

    def test_keeps_the_slash_that_belongs_to_the_issuer_s_name(self) -> None:
        metadata = ProviderMetadata.from_document(DOCUMENT | {"issuer": f"{ISSUER}/"}, ISSUER)
        assert metadata.issuer == f"{ISSUER}/"

    def test_means_rs256_and_basic_where_it_says_nothing(self) -> None:
        document = {name: value for name, value in DOCUMENT.items() if "alg" not in name}
        document |= {"userinfo_endpoint": None}
        metadata = ProviderMetadata.from_document(document, ISSUER)
        assert (metadata.algorithms, metadata.token_auth_method) == (("RS256",), "client_secret_basic")

    @pytest.mark.parametrize(
        "change",
        [
            {"issuer": f"{ISSUER}//"},
            {"issuer": ISSUER.upper()},
            {"issuer": f"{ISSUER}.evil.example"},
            {"issuer": None},
            {"token_endpoint": "http://login.example.org/token"},
            {"token_endpoint": "http://127.0.0.1/token"},
            {"token_endpoint": "/token"},
            {"token_endpoint": ""},
            {"token_endpoint": "https://é.example/"},
            {"token_endpoint": "https://example.org/\x00"},
            {"jwks_uri": 5},
            {"jwks_uri": None},
            {"authorization_endpoint": "data:text/html,x"},
            {"userinfo_endpoint": ""},
            {"id_token_signing_alg_values_supported": []},
            {"id_token_signing_alg_values_supported": ["none", "HS256", 5, None]},
            {"token_endpoint_auth_methods_supported": {"client_secret_basic": 1}},
        ],
    )
    def test_is_refused_where_it_is_not_acceptable(self, change: dict[str, Any]) -> None:
        with pytest.raises(UnusableProviderAnswerError):
            ProviderMetadata.from_document(DOCUMENT | change, ISSUER)


class TestAPlainIssuer:
    @pytest.mark.parametrize("host", ["127.0.0.1:5556", "localhost:5556", "keycloak:8080"])
    def test_may_have_plain_endpoints_on_the_same_host(self, host: str) -> None:
        document = {
            name: value.replace("https://login.example.org", f"http://{host}") if isinstance(value, str) else value
            for name, value in DOCUMENT.items()
        }
        metadata = ProviderMetadata.from_document(document, f"http://{host}")
        assert metadata.jwks_uri == f"http://{host}/jwks"

    def test_may_not_have_them_elsewhere(self) -> None:
        document = DOCUMENT | {"issuer": "http://127.0.0.1:5556", "jwks_uri": "http://evil.example/jwks"}
        with pytest.raises(UnusableProviderAnswerError):
            ProviderMetadata.from_document(document, "http://127.0.0.1:5556")
