"""Signing in without a provider, in the local profile only."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from app.auth.identities import IdentityRepository
from app.auth.sign_in import ProvenIdentity, SignIn
from app.core.settings import Settings, SettingsError
from tests.integration.auth.conftest import PRODUCTION_URL, LogIn, RawDatabase, RunApp, client_of
from tests.servers import FailPoint

LOGIN = "/api/v1/auth/dev/login"


async def who_am_i(client: httpx.AsyncClient, answer: httpx.Response) -> dict[str, Any]:
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    profile = await client.get("/api/v1/me", headers=bearer)
    assert profile.status_code == 200, profile.text
    return dict(profile.json())


class TestSigningInAsAScript:
    async def test_answers_with_both_tokens_and_no_cookie(self, log_in: LogIn) -> None:
        answer = await log_in()
        assert answer.status_code == 200
        assert answer.json().keys() == {"access_token", "token_type", "expires_in", "refresh_token"}
        assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("Bearer", 600)
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in answer.headers

    async def test_makes_a_profile_with_defaults(self, client: httpx.AsyncClient, log_in: LogIn) -> None:
        profile = await who_am_i(client, await log_in(name="Ada Lovelace"))
        assert profile.pop("id")
        assert profile == {
            "email": "ada@example.org",
            "name": "Ada Lovelace",
            "picture_url": None,
            "role": "user",
            "timezone": "UTC",
            "locale": "en",
            "settings": {},
            "revision": 0,
            "created_at": "2026-11-23T12:00:00.000Z",
        }

    async def test_takes_the_name_from_the_address_when_none_is_given(
        self, client: httpx.AsyncClient, log_in: LogIn
    ) -> None:
        assert (await who_am_i(client, await log_in()))["name"] == "ada"

    async def test_finds_the_same_user_again(self, client: httpx.AsyncClient, log_in: LogIn) -> None:
        first = await who_am_i(client, await log_in())
        second = await who_am_i(client, await log_in(" ADA@Example.ORG ", name="Somebody else"))
        assert second == first

    async def test_tells_users_apart(self, client: httpx.AsyncClient, log_in: LogIn) -> None:
        first = await who_am_i(client, await log_in())
        assert (await who_am_i(client, await log_in("grace@example.org")))["id"] != first["id"]


class TestSigningInAsABrowser:
    async def test_sets_cookies_and_keeps_the_refresh_token_out_of_the_body(
        self, log_in: LogIn, browser: httpx.AsyncClient
    ) -> None:
        answer = await log_in(via=browser)
        assert answer.json().keys() == {"access_token", "token_type", "expires_in"}
        attributes = "HttpOnly; Max-Age={}; Path=/; SameSite=lax"
        access, refresh = answer.headers.get_list("Set-Cookie")
        assert access == f"access={answer.json()['access_token']}; {attributes.format(600)}"
        assert refresh.startswith("refresh=")
        assert refresh.endswith(f"; {attributes.format(30 * 24 * 3600)}")

    async def test_is_signed_in_by_its_cookies(self, log_in: LogIn, browser: httpx.AsyncClient) -> None:
        await log_in(via=browser)
        assert (await browser.get("/api/v1/me")).json()["email"] == "ada@example.org"

    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
        ],
    )
    async def test_is_refused_from_another_site(self, client: httpx.AsyncClient, headers: dict[str, str]) -> None:
        answer = await client.post(LOGIN, json={"email": "ada@example.org"}, headers=headers)
        assert answer.status_code == 403
        assert answer.json()["type"] == "/problems/cross-site-request"
        assert "Set-Cookie" not in answer.headers

    async def test_may_say_by_fetch_metadata_that_it_is_our_page(self, client: httpx.AsyncClient) -> None:
        headers = {"Sec-Fetch-Site": "same-origin"}
        assert (await client.post(LOGIN, json={"email": "ada@example.org"}, headers=headers)).status_code == 200


class TestBadInput:
    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"email": None},
            {"email": 5},
            {"email": "ada"},
            {"email": "ada@"},
            {"email": "@example.org"},
            {"email": "a b@example.org"},
            {"email": "ada@example.org\x00"},
            {"email": f"{'a' * 300}@example.org"},
            {"email": "ada@example.org", "name": ""},
            {"email": "ada@example.org", "name": "   "},
            {"email": "ada@example.org", "name": "x" * 201},
            {"email": "ada@example.org", "name": "A\x00"},
            {"email": "ada@example.org", "role": "admin"},
        ],
    )
    async def test_is_answered_with_422(self, client: httpx.AsyncClient, body: dict[str, Any]) -> None:
        answer = await client.post(LOGIN, json=body)
        assert answer.status_code == 422
        assert answer.json()["errors"]


class TestRacingFirstSignIns:
    async def test_fifty_at_once_make_one_user(
        self, client: httpx.AsyncClient, log_in: LogIn, raw_database: RawDatabase
    ) -> None:
        answers = await asyncio.gather(*(log_in() for _ in range(50)))
        assert {answer.status_code for answer in answers} == {200}
        profiles = await asyncio.gather(*(who_am_i(client, answer) for answer in answers))
        assert len({profile["id"] for profile in profiles}) == 1
        assert await raw_database["users"].count_documents({}) == 1

    async def test_would_make_more_if_identities_were_not_unique(
        self, log_in: LogIn, raw_database: RawDatabase, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The negative control of the test above."""

        async def find_then_insert(
            repository: IdentityRepository, user_id: UUID, identity_id: str, session: object
        ) -> None:
            await repository.find_user(identity_id)

        monkeypatch.setattr(IdentityRepository, "insert", find_then_insert)
        await asyncio.gather(*(log_in() for _ in range(5)))
        assert await raw_database["users"].count_documents({}) > 1


