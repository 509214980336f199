"""Links into the browser app show its page; what belongs to the API never does."""

import re

import httpx
import pytest
from fastapi import FastAPI

from app.api.paths import API_BRANCHES, API_ROOTS
from app.core.request_metrics import AnswerKind
from app.core.settings import Settings
from app.main import create_app
from tests.factories.web_dist import INDEX, SCRIPT_PATH
from tests.integration.api.problem_shape import assert_problem
from tests.integration.web_app.conftest import NAVIGATION


def assert_page(answer: httpx.Response) -> None:
    """Check that an answer is the page that the app begins with."""
    assert answer.status_code == 200
    assert answer.text == INDEX
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "script-src 'self';" in answer.headers["Content-Security-Policy"]


class TestTheRoot:
    @pytest.mark.parametrize("headers", [NAVIGATION, {"Accept": "*/*"}, {}])
    async def test_shows_the_app(self, headers: dict[str, str], browser: httpx.AsyncClient) -> None:
        assert_page(await browser.get("/", headers=headers))

    async def test_leads_to_the_documentation_where_there_is_no_app(self, client: httpx.AsyncClient) -> None:
        answer = await client.get("/", headers=NAVIGATION)

        assert (answer.status_code, answer.headers["Location"]) == (307, "/docs")


class TestALinkIntoTheApp:
    @pytest.mark.parametrize(
        "path",
        [
            "/today",
            "/lists/0198c7a2-6f00-7000-8000-000000000000",
            "/search?q=milk",
            "/calendar?month=2026-12",
            "/calendar/",
            "/a.b",
            "/apis",
            "/docs-of-mine",
        ],
    )
    async def test_shows_the_app(self, path: str, browser: httpx.AsyncClient) -> None:
        assert_page(await browser.get(path, headers=NAVIGATION))

    @pytest.mark.parametrize("accept", ["application/json", "*/*", "text/html;q=0", "image/avif,image/webp"])
    async def test_is_a_problem_for_whoever_is_not_after_a_page(
        self, accept: str, browser: httpx.AsyncClient
    ) -> None:
        assert_problem(await browser.get("/today", headers={"Accept": accept}), 404)

    async def test_is_unknown_where_there_is_no_app(self, client: httpx.AsyncClient) -> None:
        assert_problem(await client.get("/today", headers=NAVIGATION), 404)


class TestAnUnknownPathOfTheApi:
    @pytest.mark.parametrize(
        "path",
        [
            *(f"/{root}/nope" for root in (*API_ROOTS, *API_BRANCHES)),
            "/calendar/nope/nope.ics",
            "/api",
            "/api/",
            "/api/v1/nope",
            "/docs/",
            "/livez/",
            "/.well-known/",
            "/problems",
            "/problems/not-found",
            "/assets",
            "/assets/",
            "/assets/index-00000000.js",
            "/assets/nope/today",
        ],
    )
    @pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
    async def test_is_a_problem_and_never_a_page(self, method: str, path: str, browser: httpx.AsyncClient) -> None:
        assert_problem(await browser.request(method, path, headers=NAVIGATION), 404)

    @pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/livez", "/readyz", "/metrics"])
    async def test_leaves_the_known_ones_as_they_are(self, path: str, browser: httpx.AsyncClient) -> None:
        answer = await browser.get(path, headers=NAVIGATION)

        assert answer.status_code == 200
        assert answer.text != INDEX
        assert "Content-Security-Policy" not in answer.headers

    async def test_leaves_signing_in_as_it_is(self, browser: httpx.AsyncClient) -> None:
        answer = await browser.get("/api/v1/me", headers=NAVIGATION)

        assert assert_problem(answer, 401)["type"] == "/problems/unauthenticated"


class TestAnotherMethod:
    @pytest.mark.parametrize("path", ["/", "/index.html", SCRIPT_PATH])
    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"])
    async def test_on_a_file_is_told_which_there_are(
        self, method: str, path: str, browser: httpx.AsyncClient
    ) -> None:
        answer = await browser.request(method, path, headers=NAVIGATION)

        assert_problem(answer, 405)
        assert answer.headers["Allow"] == "GET, HEAD"

    async def test_on_a_link_finds_nothing(self, browser: httpx.AsyncClient) -> None:
        assert_problem(await browser.post("/today", headers=NAVIGATION), 404)

    async def test_on_a_path_of_the_api_is_told_those_of_the_api(self, browser: httpx.AsyncClient) -> None:
        answer = await browser.put("/api/v1/tasks")

        assert_problem(answer, 405)
        assert answer.headers["Allow"] == "GET, HEAD, POST"


class TestWhatIsCountedAndLogged:
    async def test_bears_one_label_for_all_files(self, web_settings: Settings) -> None:
        app, kinds = create_app(web_settings, access_log=(log := Kinds())), log.kinds
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as client:
            for path in ("/", "/today", "/favicon.svg", SCRIPT_PATH):
                assert (await client.get(path, headers=NAVIGATION)).status_code == 200
            etag = (await client.get(SCRIPT_PATH)).headers["ETag"]
            assert (await client.get(SCRIPT_PATH, headers={"If-None-Match": etag})).status_code == 304
            assert (await client.get("/assets/nope.js")).status_code == 404
            assert (await client.get("/nope")).status_code == 404

        assert [route for _method, route, _status in kinds] == ["/{path}"] * 6 + ["(none)"] * 2
        labels = set(re.findall(r'requests_total\{.*route="([^"]*)"', app.state.metrics.render().decode()))
        assert labels == {"/{path}", "(none)"}


class Kinds:
    """An access log of which a test reads the kinds of answers."""

    def __init__(self) -> None:
        self.kinds: list[AnswerKind] = []

    def write(self, kind: AnswerKind, *_more: object) -> None:
        self.kinds.append(kind)

    def flush(self) -> None:
        """Nothing is held back."""


class TestTheApiDescription:
    def test_says_nothing_of_the_app(self, web_app: FastAPI, app: FastAPI) -> None:
        assert web_app.openapi() == app.openapi()
