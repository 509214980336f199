"""The files of the browser app: how long they are kept, in which form they go out, and in which part."""

import gzip
import os
from pathlib import Path

import httpx
import pytest

from app.api.web_app import content_security_policy
from app.core.settings import Settings
from app.main import create_app
from tests.conftest import BASE_URL
from tests.factories.web_dist import (
    INDEX,
    INDEX_IN_GZIP,
    SCRIPT,
    SCRIPT_IN_BROTLI,
    SCRIPT_IN_GZIP,
    SCRIPT_PATH,
    STYLE_PATH,
    make_web_dist,
)
from tests.integration.api.problem_shape import assert_problem
from tests.integration.web_app.conftest import NAVIGATION

FOR_EVER = "public, max-age=31536000, immutable"
ASSETS = [SCRIPT_PATH, STYLE_PATH, "/assets/inter-1a2b3c4d.woff2"]
UNHASHED = ["/favicon.svg", "/manifest.webmanifest", "/sw.js", "/index.html", "/"]


async def get_raw(client: httpx.AsyncClient, path: str, **headers: str) -> tuple[httpx.Response, bytes]:
    """The answer, and its body as it travelled, which httpx would decode otherwise."""
    async with client.stream("GET", path, headers=headers) as answer:
        return answer, b"".join([part async for part in answer.aiter_raw()])


class TestHowLongAFileIsKept:
    @pytest.mark.parametrize("path", ASSETS)
    async def test_is_for_ever_when_its_name_tells_its_content(self, path: str, browser: httpx.AsyncClient) -> None:
        assert (await browser.get(path)).headers["Cache-Control"] == FOR_EVER

    @pytest.mark.parametrize("path", UNHASHED)
    async def test_is_until_the_next_look_otherwise(self, path: str, browser: httpx.AsyncClient) -> None:
        answer = await browser.get(path)

        assert answer.headers["Cache-Control"] == "no-cache"
        assert answer.headers["ETag"].startswith('"')
        assert answer.headers["Last-Modified"].endswith(" GMT")

    @pytest.mark.parametrize("path", [*ASSETS, *UNHASHED, "/today"])
    @pytest.mark.parametrize("coding", ["identity", "gzip", "br"])
    async def test_is_prolonged_by_304(self, path: str, coding: str, browser: httpx.AsyncClient) -> None:
        headers = {**NAVIGATION, "Accept-Encoding": coding}
        first = await browser.head(path, headers=headers)

        etag = first.headers["ETag"]
        by_tag = await browser.get(path, headers=headers | {"If-None-Match": f'"x", W/{etag}'})
        date = first.headers["Last-Modified"]
        by_date = await browser.get(path, headers=headers | {"If-Modified-Since": date})
        changed = await browser.head(path, headers=headers | {"If-None-Match": '"another"'})

        for answer in (by_tag, by_date):
            assert (answer.status_code, answer.content) == (304, b"")
            for name in ("ETag", "Cache-Control", "Vary"):
                assert answer.headers.get(name) == first.headers.get(name)
        assert changed.status_code == 200

    async def test_is_not_at_all_when_it_is_missing(self, browser: httpx.AsyncClient) -> None:
        answer = await browser.get("/assets/index-00000000.js")

        assert_problem(answer, 404)  # which is `no-store`
        assert "ETag" not in answer.headers


class TestAnotherBuild:
    @pytest.mark.parametrize("coding", ["identity", "gzip"])
    async def test_is_noticed_when_sizes_and_times_are_those_of_the_one_before(
        self, coding: str, web_settings: Settings, tmp_path: Path
    ) -> None:
        dist = make_web_dist(tmp_path / "dist")
        http = web_settings.http.model_copy(update={"web_dist": dist})
        transport = httpx.ASGITransport(create_app(web_settings.model_copy(update={"http": http})))
        async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
            client.headers["Accept-Encoding"] = coding
            before = await client.get("/")
            for name in ("index.html", "index.html.gz"):
                make_another(dist / name, tmp_path / "another")
            after = await client.get("/", headers={"If-None-Match": before.headers["ETag"]})
            again = await client.get("/", headers={"If-None-Match": after.headers["ETag"]})

        assert (before.status_code, after.status_code, again.status_code) == (200, 200, 304)
        assert after.headers["Last-Modified"] == before.headers["Last-Modified"]
        assert after.headers["Content-Length"] == before.headers["Content-Length"]


class TestTheSameBuildElsewhere:
    async def test_has_the_same_tags(
        self, web_settings: Settings, tmp_path: Path, browser: httpx.AsyncClient
    ) -> None:
        """Any replica may be asked whether what another one sent has changed."""
        dist = make_web_dist(tmp_path / "dist")
        os.utime(dist / "index.html")
        http = web_settings.http.model_copy(update={"web_dist": dist})
        transport = httpx.ASGITransport(create_app(web_settings.model_copy(update={"http": http})))
        async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
            for path in ("/", SCRIPT_PATH):
                etag = (await browser.head(path)).headers["ETag"]
                headers = {"Accept-Encoding": "identity", "If-None-Match": etag}
                assert (await client.get(path, headers=headers)).status_code == 304


