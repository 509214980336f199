"""Signing in through an OpenID provider that is a process of its own."""

import asyncio
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI

from app.core.settings import SignInSettings
from tests.conftest import BASE_URL
from tests.fakes.openid_provider import (
    OpenIDProvider,
)
from tests.integration.auth.conftest import PRODUCTION_URL, RawDatabase, RunApp, client_of
from tests.integration.auth.oidc.conftest import CALLBACK, LOGIN, Browser, assert_refused


class TestSigningIn:
    async def test_makes_a_user_of_the_provider_s_claims(self, browser: Browser) -> None:
        answer = await browser.sign_in()
        assert answer.status_code == 303, answer.text
        assert answer.headers["Location"] == "/"
        profile = await browser.profile()
        assert {name: profile[name] for name in ("email", "name", "picture_url", "role")} == {
            "email": "ada@example.org",
            "name": "Ada Lovelace",
            "picture_url": "https://example.org/ada.png",
            "role": "user",
        }

    async def test_finds_the_same_user_the_next_time(self, browser: Browser, provider: OpenIDProvider) -> None:
        await browser.sign_in()
        first = await browser.profile()
        await provider.sign_in_as(sub="ada-1815", email="changed@example.org", email_verified=True, name="Changed")
        await browser.sign_in()
        assert await browser.profile() == first

    async def test_sends_the_browser_with_state_nonce_and_pkce(
        self, browser: Browser, provider: OpenIDProvider
    ) -> None:
        answers = [await browser.client.get(LOGIN) for _ in range(2)]
        first, second = (parse_qs(urlsplit(answer.headers["Location"]).query) for answer in answers)
        for name in ("state", "nonce", "code_challenge"):
            assert len(first[name][0]) == 43
            assert first[name] != second[name]
        assert first["code_challenge_method"] == ["S256"]
        assert first["response_type"] == ["code"]
        assert first["scope"] == ["openid email profile"]
        assert first["client_id"] == [provider.client_id]
        assert first["redirect_uri"] == [BASE_URL + CALLBACK]
        assert answers[0].headers["Cache-Control"] == "no-store"

    async def test_keeps_the_login_in_a_cookie_for_ten_minutes(self, browser: Browser) -> None:
        answer = await browser.client.get(LOGIN)
        state = parse_qs(urlsplit(answer.headers["Location"]).query)["state"][0]
        [cookie] = answer.headers.get_list("Set-Cookie")
        assert cookie.startswith(f"login-{state[:8]}=")
        assert cookie.endswith("; HttpOnly; Max-Age=600; Path=/; SameSite=lax")

    async def test_sets_the_session_s_cookies_and_takes_the_login_s_away(self, browser: Browser) -> None:
        answer = await browser.sign_in()
        access, refresh, login = answer.headers.get_list("Set-Cookie")
        assert access.startswith("access=")
        assert access.endswith("; HttpOnly; Max-Age=600; Path=/; SameSite=lax")
        assert refresh.startswith("refresh=")
        assert refresh.endswith("; HttpOnly; Max-Age=2592000; Path=/; SameSite=lax")
        assert "Max-Age=0" in login
        assert sorted(browser.client.cookies) == ["access", "refresh"]
        assert answer.headers["Cache-Control"] == "no-store"

    async def test_over_https_uses_host_cookies(
        self, run_app: RunApp, sign_in_settings: SignInSettings, production: dict[str, Any], provider: OpenIDProvider
    ) -> None:
        async with (
            run_app(sign_in=sign_in_settings, **production) as app,
            client_of(app, PRODUCTION_URL) as client,
        ):
            answer = await client.get(LOGIN)
            [cookie] = answer.headers.get_list("Set-Cookie")
            assert cookie.startswith("__Host-login-")
            assert cookie.endswith("; HttpOnly; Max-Age=600; Path=/; SameSite=lax; Secure")
            callback = await provider.follow(answer.headers["Location"])
            assert callback.startswith(f"{PRODUCTION_URL}{CALLBACK}?")
            answer = await client.get(callback)
            assert answer.status_code == 303
            for cookie in answer.headers.get_list("Set-Cookie"):
                assert cookie.startswith("__Host-")
                assert cookie.endswith("; Path=/; SameSite=lax; Secure")

    @pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
    async def test_accepts_both_asymmetric_algorithms(
        self, browser: Browser, provider: OpenIDProvider, algorithm: str
    ) -> None:
        await provider.configure(id_token_algorithm=algorithm)
        assert (await browser.sign_in()).status_code == 303

    async def test_sends_the_secret_in_the_form_where_the_provider_wants_it_there(
        self, browser: Browser, provider: OpenIDProvider
    ) -> None:
        await provider.configure(
            discovery_overrides={"token_endpoint_auth_methods_supported": ["private_key_jwt", "client_secret_post"]}
        )
        assert (await browser.sign_in()).status_code == 303

    async def test_lets_two_logins_of_one_browser_go_on_side_by_side(self, browser: Browser) -> None:
        first, second = await browser.begin(next="/first"), await browser.begin(next="/second")
        assert (await browser.client.get(second)).headers["Location"] == "/second"
        assert (await browser.client.get(first)).headers["Location"] == "/first"

    async def test_forgets_logins_that_pile_up(self, browser: Browser) -> None:
        callbacks = [await browser.begin() for _ in range(12)]
        assert len(browser.client.cookies) == 8
        assert (await browser.client.get(callbacks[-1])).status_code == 303

    async def test_works_for_fifty_first_sign_ins_at_once(
        self, service: FastAPI, provider: OpenIDProvider, raw_database: RawDatabase
    ) -> None:
        async def sign_in() -> int:
            async with client_of(service) as client:
                return (await Browser(client, provider).sign_in()).status_code

        assert set(await asyncio.gather(*(sign_in() for _ in range(50)))) == {303}
        assert await raw_database["users"].count_documents({}) == 1
        assert await raw_database["sessions"].count_documents({}) == 50


