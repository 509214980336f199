"""Requests to providers, against servers that play for time."""

import asyncio
import gzip
from collections.abc import AsyncIterator

import pytest

from app.auth.errors import ProviderAwayError, UnusableProviderAnswerError
from app.auth.oidc.http import MAX_ANSWER_BYTES, ProviderHttp
from tests.fakes.raw_server import HEAD, answering, serve


@pytest.fixture
async def http() -> AsyncIterator[ProviderHttp]:
    """The client with a short deadline."""
    async with ProviderHttp(timeout_seconds=0.5) as client:
        yield client


class TestAServer:
    async def test_that_answers_is_understood(self, http: ProviderHttp) -> None:
        async with answering(HEAD + b'Content-Length: 8\r\n\r\n{"a": 1}') as url:
            answer = await http.get(url)
        assert (answer.status, answer.content) == (200, {"a": 1})

    async def test_that_never_answers_is_away(self, http: ProviderHttp) -> None:
        async def keep_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()

        async with serve(keep_silent) as url:
            with pytest.raises(ProviderAwayError):
                await http.get(url)

    async def test_that_drips_is_away_after_the_deadline(self, http: ProviderHttp) -> None:
        async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(HEAD + b"\r\n")
            while not writer.is_closing():
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.05)

        async with serve(drip) as url:
            started = asyncio.get_running_loop().time()
            with pytest.raises(ProviderAwayError):
                await http.get(url)
            assert asyncio.get_running_loop().time() - started < 2

    async def test_that_never_ends_is_cut_off(self, http: ProviderHttp) -> None:
        sent = 0

        async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal sent
            writer.write(HEAD + b"\r\n")
            while not writer.is_closing():
                writer.write(b" " * 65_536)
                await writer.drain()
                sent += 65_536

        async with serve(pour) as url:
            with pytest.raises(UnusableProviderAnswerError):
                await http.get(url)
        assert sent < 100 * MAX_ANSWER_BYTES

    async def test_that_packs_its_answer_unasked_is_not_unpacked(self, http: ProviderHttp) -> None:
        bomb = gzip.compress(b" " * 100_000_000, 9)
        head = HEAD + f"Content-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n".encode()
        async with answering(head + bomb) as url:
            with pytest.raises(UnusableProviderAnswerError):
                await http.get(url)

    @pytest.mark.parametrize("raw", [b"", b"SSH-2.0-OpenSSH\r\n", HEAD + b"Content-Length: 9\r\n\r\n{"])
    async def test_that_breaks_off_or_speaks_another_language_is_away(self, http: ProviderHttp, raw: bytes) -> None:
        async with answering(raw) as url:
            with pytest.raises(ProviderAwayError):
                await http.get(url)

    @pytest.mark.parametrize("status", [b"500 Oops", b"503 Busy", b"429 Slow down"])
    async def test_that_says_later_is_away(self, http: ProviderHttp, status: bytes) -> None:
        async with answering(b"HTTP/1.1 " + status + b"\r\nContent-Length: 2\r\n\r\n{}") as url:
            with pytest.raises(ProviderAwayError):
                await http.get(url)

    async def test_that_redirects_is_not_followed(self, http: ProviderHttp) -> None:
        head = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 2\r\n\r\n{}"
        async with answering(head) as url:
            answer = await http.get(url)
        assert answer.status == 302
        with pytest.raises(UnusableProviderAnswerError):
            answer.require_ok()

    async def test_on_this_machine_is_reached_past_a_proxy(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
        async with ProviderHttp() as http, answering(HEAD + b"Content-Length: 2\r\n\r\n{}") as url:
            assert (await http.get(url)).content == {}

    async def test_that_is_not_there_is_away(self, http: ProviderHttp) -> None:
        with pytest.raises(ProviderAwayError):
            await http.get("http://127.0.0.1:1/")

    async def test_with_an_address_that_is_none_is_unusable(self, http: ProviderHttp) -> None:
        with pytest.raises(UnusableProviderAnswerError):
            await http.get("http://127.0.0.1:x/")
