"""No path leads out of the directory of the browser app, and none makes the service fail."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from app.core.settings import Settings
from app.main import create_app
from tests.conftest import BASE_URL
from tests.factories.web_dist import INDEX, make_web_dist
from tests.integration.api.live import LiveServer, serve
from tests.integration.web_app.conftest import NAVIGATION

SECRET = "what nobody may read"

# Of each: the secret, which lies beside the directory, or a path that the file system does not take.
PATHS = [
    "/../secret.txt",
    "/..%2fsecret.txt",
    "/%2e%2e/secret.txt",
    "/%2e%2e%2fsecret.txt",
    "/assets/../../secret.txt",
    "/assets/..%2f..%2fsecret.txt",
    "/assets/%2e%2e/%2e%2e/secret.txt",
    "/..%5csecret.txt",
    "/..\\secret.txt",
    "/%5c..%5csecret.txt",
    "/..%252fsecret.txt",
    "//secret.txt",
    "/./../secret.txt",
    "/index.html/../../secret.txt",
    "/..%c0%afsecret.txt",
    "/%00",
    "/index.html%00.js",
    "/assets/%00",
    "/..%2fsecret.txt%00.html",
    "/" + "x" * 300,
    "/" + "x/" * 3_000,
    "/assets/" + "x" * 5_000,
    "/" + "../" * 500 + "etc/passwd",
    "/%ff%fe",
    "/%ED%A0%80",
    "/%0a",
    "/.",
    "/..",
    "/...",
    "/secret-link.txt",
    "/assets/secret-link.txt",
    "/outside/secret.txt",
    "/assets/outside/secret.txt",
    "/loop",
    "/assets/loop/x",
    "/index.html/",
    "/index.html/x",
    "/CON",
    "/C:/secret.txt",
]


@pytest.fixture(scope="module")
def surrounded_dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a secret beside it, links that lead there, and links that lead nowhere."""
    outside = tmp_path_factory.mktemp("surrounded")
    (outside / "secret.txt").write_text(SECRET)
    dist = make_web_dist(outside / "dist")
    for directory in (dist, dist / "assets"):
        (directory / "secret-link.txt").symlink_to(outside / "secret.txt")
        (directory / "outside").symlink_to(outside)
        (directory / "loop").symlink_to("loop")
    # A compressed form that is a link, too.
    (dist / "sw.js.br").symlink_to(outside / "secret.txt")
    return dist


@pytest.fixture(scope="module")
def surrounded_app(settings: Settings, surrounded_dist: Path) -> FastAPI:
    http = settings.http.model_copy(update={"web_dist": surrounded_dist})
    return create_app(settings.model_copy(update={"http": http}))


@pytest.fixture(scope="module")
async def server(surrounded_app: FastAPI) -> AsyncIterator[LiveServer]:
    """On a socket, where a path arrives as it was sent: clients tidy it up."""
    async with serve(surrounded_app) as server:
        yield server


class TestAHostilePath:
    @pytest.mark.parametrize("accept", ["*/*", NAVIGATION["Accept"]], ids=["file", "page"])
    @pytest.mark.parametrize("path", PATHS, ids=lambda path: path[:30])
    async def test_shows_nothing_from_outside_and_never_fails(
        self, path: str, accept: str, server: LiveServer
    ) -> None:
        request = f"GET {path} HTTP/1.1\r\nHost: x\r\nAccept: {accept}\r\nConnection: close\r\n\r\n"

        answer = (await server.send(request.encode())).decode()

        status = int(answer.split(" ", 2)[1])
        assert status in {200, 307, 400, 404}, answer
        assert SECRET not in answer
        assert "root:" not in answer
        if status == 200:
            assert answer.endswith(INDEX)
        if status == 404:
            assert "\r\ncontent-type: application/problem+json\r\n" in answer.lower()

    @pytest.mark.parametrize("path", ["/../secret.txt", "/..%2fsecret.txt", "/assets/%2e%2e/%2e%2e/secret.txt"])
    async def test_that_leads_out_is_not_even_a_page(self, path: str, server: LiveServer) -> None:
        request = f"GET {path} HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\nConnection: close\r\n\r\n"

        assert (await server.send(request.encode())).startswith(b"HTTP/1.1 404 ")

    @pytest.mark.parametrize(
        "path", ["//api/v1/nope", "/x/../api/v1/nope", "/./api/v1/nope", "/assets/..%2fapi/v1/nope"]
    )
    async def test_is_no_way_round_to_a_page_below_the_api(self, path: str, server: LiveServer) -> None:
        request = f"GET {path} HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\nConnection: close\r\n\r\n"

        assert (await server.send(request.encode())).startswith(b"HTTP/1.1 404 ")


class TestALinkToOutside:
    async def test_is_no_compressed_form(self, surrounded_app: FastAPI) -> None:
        transport = httpx.ASGITransport(surrounded_app)
        async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
            answer = await client.get("/sw.js", headers={"Accept-Encoding": "br"})

        assert answer.status_code == 200
        assert SECRET not in answer.text
        assert "Content-Encoding" not in answer.headers

    def test_would_show_the_secret_if_it_were_followed(self, surrounded_dist: Path) -> None:
        for name in ("secret-link.txt", "outside/secret.txt", "assets/outside/secret.txt", "sw.js.br"):
            assert (surrounded_dist / name).read_text() == SECRET
        assert os.path.lexists(surrounded_dist / "loop")