def make_another(file: Path, place: Path) -> None:
    """Put in place of a file one of the same size and time with another name of the script, as deploying does."""
    content, times = file.read_bytes(), file.stat()
    if file.suffix == ".gz":
        place.write_bytes(gzip.compress(gzip.decompress(content).replace(b"4f2a9c1b", b"4f2a9c1d"), mtime=0))
    else:
        place.write_bytes(content.replace(b"4f2a9c1b", b"4f2a9c1d"))
    os.utime(place, ns=(times.st_atime_ns, times.st_mtime_ns))
    place.replace(file)


def policy_of(answer: httpx.Response) -> dict[str, str]:
    """The sources of each directive."""
    return dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))


class TestAPage:
    @pytest.mark.parametrize("path", ["/", "/index.html", "/today"])
    async def test_may_load_from_its_own_origin_alone(self, path: str, browser: httpx.AsyncClient) -> None:
        answer = await browser.get(path, headers=NAVIGATION)

        assert policy_of(answer) == {
            "default-src": "'self'",
            "script-src": "'self'",
            "style-src": "'self' 'unsafe-inline'",
            "img-src": "'self' data: https:",
            "connect-src": "'self'",
            "font-src": "'self'",
            "manifest-src": "'self'",
            "worker-src": "'self'",
            "object-src": "'none'",
            "base-uri": "'none'",
            "form-action": "'self'",
            "frame-ancestors": "'none'",
        }

    async def test_is_as_strict_in_its_compressed_form(self, browser: httpx.AsyncClient) -> None:
        answer = await browser.get("/today", headers={**NAVIGATION, "Accept-Encoding": "gzip"})

        assert answer.headers["Content-Encoding"] == "gzip"
        assert answer.headers["Content-Security-Policy"] == content_security_policy()

    @pytest.mark.parametrize("path", [*ASSETS, *UNHASHED[:3]])
    async def test_alone_has_a_policy(self, path: str, browser: httpx.AsyncClient) -> None:
        """A service worker takes the policy of its own script, which would keep it from fetching pictures."""
        assert "Content-Security-Policy" not in (await browser.get(path)).headers


class TestAPageWithAssetsElsewhere:
    @pytest.mark.parametrize("path", ["/", "/today"])
    async def test_may_load_assets_from_there_and_nothing_else(
        self, path: str, web_settings: Settings, browser: httpx.AsyncClient
    ) -> None:
        cdn = "https://assets.example.com"
        http = web_settings.http.model_copy(update={"web_asset_origin": cdn})
        transport = httpx.ASGITransport(create_app(web_settings.model_copy(update={"http": http})))
        strict = policy_of(await browser.get(path, headers=NAVIGATION))
        async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
            policy = policy_of(await client.get(path, headers=NAVIGATION))

        changed = {name: sources for name, sources in policy.items() if sources != strict[name]}
        assert changed == {
            "script-src": f"'self' {cdn}",
            "style-src": f"'self' {cdn} 'unsafe-inline'",
            "img-src": f"'self' {cdn} data: https:",
            "font-src": f"'self' {cdn}",
        }
        assert policy.keys() == strict.keys()


class TestWhatABrowserInstalls:
    @pytest.mark.parametrize(
        ("path", "media_type"),
        [("/sw.js", "text/javascript"), ("/manifest.webmanifest", "application/manifest+json")],
    )
    async def test_is_asked_for_each_time_and_bears_its_type(
        self, path: str, media_type: str, browser: httpx.AsyncClient
    ) -> None:
        answer = await browser.get(path)

        assert answer.headers["Content-Type"].partition(";")[0] == media_type
        assert answer.headers["Cache-Control"] == "no-cache"


