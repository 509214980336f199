"""The listener for orchestrators and Prometheus: what it answers, and what those cannot do who connect to it."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from app.core import operations_server
from app.core.operations_server import MAX_CONNECTIONS, MAX_HEAD_BYTES, OperationsAnswer, OperationsServer
from tests.waiting import until


async def tell_good() -> OperationsAnswer:
    return OperationsAnswer(b"good", content_type="text/plain; version=1")


async def tell_bad() -> OperationsAnswer:
    return OperationsAnswer(b"not ready", status=503)


async def fail() -> OperationsAnswer:
    raise RuntimeError("a fault of ours")


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.fixture
async def address(listener: socket.socket) -> AsyncIterator[tuple[str, int]]:
    server = OperationsServer(listener, {"/good": tell_good, "/bad": tell_bad, "/fault": fail})
    host, port = listener.getsockname()
    async with server.run():
        yield host, port


@pytest.fixture
async def client(address: tuple[str, int]) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://{address[0]}:{address[1]}") as client:
        yield client


async def send(address: tuple[str, int], head: bytes) -> bytes:
    """Send bytes and return everything that comes back until the other side closes."""
    reader, writer = await asyncio.open_connection(*address)
    try:
        writer.write(head)
        return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


class TestAPath:
    async def test_answers_what_it_is_mapped_to(self, client: httpx.AsyncClient) -> None:
        good, bad = await client.get("/good?now"), await client.get("/bad")

        assert (good.status_code, good.text) == (200, "good")
        assert good.headers["Content-Type"] == "text/plain; version=1"
        assert (bad.status_code, bad.text) == (503, "not ready")

    async def test_that_is_unknown_is_404(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/else")).status_code == 404

    async def test_takes_get_alone(self, client: httpx.AsyncClient) -> None:
        assert (await client.post("/good")).status_code == 405

    async def test_that_fails_is_500_and_the_others_go_on(self, client: httpx.AsyncClient) -> None:
        answer = await client.get("/fault")

        assert answer.status_code == 500
        assert "fault of ours" not in answer.text
        assert (await client.get("/good")).status_code == 200


class TestSomebodyWhoDoesNotSpeakHttp:
    @pytest.mark.parametrize("head", [b"\r\n\r\n", b"\x00\xff\xfe\r\n\r\n", b"GET\r\n\r\n"])
    async def test_gets_404(self, head: bytes, address: tuple[str, int]) -> None:
        assert (await send(address, head)).startswith(b"HTTP/1.1 404 ")

    async def test_is_cut_off_when_the_head_has_no_end(
        self, address: tuple[str, int], client: httpx.AsyncClient
    ) -> None:
        assert await send(address, b"GET /" + b"x" * (4 * MAX_HEAD_BYTES)) == b""
        assert (await client.get("/good")).status_code == 200


class TestSomebodyWhoSaysNothing:
    async def test_is_cut_off(self, address: tuple[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(operations_server, "EXCHANGE_SECONDS", 0.05)

        assert await send(address, b"GET /good HTTP/1.1\r\n") == b""

    async def test_keeps_none_but_so_many_connections(
        self, address: tuple[str, int], client: httpx.AsyncClient
    ) -> None:
        silent = [await asyncio.open_connection(*address) for _ in range(MAX_CONNECTIONS)]

        assert await send(address, b"GET /good HTTP/1.1\r\n\r\n") == b""

        for _, writer in silent:
            writer.close()
            await writer.wait_closed()

        async def is_answered() -> bool:
            return bool(await send(address, b"GET /good HTTP/1.1\r\n\r\n"))

        await until(is_answered)

    async def test_does_not_keep_the_server_from_ending(self, listener: socket.socket) -> None:
        async with asyncio.timeout(5):
            async with OperationsServer(listener, {"/good": tell_good}).run():
                reader, writer = await asyncio.open_connection(*listener.getsockname())
                writer.write(b"GET /good")
                await writer.drain()
            with contextlib.suppress(ConnectionResetError):
                assert await reader.read() == b""
            writer.close()