class TestTheProviders:
    async def test_are_listed_with_the_dev_sign_in_last(self, browser: Browser) -> None:
        answer = await browser.client.get("/api/v1/auth/providers")
        assert answer.json()["items"] == [
            {"name": "google", "title": "Google"},
            {"name": "corp", "title": "Corporation"},
            {"name": "dev", "title": "Development sign-in"},
        ]
        etag = {"If-None-Match": answer.headers["ETag"]}
        assert (await browser.client.get("/api/v1/auth/providers", headers=etag)).status_code == 304

    @pytest.mark.parametrize("name", ["github", "dev", "email", "GOOGLE", "%00", "..%2f"])
    @pytest.mark.parametrize("path", ["login", "callback"])
    async def test_that_are_not_configured_are_answered_with_404(
        self, browser: Browser, name: str, path: str
    ) -> None:
        assert (await browser.client.get(f"/api/v1/auth/{name}/{path}")).status_code == 404


class TestAnotherReplica:
    async def test_finishes_what_the_first_one_began(
        self, browser: Browser, run_app: RunApp, sign_in_settings: SignInSettings
    ) -> None:
        callback = await browser.begin(next="/tasks")
        async with (
            run_app(sign_in=sign_in_settings) as replica,
            client_of(replica, cookies=browser.client.cookies) as client,
        ):
            answer = await client.get(callback)
            assert (answer.status_code, answer.headers["Location"]) == (303, "/tasks")
            assert (await client.get("/api/v1/me")).json()["email"] == "ada@example.org"


class TestADisabledAccount:
    async def test_gets_no_session(self, browser: Browser, raw_database: RawDatabase) -> None:
        await browser.sign_in()
        await raw_database["users"].update_many({}, {"$set": {"is_disabled": True}})
        assert_refused(await browser.sign_in(), 403, "account-disabled")
