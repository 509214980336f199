"""Signing out: here, everywhere, and with whatever credentials are left."""

from typing import Any

import httpx
import pytest

from tests.fakes.clock import FakeClock
from tests.integration.auth.conftest import LogIn, RawDatabase

LOGOUT = "/api/v1/auth/logout"
LOGOUT_ALL = "/api/v1/auth/logout-all"


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}


async def is_signed_in(client: httpx.AsyncClient, tokens: dict[str, Any]) -> bool:
    access = await client.get("/api/v1/me", headers=bearer(tokens))
    refresh = await client.post("/api/v1/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    assert access.status_code == refresh.status_code
    return access.status_code == 200


@pytest.fixture
async def here(log_in: LogIn) -> dict[str, Any]:
    """The tokens of one session of a user."""
    return dict((await log_in()).json())


@pytest.fixture
async def there(log_in: LogIn) -> dict[str, Any]:
    """The tokens of another session of the same user."""
    return dict((await log_in()).json())


@pytest.fixture
async def another(log_in: LogIn) -> dict[str, Any]:
    """The tokens of another user."""
    return dict((await log_in("grace@example.org")).json())


class TestSigningOutHere:
    async def test_ends_this_session_at_once_and_no_other(
        self, client: httpx.AsyncClient, here: dict[str, Any], there: dict[str, Any], another: dict[str, Any]
    ) -> None:
        answer = await client.post(LOGOUT, headers=bearer(here))
        assert (answer.status_code, answer.content) == (204, b"")
        assert not await is_signed_in(client, here)
        assert await is_signed_in(client, there)
        assert await is_signed_in(client, another)

    async def test_works_with_the_refresh_token_alone(
        self, client: httpx.AsyncClient, here: dict[str, Any], there: dict[str, Any]
    ) -> None:
        answer = await client.post(LOGOUT, json={"refresh_token": here["refresh_token"]})
        assert answer.status_code == 204
        assert not await is_signed_in(client, here)
        assert await is_signed_in(client, there)

    async def test_works_with_the_refresh_token_when_the_access_token_has_expired(
        self, client: httpx.AsyncClient, clock: FakeClock, here: dict[str, Any], raw_database: RawDatabase
    ) -> None:
        clock.advance(minutes=11)
        body = {"refresh_token": here["refresh_token"]}
        assert (await client.post(LOGOUT, json=body, headers=bearer(here))).status_code == 204
        assert await raw_database["sessions"].count_documents({}) == 0

    async def test_works_with_a_token_that_was_just_rotated(
        self, client: httpx.AsyncClient, here: dict[str, Any], raw_database: RawDatabase
    ) -> None:
        body = {"refresh_token": here["refresh_token"]}
        await client.post("/api/v1/auth/refresh", json=body)
        assert (await client.post(LOGOUT, json=body)).status_code == 204
        assert await raw_database["sessions"].count_documents({}) == 0

    async def test_works_for_a_disabled_account(
        self, client: httpx.AsyncClient, here: dict[str, Any], raw_database: RawDatabase
    ) -> None:
        await raw_database["users"].update_many({}, {"$set": {"is_disabled": True}})
        assert (await client.post(LOGOUT, json={"refresh_token": here["refresh_token"]})).status_code == 204

    async def test_is_refused_without_valid_credentials(
        self, client: httpx.AsyncClient, clock: FakeClock, here: dict[str, Any]
    ) -> None:
        clock.advance(minutes=11)
        assert (await client.post(LOGOUT)).status_code == 401
        assert (await client.post(LOGOUT, headers=bearer(here))).status_code == 401
        assert (await client.post(LOGOUT, json={"refresh_token": "garbage"})).status_code == 401

    async def test_twice_is_refused_the_second_time(self, client: httpx.AsyncClient, here: dict[str, Any]) -> None:
        assert (await client.post(LOGOUT, headers=bearer(here))).status_code == 204
        assert (await client.post(LOGOUT, headers=bearer(here))).status_code == 401


class TestABrowserSigningOut:
    async def test_loses_its_cookies(self, log_in: LogIn, browser: httpx.AsyncClient) -> None:
        await log_in(via=browser)
        answer = await browser.post(LOGOUT)
        assert answer.status_code == 204
        for name, cookie in zip(("access", "refresh"), answer.headers.get_list("Set-Cookie"), strict=True):
            assert cookie.startswith(f'{name}="";')
            assert cookie.endswith("; HttpOnly; Max-Age=0; Path=/; SameSite=lax")
        assert not browser.cookies

    async def test_can_do_so_when_only_the_refresh_cookie_is_left(
        self, log_in: LogIn, browser: httpx.AsyncClient, raw_database: RawDatabase
    ) -> None:
        await log_in(via=browser)
        browser.cookies.delete("access")
        assert (await browser.post(LOGOUT)).status_code == 204
        assert not browser.cookies
        assert await raw_database["sessions"].count_documents({}) == 0

    async def test_loses_the_cookies_of_a_session_that_has_ended(
        self, log_in: LogIn, browser: httpx.AsyncClient, raw_database: RawDatabase
    ) -> None:
        await log_in(via=browser)
        await raw_database["sessions"].delete_many({})
        assert (await browser.post(LOGOUT)).status_code == 401
        assert not browser.cookies


class TestSigningOutEverywhere:
    async def test_ends_all_sessions_of_the_user_at_once(
        self, client: httpx.AsyncClient, here: dict[str, Any], there: dict[str, Any], another: dict[str, Any]
    ) -> None:
        assert (await client.post(LOGOUT_ALL, headers=bearer(here))).status_code == 204
        assert not await is_signed_in(client, here)
        assert not await is_signed_in(client, there)
        assert await is_signed_in(client, another)

    async def test_works_with_the_refresh_cookie(
        self, log_in: LogIn, browser: httpx.AsyncClient, client: httpx.AsyncClient, there: dict[str, Any]
    ) -> None:
        await log_in(via=browser)
        browser.cookies.delete("access")
        assert (await browser.post(LOGOUT_ALL)).status_code == 204
        assert not await is_signed_in(client, there)

    async def test_is_refused_without_credentials(self, client: httpx.AsyncClient) -> None:
        assert (await client.post(LOGOUT_ALL)).status_code == 401
