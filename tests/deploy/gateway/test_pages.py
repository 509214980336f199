"""The browser app through Nginx is the one that the service serves: the same files, answers and headers."""

import json
from collections.abc import AsyncIterator, Mapping

import httpx
import pytest

from app.core.settings import Settings
from app.main import create_app
from tests.conftest import BASE_URL
from tests.deploy.gateway.stage import Gateway
from tests.factories.web_dist import (
    INDEX,
    INDEX_IN_GZIP,
    SCRIPT_IN_BROTLI,
    SCRIPT_IN_GZIP,
    SCRIPT_PATH,
    STYLE_PATH,
)
from tests.fakes.clock import FakeClock

NAVIGATION = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
GZIP = {"Accept-Encoding": "gzip"}
# Of one answer, of one server, or those that only the gateway has: it adds them to everything.
NOT_COMPARED = {
    *("server", "date", "connection", "accept-ranges", "x-request-id", "etag", "last-modified", "transfer-encoding"),
    *("strict-transport-security", "permissions-policy"),
}


@pytest.fixture(scope="module")
async def service(settings: Settings, web_dist: object, _schema: None) -> AsyncIterator[httpx.AsyncClient]:
    """The service itself, with the same files."""
    http = settings.http.model_copy(update={"web_dist": web_dist})
    app = create_app(settings.model_copy(update={"http": http}), clock=FakeClock())
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE_URL) as client,
    ):
        client.headers.clear()
        yield client


def ask(client: httpx.Client, method: str, path: str, headers: Mapping[str, str]) -> tuple[httpx.Response, bytes]:
    """Return an answer and its content as it travelled: some of the compressed files are none."""
    with client.stream(method, path, headers=headers) as answer:
        return answer, b"".join(answer.iter_raw())


def compared(headers: httpx.Headers) -> Mapping[str, str]:
    return {name: value for name, value in headers.items() if name not in NOT_COMPARED}


class TestAFile:
    @pytest.mark.parametrize("headers", [NAVIGATION, {"Accept": "*/*"}, NAVIGATION | GZIP])
    @pytest.mark.parametrize(
        "path",
        [
            *("/", "/index.html", "/favicon.svg", "/sw.js", "/manifest.webmanifest", SCRIPT_PATH, STYLE_PATH),
            *("/assets/inter-1a2b3c4d.woff2", "/today", "/lists/1?x=y", "/calendar", "/a.b", "/calendar/"),
            *("/assets", "/assets/", "/assets/nope.js", "/assets/../today"),
        ],
    )
    async def test_is_that_of_the_service(
        self, path: str, headers: dict[str, str], service: httpx.AsyncClient, client: httpx.Client
    ) -> None:
        async with service.stream("GET", path, headers=headers) as expected:
            expected_content = b"".join([part async for part in expected.aiter_raw()])
        answer, content = ask(client, "GET", path, headers)
        assert answer.status_code == expected.status_code
        if answer.status_code == 404:
            assert b'"type":"/problems/not-found"' in content
            assert b'"type":"/problems/not-found"' in expected_content
        else:
            assert compared(answer.headers) == compared(expected.headers)
            assert content == expected_content

    @pytest.mark.parametrize(
        "accept", ["text/html;q=0", "text/html; q=0.0, */*", "application/xhtml+xml", "a/b, text/html"]
    )
    async def test_stands_in_for_a_path_for_the_same_clients(
        self, accept: str, service: httpx.AsyncClient, client: httpx.Client
    ) -> None:
        expected = await service.get("/today", headers={"Accept": accept})
        answer, _ = ask(client, "GET", "/today", {"Accept": accept})
        assert answer.status_code == expected.status_code

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
    @pytest.mark.parametrize("path", ["/today", "/favicon.svg"])
    async def test_is_only_read(
        self, method: str, path: str, service: httpx.AsyncClient, client: httpx.Client
    ) -> None:
        expected = await service.request(method, path, headers=NAVIGATION)
        answer, content = ask(client, method, path, NAVIGATION)
        assert answer.status_code == expected.status_code
        assert json.loads(content)["type"] == expected.json()["type"]

    def test_is_sent_as_a_whole(self, client: httpx.Client) -> None:
        for asked in ("bytes=0-3", "bytes=100000-"):
            answer = client.get("/", headers=NAVIGATION | {"Range": asked})
            assert (answer.status_code, answer.text) == (200, INDEX)

    def test_is_sent_compressed_from_the_file_beside_it(self, client: httpx.Client) -> None:
        for path, packed in ((SCRIPT_PATH, SCRIPT_IN_GZIP), ("/today", INDEX_IN_GZIP)):
            with client.stream("GET", path, headers=NAVIGATION | GZIP) as answer:
                assert b"".join(answer.iter_raw()) == packed

    def test_is_sent_in_brotli_where_nginx_can(self, gateway: Gateway, client: httpx.Client) -> None:
        if "brotli_static on;" not in (gateway.nginx.configuration / "page-files.conf").read_text(encoding="utf-8"):
            pytest.skip("Nginx has no brotli_static; on Debian: apt-get install libnginx-mod-http-brotli-static")
        answer, content = ask(client, "GET", SCRIPT_PATH, {"Accept-Encoding": "gzip, br"})
        assert (answer.headers["Content-Encoding"], content) == ("br", SCRIPT_IN_BROTLI)
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["Vary"] == "Accept-Encoding"

    def test_has_the_headers_that_keep_browsers_safe(self, client: httpx.Client) -> None:
        headers = client.get("/", headers=NAVIGATION).headers
        assert headers["Strict-Transport-Security"] == "max-age=63072000"
        assert "geolocation=()" in headers["Permissions-Policy"]
        assert headers["Content-Security-Policy"].startswith("default-src 'self'; script-src 'self';")


class TestAFileThatIsKnown:
    @pytest.mark.parametrize("headers", [{}, GZIP])
    @pytest.mark.parametrize("path", ["/", "/today", "/index.html", "/sw.js", SCRIPT_PATH])
    def test_is_not_sent_again(self, path: str, headers: dict[str, str], client: httpx.Client) -> None:
        tag = client.get(path, headers=NAVIGATION | headers).headers["ETag"]
        answer = client.get(path, headers=NAVIGATION | headers | {"If-None-Match": f'"x", {tag}'})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["ETag"] == tag
        assert answer.headers["Cache-Control"]

    def test_is_sent_where_only_its_time_is_the_same(self, client: httpx.Client) -> None:
        """Files of reproducible builds are equally old and long, and yet others."""
        first = client.get("/", headers=NAVIGATION)
        headers = NAVIGATION | {"If-Modified-Since": first.headers["Last-Modified"]}
        assert client.get("/", headers=headers).text == INDEX

    def test_is_sent_to_whoever_has_another_version(self, client: httpx.Client) -> None:
        headers = NAVIGATION | {"If-None-Match": 'W/"0123456789abcdef01234567"'}
        assert client.get("/", headers=headers).status_code == 200

    def test_is_not_mistaken_for_another_file(self, gateway: Gateway, client: httpx.Client) -> None:
        tag = client.get("/sw.js").headers["ETag"]
        assert client.get("/favicon.svg", headers={"If-None-Match": tag}).status_code == 200
        assert client.get("/", headers=NAVIGATION | {"If-None-Match": tag}).status_code == 200
        assert not gateway.tasks.arrivals
