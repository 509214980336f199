"""ID tokens whose payload no provider of ours would sign."""

import json
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey
from joserfc.registry import HeaderParameter

from app.auth.errors import SignInRefusedError, UnusableProviderAnswerError
from app.auth.oidc.discovery import ProviderMetadata
from app.auth.oidc.id_token import IdTokenVerifier
from tests.fakes.clock import START, FakeClock

KEY = ECKey.generate_key("P-256", {"kid": "k"})
NOW = int(START.timestamp())
METADATA = ProviderMetadata("https://i", "a", "t", "j", None, ("ES256",), "client_secret_basic")
CLAIMS = {"iss": "https://i", "aud": "me", "sub": "ada", "iat": NOW, "exp": NOW + 60, "nonce": "n"}


class FakeKeys:
    """Knows one key."""

    async def find(self, key_id: str, algorithm: str) -> ECKey:
        assert (key_id, algorithm) == ("k", "ES256")
        return KEY


def sign(payload: bytes | dict[str, Any], **header: Any) -> str:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    critical = {name: HeaderParameter("", "int") for name in header.get("crit", [])}
    registry = jws.JWSRegistry(critical, algorithms=["ES256"], strict_check_header=False)
    return jws.serialize_compact({"alg": "ES256", "kid": "k", **header}, raw, KEY, registry=registry)


async def verify(token: str, seconds: float = 0) -> Any:
    clock = FakeClock()
    clock.advance(seconds)
    verifier = IdTokenVerifier("me", FakeKeys(), clock)  # type: ignore[arg-type]
    return await verifier.verify(token, METADATA, nonce="n", access_token="x")


class TestAnIdToken:
    async def test_gives_its_claims(self) -> None:
        assert await verify(sign(CLAIMS)) == CLAIMS

    @pytest.mark.parametrize("header", [{"typ": "JWT"}, {"more": 1}, {"x5t": "x"}])
    async def test_may_have_headers_that_mean_nothing_here(self, header: dict[str, Any]) -> None:
        assert await verify(sign(CLAIMS, **header)) == CLAIMS

    async def test_is_valid_for_half_a_minute_longer_because_clocks_differ(self) -> None:
        assert await verify(sign(CLAIMS), 89)
        with pytest.raises(UnusableProviderAnswerError):
            await verify(sign(CLAIMS), 90)

    async def test_may_come_from_a_clock_that_is_half_a_minute_ahead(self) -> None:
        assert await verify(sign(CLAIMS | {"iat": NOW + 30}))
        with pytest.raises(UnusableProviderAnswerError):
            await verify(sign(CLAIMS | {"iat": NOW + 31}))

    async def test_of_another_login_is_refused(self) -> None:
        for nonce in ("m", "", None, 5, ["n"]):
            with pytest.raises(SignInRefusedError):
                await verify(sign(CLAIMS | {"nonce": nonce}))

    @pytest.mark.parametrize(
        "payload",
        [
            b"",
            b"[]",
            b'[["iss", "https://i"]]',
            b'"text"',
            b"null",
            b"{",
            b"\xff",
            b"[" * 50_000,
            b'{"sub": "\\ud800"}',
            b'{"exp": NaN}',
        ],
    )
    async def test_with_another_payload_is_refused(self, payload: bytes) -> None:
        with pytest.raises(UnusableProviderAnswerError):
            await verify(sign(payload))

    async def test_with_a_critical_header_is_refused(self) -> None:
        assert await verify(sign(CLAIMS, exp=NOW))  # the control
        with pytest.raises(UnusableProviderAnswerError):
            await verify(sign(CLAIMS, crit=["exp"], exp=NOW))
