"""What of the claims is believed: the e-mail address above all, and userinfo."""

import pytest
from fastapi import FastAPI

from tests.fakes.openid_provider import (
    OpenIDProvider,
)
from tests.integration.auth.conftest import LogIn, RawDatabase, client_of
from tests.integration.auth.oidc.conftest import Browser, assert_refused


class TestTheEmailAddress:
    @pytest.mark.parametrize("verified", [False, None, "true", 1, "yes", [True]])
    async def test_that_is_not_verified_is_left_out(
        self, browser: Browser, provider: OpenIDProvider, verified: object, raw_database: RawDatabase
    ) -> None:
        await provider.sign_in_as(sub="r", email="root@example.org", email_verified=verified, name="R", picture="")
        assert (await browser.sign_in()).status_code == 303
        profile = await browser.profile()
        assert (profile["email"], profile["role"], profile["picture_url"]) == (None, "user", None)
        assert [entry["_id"] async for entry in raw_database["identities"].find()] == ["google:r"]
        user = await raw_database["users"].find_one({})
        assert user is not None
        assert "email" not in user
        assert user["google_id"] == "r"

    async def test_that_is_verified_makes_an_admin_of_whom_the_settings_name(
        self, browser: Browser, provider: OpenIDProvider
    ) -> None:
        await provider.sign_in_as(sub="r", email="Root@Example.ORG", email_verified=True, name="R")
        await browser.sign_in()
        profile = await browser.profile()
        assert (profile["email"], profile["role"]) == ("root@example.org", "admin")

    @pytest.mark.parametrize("email", ["not an address", 5, "a@b", "x@\ufffd"])
    async def test_that_is_none_is_left_out(self, browser: Browser, provider: OpenIDProvider, email: object) -> None:
        await provider.sign_in_as(sub="r", email=email, email_verified=True, name="R")
        assert (await browser.sign_in()).status_code == 303
        assert (await browser.profile())["email"] is None

    async def test_of_another_account_is_refused_and_changes_nothing(
        self, browser: Browser, provider: OpenIDProvider, service: FastAPI, log_in: LogIn, raw_database: RawDatabase
    ) -> None:
        async with client_of(service) as client:
            await log_in("ada@example.org", client)
        assert_refused(await browser.sign_in(), 409, "email-taken")
        assert await raw_database["users"].count_documents({}) == 1
        assert await raw_database["identities"].count_documents({}) == 2
        await provider.sign_in_as(sub="ada-1815", email="ada@example.org", email_verified=False)
        assert (await browser.sign_in()).status_code == 303
        assert await raw_database["users"].count_documents({}) == 2

    async def test_does_not_make_two_providers_one(
        self, browser: Browser, provider: OpenIDProvider, service: FastAPI
    ) -> None:
        await provider.sign_in_as(sub="same", name="Google's")
        await browser.sign_in()
        async with client_of(service) as client:
            answer = await client.get("/api/v1/auth/corp/login")
            await client.get(await provider.follow(answer.headers["Location"]))
            other = (await client.get("/api/v1/me")).json()
        assert other["id"] != (await browser.profile())["id"]


class TestUserinfo:
    async def test_gives_what_the_id_token_leaves_out(self, browser: Browser, provider: OpenIDProvider) -> None:
        await provider.configure(id_token_claims=[])
        assert (await browser.sign_in()).status_code == 303
        profile = await browser.profile()
        assert (profile["email"], profile["name"]) == ("ada@example.org", "Ada Lovelace")

    async def test_is_not_asked_when_the_id_token_says_it_all(
        self, browser: Browser, provider: OpenIDProvider
    ) -> None:
        await browser.sign_in()
        assert await provider.request_count("userinfo") == 0

    async def test_about_somebody_else_is_refused(
        self, browser: Browser, provider: OpenIDProvider, raw_database: RawDatabase
    ) -> None:
        await provider.configure(id_token_claims=[], userinfo_sub="grace-1906")
        assert_refused(await browser.sign_in(), 502, "provider-answer-unusable")
        assert await raw_database["users"].count_documents({}) == 0

    async def test_cannot_verify_the_address_of_the_id_token_by_another_one(
        self, browser: Browser, provider: OpenIDProvider
    ) -> None:
        await provider.configure(id_token_claims=["name"], id_token_overrides={"email": "root@example.org"})
        assert (await browser.sign_in()).status_code == 303
        profile = await browser.profile()
        assert (profile["email"], profile["role"]) == (None, "user")

    async def test_may_add_that_the_address_is_verified(self, browser: Browser, provider: OpenIDProvider) -> None:
        await provider.configure(id_token_claims=["name", "email"], userinfo_claims=["email_verified"])
        await browser.sign_in()
        assert (await browser.profile())["email"] == "ada@example.org"

    async def test_is_done_without_where_the_provider_has_none(
        self, browser: Browser, provider: OpenIDProvider
    ) -> None:
        await provider.configure(id_token_claims=[], discovery_overrides={"userinfo_endpoint": None})
        assert (await browser.sign_in()).status_code == 303
        profile = await browser.profile()
        assert (profile["email"], profile["name"]) == (None, "New user")