class TestASlowFirstSignIn:
    async def test_finds_the_user_whom_a_faster_one_has_made_by_the_time_that_patience_ends(
        self, log_in: LogIn, monkeypatch: pytest.MonkeyPatch, failing: FailPoint
    ) -> None:
        create = SignIn._create

        async def be_second(sign_in: SignIn, identity: ProvenIdentity) -> None:
            await create(sign_in, identity)

        monkeypatch.setattr(SignIn, "_create", be_second)
        monkeypatch.setattr("app.auth.sign_in._PATIENCE_SECONDS", 0.1)
        async with failing("commitTransaction", times=1, blockConnection=True, blockTimeMS=200):
            assert (await log_in()).status_code == 200


class TestAnIdentityWithoutItsUser:
    async def test_is_answered_with_503_instead_of_waiting_for_ever(
        self, log_in: LogIn, raw_database: RawDatabase, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.auth.sign_in._PATIENCE_SECONDS", 0.2)
        await raw_database["identities"].insert_one({"_id": "dev:ada@example.org", "user_id": uuid4()})
        answer = await log_in()
        assert answer.status_code == 503
        assert "Retry-After" in answer.headers


class TestAnAdministratorsAddress:
    @pytest.fixture
    def admins(self, settings: Settings) -> dict[str, Any]:
        emails = frozenset({"Root@Example.ORG"})
        return {"sign_in": settings.sign_in.model_copy(update={"admin_emails": emails})}

    async def test_makes_an_admin_at_the_first_sign_in(
        self, run_app: RunApp, admins: dict[str, Any], log_in: LogIn
    ) -> None:
        async with run_app(**admins) as app, client_of(app) as client:
            assert (await who_am_i(client, await log_in("root@example.org", client)))["role"] == "admin"
            assert (await who_am_i(client, await log_in("ada@example.org", client)))["role"] == "user"

    async def test_makes_an_admin_of_a_user_who_was_none(
        self, run_app: RunApp, admins: dict[str, Any], log_in: LogIn, client: httpx.AsyncClient
    ) -> None:
        before = await log_in("root@example.org")
        was = await who_am_i(client, before)
        async with run_app(**admins) as app, client_of(app) as other:
            now = await who_am_i(other, await log_in("root@example.org", other))
        assert (was["id"], was["role"]) == (now["id"], "user")
        assert (now["role"], now["revision"]) == ("admin", was["revision"] + 1)
        # The role is in the access token: one that says otherwise has ended.
        bearer = {"Authorization": f"Bearer {before.json()['access_token']}"}
        assert (await client.get("/api/v1/me", headers=bearer)).status_code == 401

    async def test_that_is_none_stops_the_start(self, run_app: RunApp, settings: Settings) -> None:
        sign_in = settings.sign_in.model_copy(update={"admin_emails": frozenset({"root"})})
        with pytest.raises(SettingsError, match="ADMIN_EMAILS"):
            async with run_app(sign_in=sign_in):
                pass


class TestTheProductionProfile:
    async def test_has_no_dev_sign_in(self, run_app: RunApp, production: dict[str, Any], log_in: LogIn) -> None:
        async with run_app(**production) as app, client_of(app, PRODUCTION_URL) as client:
            answer = await log_in(via=client)
            assert answer.status_code == 404
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert (await client.get("/api/v1/auth/providers")).json() == {"items": []}
            assert "/api/v1/auth/dev/login" not in (await client.get("/openapi.json")).json()["paths"]


class TestADisabledAccount:
    async def test_cannot_sign_in(self, log_in: LogIn, raw_database: RawDatabase) -> None:
        await log_in()
        await raw_database["users"].update_many({}, {"$set": {"is_disabled": True}})
        answer = await log_in()
        assert answer.status_code == 403
        assert answer.json()["type"] == "/problems/account-disabled"
