"""One fetch of the public keys, from servers that answer badly."""

import asyncio
import json

import pytest

from app.core.json_http import JsonHttp
from app.core.published_keys import MAX_KEY_SET_BYTES, KeySetError, load_key_set
from tests.fakes.raw_server import HEAD, answering, serve
from tests.unit.core.test_key_sets import GOOD, KEY

SET = json.dumps({"keys": [GOOD]}).encode()


def whole(body: bytes, head: bytes = HEAD) -> bytes:
    return head + b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


async def load(url: str, *, may_use_proxy: bool = False) -> object:
    """Fetch as the service does, with a deadline that tests can wait for."""
    async with JsonHttp(0.5, MAX_KEY_SET_BYTES, may_use_proxy=may_use_proxy) as http:
        return await load_key_set(http, url)


class TestAKeySet:
    async def test_is_fetched(self) -> None:
        async with answering(whole(SET)) as url:
            assert await load(url) == {KEY.key_id: GOOD}

    async def test_may_come_with_a_cookie_which_is_not_kept(self) -> None:
        answer = whole(SET, HEAD + b"Set-Cookie: who=ann; Path=/\r\n")
        async with answering(answer) as url, JsonHttp(0.5, MAX_KEY_SET_BYTES, may_use_proxy=False) as http:
            await http.ask("GET", url)
            assert len(http._client.cookies.jar) == 0

    async def test_is_fetched_past_the_proxy_of_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        nobody = "http://127.0.0.3:9/"
        async with answering(whole(SET)) as proxy:
            monkeypatch.setenv("HTTP_PROXY", proxy)
            with pytest.raises(KeySetError, match="no answer in time"):
                await load(nobody)
            assert await load(nobody, may_use_proxy=True) == {KEY.key_id: GOOD}  # the control

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            (b"HTTP/1.1 302 Found\r\nLocation: {url}\r\nContent-Length: 2\r\n\r\n{{}}", "status 302"),
            (b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{{}}", "status 404"),
            (b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\n{{}}", "no answer in time"),
            (b"nonsense\r\n\r\n", "no answer in time"),
            (b"", "no answer in time"),
        ],
    )
    async def test_is_nowhere_but_in_a_good_answer(self, answer: bytes, reason: str) -> None:
        async with answering(whole(SET)) as elsewhere:
            raw = answer.replace(b"{url}", elsewhere.encode()).replace(b"{{}}", b"{}")
            async with answering(raw) as url:
                with pytest.raises(KeySetError, match=reason):
                    await load(url)

    @pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b'{"keys": NaN}', b"\xff", b'{"keys": []}'])
    async def test_that_cannot_be_read_is_a_failure(self, body: bytes) -> None:
        async with answering(whole(body)) as url:
            with pytest.raises(KeySetError):
                await load(url)

    async def test_that_is_too_long_is_a_failure(self) -> None:
        padded = json.dumps({"keys": [GOOD], "padding": "x" * MAX_KEY_SET_BYTES}).encode()
        async with answering(whole(padded)) as url:
            with pytest.raises(KeySetError, match="too long"):
                await load(url)

    async def test_that_drips_is_given_up_at_the_deadline(self) -> None:
        async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(HEAD + b"Content-Length: 1000\r\n\r\n")
            while True:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.01)

        async with serve(drip) as url:
            with pytest.raises(KeySetError, match="no answer in time"):
                await load(url)

    async def test_that_nobody_serves_is_a_failure(self) -> None:
        async with answering(b"") as url:
            pass
        with pytest.raises(KeySetError, match="no answer in time"):
            await load(url)
