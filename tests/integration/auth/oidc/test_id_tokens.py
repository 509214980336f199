"""ID tokens that nobody must be signed in by, and the keys that tell."""

from typing import Any

import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.openid_provider import (
    EndpointFault,
    IdTokenFault,
    OpenIDProvider,
)
from tests.integration.auth.conftest import RawDatabase
from tests.integration.auth.oidc.conftest import Browser, assert_refused

HOSTILE_ID_TOKENS = [
    fault for fault in IdTokenFault if fault not in {IdTokenFault.WRONG_NONCE, IdTokenFault.MISSING_NONCE}
]


class TestAHostileIdToken:
    @pytest.mark.parametrize("fault", HOSTILE_ID_TOKENS)
    async def test_makes_no_session(
        self, browser: Browser, provider: OpenIDProvider, fault: IdTokenFault, raw_database: RawDatabase
    ) -> None:
        await provider.spoil_id_token(fault)
        assert_refused(await browser.sign_in(), 502, "provider-answer-unusable")
        assert await raw_database["users"].count_documents({}) == 0
        assert await raw_database["sessions"].count_documents({}) == 0

    @pytest.mark.parametrize("fault", [IdTokenFault.WRONG_NONCE, IdTokenFault.MISSING_NONCE])
    async def test_of_another_login_is_refused(
        self, browser: Browser, provider: OpenIDProvider, fault: IdTokenFault
    ) -> None:
        await provider.spoil_id_token(fault)
        assert_refused(await browser.sign_in(), 400, "sign-in-refused")

    @pytest.mark.parametrize(
        "claims",
        [
            {"sub": None},
            {"sub": ""},
            {"sub": 5},
            {"sub": "x" * 256},
            {"sub": "a\x00b"},
            {"sub": "ünï"},
            {"sub": "a\ud800"},
            {"exp": None},
            {"exp": "tomorrow"},
            {"exp": 1e400},
            {"iat": None},
            {"iat": 4_000_000_000},
            {"nbf": 4_000_000_000},
            {"aud": None},
            {"aud": [5]},
            {"aud": {}},
            {"aud": ["taskfleet-tests", "another"]},
            {"aud": ["taskfleet-tests", "another"], "azp": "another"},
            {"azp": "another"},
            {"iss": None},
            {"iss": 5},
            {"at_hash": "wrong"},
            {"at_hash": 5},
        ],
    )
    async def test_with_a_bad_claim_is_unusable(
        self, browser: Browser, provider: OpenIDProvider, claims: dict[str, Any]
    ) -> None:
        await provider.configure(id_token_overrides=claims)
        assert_refused(await browser.sign_in(), 502, "provider-answer-unusable")

    @pytest.mark.parametrize(
        "claims", [{"azp": "taskfleet-tests"}, {"aud": ["taskfleet-tests"]}, {"at_hash": None}, {"more": {"a": [1]}}]
    )
    async def test_is_not_one_that_says_what_it_may(
        self, browser: Browser, provider: OpenIDProvider, claims: dict[str, Any]
    ) -> None:
        """The control of the test above."""
        await provider.configure(id_token_overrides=claims)
        assert (await browser.sign_in()).status_code == 303


class TestTheProvidersKeys:
    async def test_may_be_rotated(self, browser: Browser, provider: OpenIDProvider) -> None:
        assert (await browser.sign_in()).status_code == 303
        await provider.rotate_keys()
        assert (await browser.sign_in()).status_code == 303

    async def test_are_not_asked_for_each_time(self, browser: Browser, provider: OpenIDProvider) -> None:
        for _ in range(3):
            await browser.sign_in()
        assert await provider.request_count("jwks") == 1

    async def test_are_asked_for_again_only_so_often_for_unknown_ids(
        self, browser: Browser, provider: OpenIDProvider, clock: FakeClock
    ) -> None:
        await provider.spoil_id_token(IdTokenFault.UNKNOWN_KEY)
        for _ in range(8):
            assert (await browser.sign_in()).status_code == 502
        assert await provider.request_count("jwks") == 6
        clock.advance(60)
        await browser.sign_in()
        assert await provider.request_count("jwks") == 7

    @pytest.mark.parametrize(
        "body",
        [
            '{"keys": 5}',
            "{}",
            '{"keys": []}',
            '{"keys": [5, {"kid": 5}, {"kty": "RSA"}]}',
            "[]",
            "",
            '{"keys": [' * 99,
        ],
    )
    async def test_that_are_none_are_unusable(self, browser: Browser, provider: OpenIDProvider, body: str) -> None:
        await provider.break_endpoint("jwks", EndpointFault(status=200, body=body))
        assert_refused(await browser.sign_in(), 502, "provider-answer-unusable")