class TestACompressedForm:
    @pytest.mark.parametrize(
        ("accepted", "coding", "body"),
        [
            ("gzip, deflate, br, zstd", "br", SCRIPT_IN_BROTLI),
            ("gzip", "gzip", SCRIPT_IN_GZIP),
            ("br;q=0.1, gzip;q=0.2", "gzip", SCRIPT_IN_GZIP),
            ("br;q=0, *", "gzip", SCRIPT_IN_GZIP),
            ("br;q=0, gzip;q=0", None, SCRIPT.encode()),
            ("deflate", None, SCRIPT.encode()),
            ("", None, SCRIPT.encode()),
        ],
    )
    async def test_goes_to_whoever_accepts_it(
        self, accepted: str, coding: str | None, body: bytes, browser: httpx.AsyncClient
    ) -> None:
        answer, sent = await get_raw(browser, SCRIPT_PATH, **{"Accept-Encoding": accepted})

        assert answer.status_code == 200
        assert sent == body
        assert answer.headers.get("Content-Encoding") == coding
        assert answer.headers["Content-Length"] == str(len(body))
        assert answer.headers["Content-Type"].partition(";")[0] in {"text/javascript", "application/javascript"}
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert answer.headers["Cache-Control"] == FOR_EVER

    async def test_is_not_offered_where_there_is_none(self, browser: httpx.AsyncClient) -> None:
        only_gzip = await browser.get("/", headers={"Accept-Encoding": "br"})
        none = await browser.get("/sw.js", headers={"Accept-Encoding": "br, gzip"})

        assert "Content-Encoding" not in only_gzip.headers
        assert only_gzip.headers["Vary"] == "Accept-Encoding"
        assert not {"Content-Encoding", "Vary"} & {name.title() for name in none.headers}

    async def test_of_the_page_stands_behind_every_link(self, browser: httpx.AsyncClient) -> None:
        for path in ("/", "/index.html", "/today"):
            answer, sent = await get_raw(browser, path, **NAVIGATION, **{"Accept-Encoding": "br, gzip"})
            assert (answer.headers["Content-Encoding"], sent) == ("gzip", INDEX_IN_GZIP)
            assert gzip.decompress(sent).decode() == INDEX
            assert answer.headers["Content-Type"] == "text/html; charset=utf-8"

    @pytest.mark.parametrize("path", [SCRIPT_PATH, STYLE_PATH])
    async def test_has_a_tag_of_its_own_whatever_its_size_and_time(
        self, path: str, browser: httpx.AsyncClient
    ) -> None:
        tags = {
            coding: (await browser.head(path, headers={"Accept-Encoding": coding})).headers["ETag"]
            for coding in ("identity", "gzip", "br")
        }

        assert len(set(tags.values())) == 3
        for coding in ("identity", "gzip"):
            headers = {"Accept-Encoding": "br", "If-None-Match": tags[coding]}
            assert (await browser.head(path, headers=headers)).status_code == 200

    async def test_comes_in_the_order_of_several_headers(self, browser: httpx.AsyncClient) -> None:
        answer = await browser.head(
            SCRIPT_PATH, headers=[("Accept-Encoding", "br;q=0.1"), ("Accept-Encoding", "gzip")]
        )

        assert answer.headers["Content-Encoding"] == "gzip"


class TestHead:
    @pytest.mark.parametrize("path", [SCRIPT_PATH, "/", "/today", "/favicon.svg"])
    @pytest.mark.parametrize("coding", ["identity", "br, gzip"])
    async def test_is_get_without_the_body(self, path: str, coding: str, browser: httpx.AsyncClient) -> None:
        headers = {**NAVIGATION, "Accept-Encoding": coding, "X-Request-ID": "the-same"}
        got, _ = await get_raw(browser, path, **headers)
        head = await browser.head(path, headers=headers)

        assert head.status_code == got.status_code == 200
        assert head.content == b""
        assert head.headers == got.headers
        assert int(head.headers["Content-Length"]) > 0


class TestARange:
    async def test_is_the_part_of_the_file_that_was_asked_for(self, browser: httpx.AsyncClient) -> None:
        answer = await browser.get(SCRIPT_PATH, headers={"Range": "bytes=7-11"})

        assert (answer.status_code, answer.text) == (206, "const")
        assert answer.headers["Content-Range"] == f"bytes 7-11/{len(SCRIPT)}"
        assert answer.headers["Cache-Control"] == FOR_EVER

    async def test_counts_in_the_form_that_goes_out(self, browser: httpx.AsyncClient) -> None:
        answer, sent = await get_raw(browser, SCRIPT_PATH, **{"Range": "bytes=-6", "Accept-Encoding": "br"})

        assert (answer.status_code, sent) == (206, SCRIPT_IN_BROTLI[-6:])
        size = len(SCRIPT_IN_BROTLI)
        assert answer.headers["Content-Range"] == f"bytes {size - 6}-{size - 1}/{size}"
        assert answer.headers["Content-Encoding"] == "br"

    async def test_is_continued_in_the_same_form_alone(self, browser: httpx.AsyncClient) -> None:
        plain = (await browser.head(SCRIPT_PATH)).headers["ETag"]
        headers = {"Range": "bytes=0-3", "If-Range": plain}

        continued = await browser.get(SCRIPT_PATH, headers=headers)
        other_form, _ = await get_raw(browser, SCRIPT_PATH, **headers, **{"Accept-Encoding": "br"})

        assert (continued.status_code, continued.text) == (206, SCRIPT[:4])
        assert other_form.status_code == 200

    @pytest.mark.parametrize("header", ["bytes=4-2", "bytes=x", "bytes=", "lines=1-2", "7", "bytes=" + "9" * 5_000])
    async def test_that_makes_no_sense_is_ignored(self, header: str, browser: httpx.AsyncClient) -> None:
        answer = await browser.get(SCRIPT_PATH, headers={"Range": header})

        assert (answer.status_code, answer.text) == (200, SCRIPT)

    @pytest.mark.parametrize("header", ["bytes=1000000-", "bytes=-0"])
    async def test_beyond_the_end_is_a_problem(self, header: str, browser: httpx.AsyncClient) -> None:
        answer = await browser.get(SCRIPT_PATH, headers={"Range": header})

        assert assert_problem(answer, 416)["type"] == "/problems/range-not-satisfiable"
        assert answer.headers["Content-Range"] == f"bytes */{len(SCRIPT)}"
