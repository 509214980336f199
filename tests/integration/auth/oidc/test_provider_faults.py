"""A provider that refuses, is away, is slow, or answers with something unusable."""

import asyncio
import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from app.auth.errors import ProviderAwayError
from app.auth.oidc.http import ProviderHttp
from app.auth.oidc.login_state import LoginState
from app.auth.oidc.provider import OidcClient
from app.core.settings import SignInSettings
from tests.conftest import BASE_URL
from tests.fakes.clock import FakeClock
from tests.fakes.openid_provider import (
    GARBAGE,
    INVALID_GRANT,
    SERVER_ERROR,
    EndpointFault,
    OpenIDProvider,
    slow,
)
from tests.integration.auth.conftest import LogIn, RunApp, client_of
from tests.integration.auth.oidc.conftest import CALLBACK, LOGIN, Browser, assert_refused


class TestARefusalAtTheProvider:
    @pytest.mark.parametrize("error", ["access_denied", "server_error", "login_required", "x" * 256])
    async def test_is_answered_with_a_problem(self, browser: Browser, provider: OpenIDProvider, error: str) -> None:
        await provider.refuse_sign_in(error)
        assert_refused(await browser.sign_in(), 400, "sign-in-refused")

    async def test_of_the_code_is_one_of_the_sign_in(self, browser: Browser, provider: OpenIDProvider) -> None:
        await provider.break_endpoint("token", INVALID_GRANT)
        assert_refused(await browser.sign_in(), 400, "sign-in-refused")

    async def test_of_a_forged_code_is_one_of_the_sign_in(self, browser: Browser) -> None:
        callback = await browser.begin()
        code = parse_qs(urlsplit(callback).query)["code"][0]
        assert_refused(await browser.client.get(callback.replace(code, "forged")), 400, "sign-in-refused")

    async def test_is_a_callback_without_a_code(self, browser: Browser) -> None:
        callback = await browser.begin()
        code = parse_qs(urlsplit(callback).query)["code"][0]
        assert_refused(await browser.client.get(callback.replace(f"code={code}", "")), 400, "sign-in-refused")

    async def test_of_overlong_parameters_is_a_validation_error(self, browser: Browser) -> None:
        for name, length in (("state", 257), ("code", 4_097), ("error", 257)):
            answer = await browser.client.get(CALLBACK, params={name: "x" * length})
            assert_refused(answer, 422, "validation-failed")


class TestAProviderThatIsAway:
    async def test_stops_neither_the_start_nor_anything_else(
        self, run_app: RunApp, sign_in_settings: SignInSettings, provider: OpenIDProvider, log_in: LogIn
    ) -> None:
        await provider.stop()
        async with run_app(sign_in=sign_in_settings) as app, client_of(app) as client:
            assert (await client.get("/readyz")).status_code == 200
            assert (await log_in("grace@example.org", client)).status_code == 200
            answer = await client.get(LOGIN)
            assert_refused(answer, 503, "provider-unavailable")
            assert int(answer.headers["Retry-After"]) > 0
            await provider.start()
            assert (await Browser(client, provider).sign_in()).status_code == 303

    async def test_is_noticed_before_the_browser_is_sent_there(
        self, browser: Browser, provider: OpenIDProvider, clock: FakeClock
    ) -> None:
        await browser.begin()
        await provider.stop()
        clock.advance(3)
        assert_refused(await browser.client.get(LOGIN), 503, "provider-unavailable")

    async def test_in_the_middle_of_a_login_is_answered_with_503_and_recovers(
        self, browser: Browser, provider: OpenIDProvider
    ) -> None:
        callback = await browser.begin()
        await provider.stop()
        answer = await browser.client.get(callback)
        assert_refused(answer, 503, "provider-unavailable")
        assert int(answer.headers["Retry-After"]) > 0
        await provider.start()
        assert (await browser.sign_in()).status_code == 303

    @pytest.mark.parametrize("endpoint", ["token", "jwks", "userinfo"])
    async def test_with_one_endpoint_is_answered_with_503(
        self, browser: Browser, provider: OpenIDProvider, endpoint: Any
    ) -> None:
        await provider.configure(id_token_claims=[])
        await provider.break_endpoint(endpoint, SERVER_ERROR)
        assert_refused(await browser.sign_in(), 503, "provider-unavailable")
        await provider.reset()
        assert (await browser.sign_in()).status_code == 303

    @pytest.mark.parametrize("endpoint", ["discovery", "token"])
    async def test_because_it_is_slow_is_answered_within_the_deadline(
        self, browser: Browser, provider: OpenIDProvider, endpoint: Any
    ) -> None:
        await provider.break_endpoint(endpoint, slow(30))
        started = asyncio.get_running_loop().time()
        answer = await browser.client.get(LOGIN)
        if endpoint == "token":
            callback = urlsplit(await provider.follow(answer.headers["Location"]))
            answer = await browser.client.get(f"{callback.path}?{callback.query}")
        assert_refused(answer, 503, "provider-unavailable")
        assert 2.5 < asyncio.get_running_loop().time() - started < 5


