"""`last_used_at`: written behind the requests, kept when the process ends, lost to nothing but a crash."""

from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from pymongo.errors import OperationFailure

from app.core.clock import format_instant
from app.core.personal_tokens import PersonalToken
from app.data.api_tokens import ApiTokens, TokenUse
from tests.architecture.inspection import Inspection
from tests.conftest import FailPoint
from tests.fakes.clock import START, FakeClock
from tests.integration.tokens.conftest import (
    TASKS,
    TOKENS,
    MakeService,
    OpenClient,
    RawDatabase,
    assert_refused,
    bearer,
    make_token,
)
from tests.shapes import looks_into_the_process


async def last_used(owner: httpx.AsyncClient) -> str | None:
    """What the list says of the only token."""
    (token,) = (await owner.get(TOKENS)).json()["items"]
    instant: str | None = token["last_used_at"]
    return instant


class TestTheLastUse:
    @looks_into_the_process
    async def test_is_shown_after_it_was_written(
        self, ann: httpx.AsyncClient, app: FastAPI, clock: FakeClock
    ) -> None:
        secret = (await make_token(ann))["secret"]
        clock.advance(5)
        await ann.get(TASKS, headers=bearer(secret))
        await app.state.token_uses.flush()

        assert await last_used(ann) == format_instant(START + timedelta(seconds=5))

    @looks_into_the_process
    async def test_is_noted_for_cached_answers_too(
        self, ann: httpx.AsyncClient, app: FastAPI, clock: FakeClock, inspection: Inspection
    ) -> None:
        secret = (await make_token(ann))["secret"]
        for _ in range(3):
            await ann.get(TASKS, headers=bearer(secret))
        clock.advance(20)
        inspection.forget()
        answer = await ann.get(TASKS, headers=bearer(secret))

        assert answer.status_code == 200
        assert not inspection.operations
        await app.state.token_uses.flush()
        assert await last_used(ann) == format_instant(START + timedelta(seconds=20))

    async def test_takes_no_command_on_the_way_of_a_request(
        self, ann: httpx.AsyncClient, inspection: Inspection
    ) -> None:
        secret = (await make_token(ann, "tasks:write"))["secret"]
        commands = []
        for headers in (bearer(secret), bearer(secret), {}):
            inspection.forget()
            assert (await ann.post(TASKS, json={"title": "x"}, headers=headers)).status_code == 201
            commands.append([(found.name, found.collection) for found in inspection.operations])

        written = {collection for of_one in commands for name, collection in of_one if name != "find"}
        assert "tasks" in written
        assert "api_tokens" not in written

    @looks_into_the_process
    async def test_is_not_that_of_a_request_that_was_refused(
        self, ann: httpx.AsyncClient, app: FastAPI, clock: FakeClock
    ) -> None:
        secret = (await make_token(ann, expires_at="2026-11-23T12:00:30Z"))["secret"]
        await ann.get(TASKS, headers=bearer(secret))
        clock.advance(30)
        assert_refused(await ann.get(TASKS, headers=bearer(secret)))
        await app.state.token_uses.flush()

        assert await last_used(ann) == format_instant(START)

    async def test_is_written_when_the_process_ends(
        self, ann: httpx.AsyncClient, make_service: MakeService, open_client_of: OpenClient
    ) -> None:
        secret = (await make_token(ann))["secret"]
        service = make_service()
        async with service.router.lifespan_context(service):
            assert (await open_client_of(service, secret).get(TASKS)).status_code == 200
            assert await last_used(ann) is None

        assert await last_used(ann) == format_instant(START)

    @looks_into_the_process
    async def test_does_not_fail_a_request_when_it_cannot_be_written(
        self, ann: httpx.AsyncClient, app: FastAPI, failing: FailPoint
    ) -> None:
        secret = (await make_token(ann))["secret"]
        async with failing("update", errorCode=2):
            assert (await ann.get(TASKS, headers=bearer(secret))).status_code == 200
            with pytest.raises(OperationFailure):
                await app.state.token_uses.flush()
            assert (await ann.get(TASKS, headers=bearer(secret))).status_code == 200
        await app.state.token_uses.flush()

        assert await last_used(ann) == format_instant(START)


class TestWritingUses:
    async def test_moves_on_and_never_back(self, ann: httpx.AsyncClient, app: FastAPI) -> None:
        """As when another process, or a retry, comes late with an earlier one."""
        token = PersonalToken.parse((await make_token(ann))["secret"])
        tokens = ApiTokens(app.state.store.database)
        for seconds in (10, 20, 5):
            at = START + timedelta(seconds=seconds)
            await tokens.record_uses([TokenUse(token.user_id, token.token_id, at)])

        assert await last_used(ann) == format_instant(START + timedelta(seconds=20))

    async def test_brings_no_revoked_token_back(
        self, ann: httpx.AsyncClient, app: FastAPI, raw_database: RawDatabase
    ) -> None:
        made = await make_token(ann)
        await ann.get(TASKS, headers=bearer(made["secret"]))
        await ann.delete(f"{TOKENS}/{made['id']}")
        await app.state.token_uses.flush()

        assert await raw_database["api_tokens"].count_documents({}) == 0
