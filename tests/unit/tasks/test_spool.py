"""The file of an import lets others have the processor while it is read."""

import os
from collections.abc import AsyncIterator

import pytest

from app.tasks.portability.spool import READ_BYTES, Spool

MEBIBYTE = 1_048_576


async def pieces() -> AsyncIterator[bytes]:
    for number in range(3):
        yield bytes([number]) * MEBIBYTE


@pytest.fixture
async def spool() -> AsyncIterator[Spool]:
    spool = await Spool.receive(pieces())
    yield spool
    spool.close()


class TestReadingAPiece:
    def test_asks_the_system_for_much_more_and_so_seldom(self, spool: Spool) -> None:
        spool.file.seek(0)
        places = []
        for _ in range(READ_BYTES // 65_536):
            assert len(spool.file.read(65_536)) == 65_536
            places.append(os.lseek(spool.file.fileno(), 0, os.SEEK_CUR))

        assert set(places) == {READ_BYTES}

    def test_gives_what_was_received_and_tells_how_far_it_is(self, spool: Spool) -> None:
        spool.file.seek(0)

        assert spool.file.read(MEBIBYTE + 1) == b"\x00" * MEBIBYTE + b"\x01"
        assert spool.file.tell() == MEBIBYTE + 1
        assert spool.size == 3 * MEBIBYTE