class TestAnUnusableAnswer:
    @pytest.mark.parametrize("endpoint", ["token", "jwks", "userinfo"])
    @pytest.mark.parametrize(
        "fault",
        [
            GARBAGE,
            EndpointFault(status=200, body="[]"),
            EndpointFault(status=200, body="{" * 5_000),
            EndpointFault(status=200, body='{"a": "\\ud800"}'),
            EndpointFault(status=200, body="x" * 300_000),
            EndpointFault(status=302, body="{}"),
            EndpointFault(status=401, body='{"error": "invalid_client"}'),
            EndpointFault(status=404, body="not found"),
        ],
        ids=["half a document", "a list", "depth", "a lone surrogate", "300 kB", "a redirect", "401", "404"],
    )
    async def test_is_answered_with_502(
        self, browser: Browser, provider: OpenIDProvider, endpoint: Any, fault: EndpointFault
    ) -> None:
        await provider.configure(id_token_claims=[])
        await provider.break_endpoint(endpoint, fault)
        assert_refused(await browser.sign_in(), 502, "provider-answer-unusable")

    @pytest.mark.parametrize(
        "body", ["{}", '{"access_token": "x"}', '{"access_token": 5, "id_token": "x"}', '{"id_token": "a.b.c"}']
    )
    async def test_without_the_tokens_is_answered_with_502(
        self, browser: Browser, provider: OpenIDProvider, body: str
    ) -> None:
        await provider.break_endpoint("token", EndpointFault(status=200, body=body))
        assert_refused(await browser.sign_in(), 502, "provider-answer-unusable")

    @pytest.mark.parametrize("id_token", ["", "x", "a.b", "a.b.c", "e30.e30.x", "é.é.é", "x" * 200_000, "." * 9])
    async def test_with_an_id_token_that_is_none_is_answered_with_502(
        self, browser: Browser, provider: OpenIDProvider, id_token: str
    ) -> None:
        body = json.dumps({"access_token": "x", "id_token": id_token})
        await provider.break_endpoint("token", EndpointFault(status=200, body=body))
        assert_refused(await browser.sign_in(), 502, "provider-answer-unusable")

    @pytest.mark.parametrize(
        "metadata",
        [
            {"issuer": "https://evil.example"},
            {"issuer": None},
            {"issuer": 5},
            {"authorization_endpoint": None},
            {"authorization_endpoint": 5},
            {"authorization_endpoint": "javascript:alert(1)"},
            {"authorization_endpoint": "https://x\r\ny"},
            {"authorization_endpoint": "https://"},
            {"token_endpoint": "http://evil.example/token"},
            {"token_endpoint": "http://[::x]/"},
            {"token_endpoint": "https://example.org:65536/"},
            {"token_endpoint": "https://example.org:0/"},
            {"token_endpoint": "ftp://127.0.0.1/"},
            {"jwks_uri": "http://192.0.2.1/jwks"},
            {"userinfo_endpoint": "file:///etc/passwd"},
            {"id_token_signing_alg_values_supported": ["HS256", "none"]},
            {"id_token_signing_alg_values_supported": "RS256"},
            {"token_endpoint_auth_methods_supported": ["private_key_jwt"]},
        ],
    )
    async def test_of_discovery_is_answered_with_502_and_recovers(
        self, browser: Browser, provider: OpenIDProvider, metadata: dict[str, Any]
    ) -> None:
        await provider.configure(discovery_overrides=metadata)
        assert_refused(await browser.client.get(LOGIN), 502, "provider-answer-unusable")
        await provider.reset()
        assert (await browser.sign_in()).status_code == 303

    async def test_of_an_algorithm_that_discovery_does_not_name_is_refused(
        self, browser: Browser, provider: OpenIDProvider
    ) -> None:
        await provider.configure(discovery_overrides={"id_token_signing_alg_values_supported": ["ES256"]})
        assert_refused(await browser.sign_in(), 502, "provider-answer-unusable")


class TestACallback:
    async def test_is_answered_within_its_deadline_though_every_answer_is_within_its_own(
        self, provider: OpenIDProvider, clock: FakeClock, sign_in_settings: SignInSettings
    ) -> None:
        google = sign_in_settings.providers[0]
        await provider.configure(
            id_token_claims=[],
            endpoint_faults={"token": slow(0.4), "jwks": slow(0.4), "userinfo": slow(0.4)},
        )
        async with ProviderHttp() as http:
            client = OidcClient(google, BASE_URL + CALLBACK, http, clock, finish_timeout=timedelta(seconds=1))
            login = LoginState.begin("google", "/", clock.now())
            callback = urlsplit(await provider.follow(await client.authorization_url(login)))
            with pytest.raises(ProviderAwayError):
                await client.prove(parse_qs(callback.query)["code"][0], login)
