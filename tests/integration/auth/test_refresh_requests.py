"""Who may ask for a refresh and how: browsers by cookie, others by body, forgers not at all."""

from typing import Any

import httpx
import pytest

from tests.conftest import BASE_URL
from tests.integration.auth.conftest import PRODUCTION_URL, LogIn, RawDatabase, RunApp, client_of

REFRESH = "/api/v1/auth/refresh"


async def refresh(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.post(REFRESH, json={"refresh_token": token})


@pytest.fixture
async def tokens(log_in: LogIn) -> dict[str, Any]:
    """The tokens of a new session."""
    return dict((await log_in()).json())


@pytest.fixture
def first(tokens: dict[str, Any]) -> str:
    """The first refresh token of a new session."""
    return str(tokens["refresh_token"])


class TestABrowser:
    async def test_refreshes_by_its_cookie_and_gets_cookies(self, log_in: LogIn, browser: httpx.AsyncClient) -> None:
        await log_in(via=browser)
        before = browser.cookies["refresh"]
        answer = await browser.post(REFRESH)
        assert answer.status_code == 200
        assert answer.json().keys() == {"access_token", "token_type", "expires_in"}
        assert browser.cookies["access"] == answer.json()["access_token"]
        assert browser.cookies["refresh"] != before

    async def test_gets_secure_host_cookies_over_https(
        self, run_app: RunApp, production: dict[str, Any], first: str
    ) -> None:
        origin = {"Origin": PRODUCTION_URL}
        async with run_app(**production) as app, client_of(app, PRODUCTION_URL, headers=origin) as browser:
            answer = await refresh(browser, first)
        assert answer.json().keys() == {"access_token", "token_type", "expires_in"}
        access, refresh_cookie = answer.headers.get_list("Set-Cookie")
        attributes = "HttpOnly; Max-Age={}; Path=/; SameSite=lax; Secure"
        assert access == f"__Host-access={answer.json()['access_token']}; {attributes.format(600)}"
        assert refresh_cookie.startswith("__Host-refresh=")
        assert refresh_cookie.endswith(f"; {attributes.format(2_592_000)}")

    async def test_loses_its_cookies_when_the_session_has_ended(
        self, log_in: LogIn, browser: httpx.AsyncClient, raw_database: RawDatabase
    ) -> None:
        await log_in(via=browser)
        await raw_database["sessions"].delete_many({})
        answer = await browser.post(REFRESH)
        assert answer.status_code == 401
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert len(answer.headers.get_list("Set-Cookie")) == 2
        assert not browser.cookies

    async def test_prefers_the_body_to_the_cookie(
        self, log_in: LogIn, browser: httpx.AsyncClient, first: str
    ) -> None:
        await log_in("grace@example.org", browser)
        answer = await refresh(browser, first)
        bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        assert (await browser.get("/api/v1/me", headers=bearer)).json()["email"] == "ada@example.org"


class TestAForgedRequest:
    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Origin": f"{BASE_URL}.evil.example"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "none"},
            {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
        ],
    )
    @pytest.mark.parametrize("path", ["refresh", "logout", "logout-all"])
    async def test_with_the_cookie_is_refused_and_changes_nothing(
        self, log_in: LogIn, browser: httpx.AsyncClient, client: httpx.AsyncClient, path: str, headers: dict[str, str]
    ) -> None:
        await log_in(via=browser)
        cookie = {"Cookie": f"refresh={browser.cookies['refresh']}"}
        answer = await client.post(f"/api/v1/auth/{path}", headers=cookie | headers)
        assert answer.status_code == 403
        assert "Set-Cookie" not in answer.headers
        assert (await browser.post(REFRESH)).status_code == 200

    async def test_cannot_sign_a_browser_in_as_somebody_else(self, client: httpx.AsyncClient, first: str) -> None:
        evil = {"Origin": "https://evil.example"}
        answer = await client.post(REFRESH, json={"refresh_token": first}, headers=evil)
        assert answer.status_code == 403
        assert "Set-Cookie" not in answer.headers


class TestBadInput:
    async def test_without_any_token_is_answered_with_401(self, client: httpx.AsyncClient) -> None:
        answer = await client.post(REFRESH)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"

    @pytest.mark.parametrize("body", [{}, {"refresh_token": None}])
    async def test_that_names_no_token_is_answered_with_401(self, client: httpx.AsyncClient, body: Any) -> None:
        assert (await client.post(REFRESH, json=body)).status_code == 401

    @pytest.mark.parametrize("body", [{"refresh_token": 5}, {"refresh_token": "x", "more": 1}, [], "x"])
    async def test_of_the_wrong_shape_is_answered_with_422(self, client: httpx.AsyncClient, body: Any) -> None:
        assert (await client.post(REFRESH, json=body)).status_code == 422

    async def test_that_is_no_json_is_answered_with_415(self, client: httpx.AsyncClient) -> None:
        assert (await client.post(REFRESH, data={"refresh_token": "x"})).status_code == 415
