"""Heartbeats: they carry the revision, make good what was lost, and end what may no longer go on."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from pymongo.asynchronous.database import AsyncDatabase

from app.core.identity import Caller
from tests.architecture.inspection import Inspection
from tests.integration.events.conftest import (
    QUICK_HEARTBEAT_SECONDS,
    Process,
    StartProcess,
    create_task,
    until,
)

LoseAMessage = Callable[[], Awaitable[int]]


@pytest.fixture
async def process(start_process: StartProcess) -> Process:
    """A process with quick heartbeats."""
    return await start_process(QUICK_HEARTBEAT_SECONDS)


@pytest.fixture
def lose_a_message(
    raw_database: AsyncDatabase[dict[str, Any]], forget_answers: Callable[[], Awaitable[None]]
) -> LoseAMessage:
    """Makes a change of Ann's of which nobody is told; returns its revision."""

    async def lose() -> int:
        found = await raw_database["users"].find_one_and_update(
            {"email": "ann@example.com"}, {"$inc": {"revision": 1}}, return_document=True
        )
        await forget_answers()
        revision: int = found["revision"]
        return revision

    return lose


class TestAHeartbeat:
    async def test_carries_the_revision(self, process: Process, ann: httpx.AsyncClient) -> None:
        async with process.stream(ann) as stream:
            assert [await stream.read_heartbeat() for _ in range(4)] == [0, 0, 0, 0]
            await create_task(ann)
            await stream.read_until(1)
            assert await stream.read_heartbeat() == 1

    async def test_makes_good_a_message_that_was_lost(
        self, process: Process, ann: httpx.AsyncClient, lose_a_message: LoseAMessage
    ) -> None:
        async with process.stream(ann) as stream:
            assert await stream.read_revision() == 0
            lost = await lose_a_message()
            assert await stream.read_revision() == lost
            assert await stream.read_heartbeat() == lost

    async def test_would_not_make_it_good_without_a_look(
        self,
        process: Process,
        ann: httpx.AsyncClient,
        lose_a_message: LoseAMessage,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """The control: with heartbeats that look at nothing the lost message stays lost."""

        async def stay(_security: object, caller: Caller) -> Caller:
            return caller

        async with process.stream(ann) as stream:
            assert await stream.read_revision() == 0
            monkeypatch.setattr(type(process.app.state.security), "check_again", stay)
            await lose_a_message()
            parts = [await stream.read_part() for _ in range(5)]

        assert parts == [{":": "revision 0"}] * 5

    async def test_asks_the_cache_rather_than_the_database(
        self, process: Process, ann: httpx.AsyncClient, inspection: Inspection
    ) -> None:
        async with process.stream(ann) as stream:
            await stream.read_revision()
            await stream.read_heartbeat()
            before = len(inspection.operations)
            for _ in range(5):
                await stream.read_heartbeat()
            assert len(inspection.operations) == before


class TestASessionThatEnds:
    async def test_ends_its_stream_at_the_next_heartbeat(
        self, process: Process, ann: httpx.AsyncClient, sign_in: Callable[..., Awaitable[httpx.AsyncClient]]
    ) -> None:
        elsewhere = await sign_in("ann@example.com")
        async with process.stream(ann) as ending, process.stream(elsewhere) as going_on:
            await ending.read_revision()
            assert (await ann.post("/api/v1/auth/logout")).status_code == 204

            await ending.read_to_the_end()
            await going_on.read_heartbeat()
            assert await going_on.read_until(await create_task(elsewhere))
        await until(lambda: process.streams_of_all() == 0)

    @pytest.mark.parametrize("change", [{"is_disabled": True}, {"role": "admin"}, {"deleted_at": 1}])
    async def test_with_the_account_or_its_role_ends_the_stream(
        self,
        change: dict[str, object],
        process: Process,
        ann: httpx.AsyncClient,
        raw_database: AsyncDatabase[dict[str, Any]],
        forget_answers: Callable[[], Awaitable[None]],
    ) -> None:
        async with process.stream(ann) as stream:
            await stream.read_revision()
            await raw_database["users"].update_one({"email": "ann@example.com"}, {"$set": change})
            await forget_answers()
            await stream.read_to_the_end()

    async def test_with_the_erasure_of_the_account_ends_the_stream(
        self, process: Process, ann: httpx.AsyncClient
    ) -> None:
        async with process.stream(ann) as stream:
            await stream.read_revision()
            assert (await ann.delete("/api/v1/me")).status_code == 202
            await stream.read_to_the_end()
