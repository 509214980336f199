"""A connection that is kept, over each kind of transport: each changes hands and ends in its own way."""

import asyncio
import ssl
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import uvloop

from app.cache.client import open_redis
from app.cache.round_trip import RoundTrips
from tests.factories.certificates import make_certificate
from tests.fakes.reply_server import ReplyServer, echo
from tests.waiting import until

LARGE = b"x" * 250_000


def tls_context(path: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(make_certificate(path))
    return context


class TestAConnection:
    @pytest.mark.parametrize("new_event_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
    @pytest.mark.parametrize("is_encrypted", [False, True])
    def test_is_read_until_either_side_closes_it(
        self, tmp_path: Path, new_event_loop: Callable[[], Any], is_encrypted: bool
    ) -> None:
        async def talk() -> None:
            async with AsyncExitStack() as stack:
                tls = tls_context(tmp_path / "server.pem") if is_encrypted else None
                server = await stack.enter_async_context(ReplyServer(echo, tls))
                scheme, query = ("rediss", "?ssl_cert_reqs=none") if is_encrypted else ("redis", "")
                client = open_redis(f"{scheme}://127.0.0.1:{server.port}{query}")
                stack.push_async_callback(client.aclose)
                trips = RoundTrips(client)
                stack.push_async_callback(trips.close)

                assert await trips.make([("ECHO", LARGE), ("ECHO", "a")]) == [LARGE, b"a"]
                server.hang_up()
                await until(lambda: trips._connection is not None and not trips._connection.is_usable)
                assert await trips.make([("ECHO", "b")]) == [b"b"]
                server.answer = lambda _: b""
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.05):
                        await trips.make([("ECHO", "c")])
                server.answer = echo
                assert await trips.make([("ECHO", "d")]) == [b"d"]
                await trips.close()
                await until(lambda: not server.connections)

        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(talk())
