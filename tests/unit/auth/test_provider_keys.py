"""A provider's keys: found by id, for the algorithm and size that they are made for."""

from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey

from app.auth.errors import UnusableProviderAnswerError
from app.auth.oidc.discovery import Discovery, ProviderMetadata
from app.auth.oidc.http import ProviderAnswer
from app.auth.oidc.keys import ProviderKeys
from tests.fakes.clock import FakeClock

RSA = RSAKey.generate_key(2048).as_dict(private=False)
EC = ECKey.generate_key("P-256").as_dict(private=False)


class FakeDiscovery(Discovery):
    """Knows where the keys are."""

    def __init__(self) -> None:
        pass

    async def get(self, max_age: object = None) -> ProviderMetadata:
        return ProviderMetadata("i", "a", "t", "https://example.org/jwks", None, ("RS256",), "client_secret_basic")


class FakeHttp:
    """Answers with a key set."""

    def __init__(self, keys: list[Any]) -> None:
        self.keys = keys

    async def get(self, url: str, bearer: str | None = None) -> ProviderAnswer:
        assert (url, bearer) == ("https://example.org/jwks", None)
        return ProviderAnswer(200, {"keys": self.keys})


async def find(algorithm: str, *keys: Any) -> Any:
    provider_keys = ProviderKeys(FakeDiscovery(), FakeHttp(list(keys)), FakeClock())  # type: ignore[arg-type]
    return await provider_keys.find("k", algorithm)


class TestAKey:
    @pytest.mark.parametrize(("algorithm", "jwk"), [("RS256", RSA), ("ES256", EC)])
    @pytest.mark.parametrize("more", [{}, {"use": "sig"}, {"x5c": ["MII"], "more": 1}])
    async def test_is_found_by_its_id(self, algorithm: str, jwk: dict[str, Any], more: dict[str, Any]) -> None:
        others = [{"kid": "other", "kty": "OKP"}, {"kty": "RSA"}, "x", {"kid": 5}]
        assert (await find(algorithm, *others, {**jwk, "kid": "k", **more})).kid == "k"

    @pytest.mark.parametrize(
        ("algorithm", "jwk"),
        [
            ("RS256", {**EC, "kid": "k"}),
            ("ES256", {**RSA, "kid": "k"}),
            ("RS256", {**RSA, "kid": "k", "alg": "RS512"}),
            ("RS256", {**RSA, "kid": "k", "use": "enc"}),
            ("ES256", {**ECKey.generate_key("P-384").as_dict(private=False), "kid": "k"}),
            ("RS256", {**OctKey.generate_key(256).as_dict(), "kid": "k"}),
            ("RS256", {"kid": "k"}),
            ("RS256", {"kid": "k", "kty": "RSA"}),
            ("RS256", {"kid": "k", "kty": "RSA", "n": 5, "e": "AQAB"}),
            ("RS256", {"kid": "k", "kty": "RSA", "n": "AQAB", "e": "AQAB"}),
            ("RS256", {"kid": "k", "kty": "RSA", "n": "A" * 100_000, "e": "AQAB"}),
            ("RS256", {"kid": "k", "kty": "RSA", "n": "!" * 342, "e": "AQAB"}),
            ("RS256", {"kid": "k", "kty": "RSA", "n": "_" * 342, "e": 5}),
            ("ES256", {"kid": "k", "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}),
            ("ES256", {"kid": "k", "kty": "EC", "crv": "P-256"}),
            ("ES256", {"kid": "k", "kty": "EC", "crv": "P-256", "x": 1, "y": []}),
        ],
    )
    async def test_that_is_not_made_for_it_is_refused(self, algorithm: str, jwk: dict[str, Any]) -> None:
        with pytest.raises(UnusableProviderAnswerError):
            await find(algorithm, jwk)

    async def test_that_is_unknown_is_refused(self) -> None:
        with pytest.raises(UnusableProviderAnswerError, match="unknown key"):
            await find("RS256", {**RSA, "kid": "other"})
