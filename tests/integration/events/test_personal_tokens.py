"""Streams that a personal token opened: they need its scope, and end with it."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from tests.fakes.clock import FakeClock
from tests.integration.events.conftest import (
    QUICK_HEARTBEAT_SECONDS,
    Process,
    StartProcess,
    create_task,
    until,
)


@pytest.fixture
async def process(start_process: StartProcess) -> Process:
    """A process that looks often."""
    return await start_process(QUICK_HEARTBEAT_SECONDS)


@pytest.fixture
def make_program(
    ann: httpx.AsyncClient, open_client: Callable[..., httpx.AsyncClient]
) -> Callable[..., Awaitable[tuple[httpx.AsyncClient, str]]]:
    """Makes a token of Ann's: a client that sends it, and the path that revokes it."""

    async def make(scope: str = "tasks:read", **fields: Any) -> tuple[httpx.AsyncClient, str]:
        draft = {"name": "Listener", "scopes": [scope], **fields}
        answer = await ann.post("/api/v1/me/tokens", json=draft)
        assert answer.status_code == 201, answer.text
        client = open_client(headers={"Authorization": f"Bearer {answer.json()['secret']}"})
        return client, f"/api/v1/me/tokens/{answer.json()['id']}"

    return make


MakeProgram = Callable[..., Awaitable[tuple[httpx.AsyncClient, str]]]


class TestAToken:
    async def test_hears_of_changes_until_it_is_revoked(
        self, process: Process, ann: httpx.AsyncClient, make_program: MakeProgram
    ) -> None:
        (revoked, path), (kept, _) = await make_program(), await make_program()
        async with process.stream(revoked) as ending, process.stream(kept) as going_on:
            assert await ending.read_revision() == 0
            assert await ending.read_until(await create_task(ann))
            assert (await ann.delete(path)).status_code == 204

            await ending.read_to_the_end()
            assert await going_on.read_until(await create_task(ann))
        await until(lambda: process.streams_of_all() == 0)

    async def test_hears_of_changes_until_it_expires(
        self, process: Process, clock: FakeClock, make_program: MakeProgram
    ) -> None:
        (expiring, _), (kept, _) = await make_program(expires_at="2026-11-23T12:00:30Z"), await make_program()
        async with process.stream(expiring) as ending, process.stream(kept) as going_on:
            await ending.read_heartbeat()
            clock.advance(30)

            await ending.read_to_the_end()
            await going_on.read_heartbeat()

    async def test_goes_on_when_the_role_of_the_account_changes(
        self, process: Process, make_program: MakeProgram, raw_database: Any, forget_answers: Any
    ) -> None:
        """It has no role of its own."""
        program, _ = await make_program()
        async with process.stream(program) as stream:
            await stream.read_heartbeat()
            await raw_database["users"].update_one({"email": "ann@example.com"}, {"$set": {"role": "admin"}})
            await forget_answers()
            for _ in range(3):
                await stream.read_heartbeat()

    @pytest.mark.parametrize("scope", ["tasks:write"])
    async def test_that_may_not_read_hears_nothing(
        self, scope: str, process: Process, make_program: MakeProgram
    ) -> None:
        program, _ = await make_program(scope)
        async with process.stream(program) as stream:
            assert stream.answer.status_code == 403
            assert 'scope="tasks:read"' in stream.answer.headers["WWW-Authenticate"]
