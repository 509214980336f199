"""A deadline for the server, not for a loop that has too much to do."""

import asyncio
import time

import pytest

from app.cache.patience import patience
from tests.factories.garbage import counted_garbage

SECONDS = 0.05


class TestPatience:
    async def test_ends_with_a_server_that_does_not_answer(self) -> None:
        began = asyncio.get_running_loop().time()
        with pytest.raises(TimeoutError):
            async with patience(SECONDS):
                await asyncio.Event().wait()

        assert asyncio.get_running_loop().time() - began >= SECONDS * 0.99

    async def test_lets_an_answer_pass_that_was_there_in_time_though_the_loop_came_late(self) -> None:
        reader, writer = await _open_echo()
        async with patience(SECONDS):
            writer.write(b"hello\n")
            await writer.drain()
            _block(SECONDS * 3)  # the answer has arrived long before this is over
            assert await reader.readline() == b"hello\n"
        writer.close()

    async def test_leaves_nothing_behind_after_an_answer(self) -> None:
        async with patience(SECONDS):
            await asyncio.sleep(0)
        with pytest.raises(TimeoutError):  # of its own, not of the one before
            async with asyncio.timeout(SECONDS * 2):
                await asyncio.Event().wait()

    async def test_leaves_nothing_to_the_garbage_collector(self) -> None:
        with counted_garbage() as garbage:
            for _ in range(10):
                async with patience(SECONDS):
                    pass

        assert garbage.count == 0

    async def test_leaves_other_errors_and_cancellations_alone(self) -> None:
        with pytest.raises(ZeroDivisionError):
            async with patience(SECONDS):
                raise ZeroDivisionError
        waiting = asyncio.create_task(_wait_patiently())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting


async def _wait_patiently() -> None:
    async with patience(SECONDS * 100):
        await asyncio.Event().wait()


async def _open_echo() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    connection = await asyncio.open_connection(*server.sockets[0].getsockname())
    server.close()
    return connection


def _block(seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass
