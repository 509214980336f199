"""What ties a callback to the login that this browser began, and where it ends."""

import base64
import json
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI

from tests.fakes.clock import FakeClock
from tests.fakes.openid_provider import (
    OpenIDProvider,
)
from tests.integration.auth.conftest import client_of
from tests.integration.auth.oidc.conftest import CALLBACK, LOGIN, Browser, assert_refused


class TestTheLoginState:
    async def test_of_another_browser_is_refused(self, browser: Browser, service: FastAPI) -> None:
        callback = await browser.begin()
        async with client_of(service) as victim:
            assert_refused(await victim.get(callback), 400, "invalid-login-state")
        assert (await browser.client.get(callback)).status_code == 303  # the control

    async def test_that_was_used_is_refused(self, browser: Browser) -> None:
        callback = await browser.begin()
        assert (await browser.client.get(callback)).status_code == 303
        assert_refused(await browser.client.get(callback), 400, "invalid-login-state")

    async def test_expires_after_ten_minutes(self, browser: Browser, clock: FakeClock) -> None:
        callback = await browser.begin()
        clock.advance(minutes=10)
        assert_refused(await browser.client.get(callback), 400, "invalid-login-state")

    async def test_of_another_provider_is_refused(self, browser: Browser) -> None:
        callback = (await browser.begin()).replace("/google/", "/corp/")
        assert_refused(await browser.client.get(callback), 400, "invalid-login-state")

    async def test_that_was_tampered_with_is_refused(self, browser: Browser) -> None:
        callback = await browser.begin()
        [(name, value)] = browser.client.cookies.items()
        payload, _, signature = value.strip('"').partition(".")
        state = json.loads(base64.urlsafe_b64decode(payload))
        forged = base64.urlsafe_b64encode(json.dumps(state | {"next": "https://evil.example"}).encode()).decode()
        for cookie in (f"{forged}.{signature}", payload, f"{payload}.", f".{signature}", "x", ""):
            cookies = {"Cookie": f"{name}={cookie}"}
            browser.client.cookies.clear()
            assert_refused(await browser.client.get(callback, headers=cookies), 400, "invalid-login-state")
        cookies = {"Cookie": f"{name}={payload}.{signature}"}
        assert (await browser.client.get(callback, headers=cookies)).status_code == 303  # the control

    async def test_that_differs_behind_its_eighth_character_is_refused(self, browser: Browser) -> None:
        callback = await browser.begin()
        state = parse_qs(urlsplit(callback).query)["state"][0]
        forged = callback.replace(state, f"{state[:8]}{'A' * 35}")
        assert_refused(await browser.client.get(forged), 400, "invalid-login-state")

    async def test_is_looked_at_before_anything_else(self, browser: Browser, provider: OpenIDProvider) -> None:
        await browser.begin()
        await provider.reset()
        for query in ("", "?code=x", "?state=", "?state=x&code=x", "?error=access_denied", "?state=%F0%9F%A6%8A"):
            assert_refused(await browser.client.get(CALLBACK + query), 400, "invalid-login-state")
        assert await provider.request_count("token") == 0


class TestWhereToGoAfterwards:
    @pytest.mark.parametrize(
        "path", ["/", "/tasks", "/tasks?list=1#top", "/a%20b/%C3%A9", "/?u=https://example.org//x", "/~a/b;c=d,e"]
    )
    async def test_is_the_local_path_that_the_login_asked_for(self, browser: Browser, path: str) -> None:
        assert (await browser.sign_in(next=path)).headers["Location"] == path

    async def test_is_encoded_where_a_header_needs_it(self, browser: Browser) -> None:
        assert (await browser.sign_in(next="/é ü")).headers["Location"] == "/%C3%A9%20%C3%BC"

    @pytest.mark.parametrize(
        "path",
        [
            "",
            "tasks",
            "//evil.example",
            "///evil.example",
            "/a//evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "/\r\nSet-Cookie: a=b",
            "https://evil.example",
            "http:evil.example",
            "javascript:alert(1)",
            " /tasks",
            "\x00/",
            "/x\x00",
            "/\u2028",
            "@evil.example",
            "/" + "x" * 1_024,
        ],
    )
    async def test_is_refused_if_it_could_lead_elsewhere(self, browser: Browser, path: str) -> None:
        answer = await browser.client.get(LOGIN, params={"next": path})
        assert_refused(answer, 422, "validation-failed")
        assert answer.json()["errors"][0]["pointer"] == "/next"
