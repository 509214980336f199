"""A token that is revoked by one process ends in every other one at once, with the cache and without it."""

from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from app.core.settings import CacheSettings
from tests.conftest import SignIn
from tests.fakes.clock import FakeClock
from tests.integration.tokens.conftest import (
    ME,
    TASKS,
    TOKENS,
    OpenClient,
    RawDatabase,
    StartService,
    assert_refused,
    bearer,
    make_token,
)

# One without a cache, and one whose cache server is not there: nobody listens on port 9 (RFC 863, discard).
WITHOUT_CACHE = CacheSettings(url=None, workers=2)
AWAY = CacheSettings(url=SecretStr("redis://127.0.0.1:9"))


@pytest.mark.parametrize("groups", [{}, {"cache": WITHOUT_CACHE}, {"cache": AWAY}], ids=["cache", "none", "away"])
class TestAnotherProcess:
    async def test_refuses_a_token_as_soon_as_it_is_revoked(
        self,
        groups: dict[str, Any],
        ann: httpx.AsyncClient,
        sign_in: SignIn,
        start_service: StartService,
        open_client_of: OpenClient,
    ) -> None:
        here, there = await start_service(**groups), await start_service(**groups)
        owner = open_client_of(here)
        owner.headers["Authorization"] = ann.headers["Authorization"]
        for _ in range(5):
            made = await make_token(owner)
            program = open_client_of(there, made["secret"])
            for _ in range(3):  # verified, then known, then cached
                assert (await program.get(TASKS)).status_code == 200
            assert (await owner.delete(f"{TOKENS}/{made['id']}")).status_code == 204

            assert_refused(await program.get(TASKS))
            assert_refused(await open_client_of(here, made["secret"]).get(TASKS))

    async def test_refuses_a_token_when_it_expires(
        self,
        groups: dict[str, Any],
        ann: httpx.AsyncClient,
        start_service: StartService,
        open_client_of: OpenClient,
        clock: FakeClock,
    ) -> None:
        made = await make_token(ann, expires_at="2026-11-23T12:00:30Z")
        program = open_client_of(await start_service(**groups), made["secret"])
        for _ in range(3):
            assert (await program.get(TASKS)).status_code == 200
        clock.advance(30)

        assert_refused(await program.get(TASKS))

    async def test_refuses_a_token_when_the_account_is_erased(
        self, groups: dict[str, Any], ann: httpx.AsyncClient, start_service: StartService, open_client_of: OpenClient
    ) -> None:
        here, there = await start_service(**groups), await start_service(**groups)
        owner = open_client_of(here)
        owner.headers["Authorization"] = ann.headers["Authorization"]
        program = open_client_of(there, (await make_token(owner))["secret"])
        for _ in range(3):
            assert (await program.get(TASKS)).status_code == 200
        assert (await owner.delete(ME)).status_code == 202

        assert_refused(await program.get(TASKS))

    async def test_takes_a_token_that_it_never_heard_of(
        self, groups: dict[str, Any], ann: httpx.AsyncClient, start_service: StartService, open_client_of: OpenClient
    ) -> None:
        there = await start_service(**groups)
        made = await make_token(ann)

        assert (await open_client_of(there).get(TASKS, headers=bearer(made["secret"]))).status_code == 200


class TestATokenThatVanishesUnannounced:
    async def test_is_still_taken_while_the_cache_knows_it(
        self,
        ann: httpx.AsyncClient,
        raw_database: RawDatabase,
        start_service: StartService,
        open_client_of: OpenClient,
    ) -> None:
        """The control: it is the revocation that ends a token at once, not a look at the database."""
        program = open_client_of(await start_service(), (await make_token(ann))["secret"])
        for _ in range(3):
            assert (await program.get(TASKS)).status_code == 200
        await raw_database["api_tokens"].delete_many({})

        assert (await program.get(TASKS)).status_code == 200
