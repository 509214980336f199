"""Requests by a personal token: the answers that a session gets, at the same cost, until the token ends."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.core.personal_tokens import PersonalToken
from app.core.settings import RateLimitSettings
from tests.architecture.inspection import Inspection
from tests.conftest import SignIn
from tests.fakes.clock import FakeClock
from tests.integration.tasks.calls import add_task
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
from tests.shapes import looks_into_the_process
from tests.waiting import until

USERS = "/api/v1/admin/users"


class TestAToken:
    async def test_reads_and_writes_as_its_owner(self, ann: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
        client.headers.update(bearer((await make_token(ann, "tasks:read", "tasks:write"))["secret"]))
        task = await add_task(client, "By the script")

        assert (await ann.get(f"{TASKS}/{task['id']}")).json() == task
        assert (await client.get(ME)).json() == (await ann.get(ME)).json()
        changed = await client.patch(ME, json={"name": "Annie"})
        assert changed.json() == (await ann.get(ME)).json()

    async def test_sees_nothing_of_others(self, ann: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
        task = await add_task(bob)
        headers = bearer((await make_token(ann))["secret"])

        assert (await ann.get(f"{TASKS}/{task['id']}", headers=headers)).status_code == 404
        assert (await ann.get(TASKS, headers=headers)).json()["items"] == []

    @pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer  "])
    async def test_may_be_sent_as_any_bearer_token(self, scheme: str, ann: httpx.AsyncClient) -> None:
        secret = (await make_token(ann))["secret"]

        for _ in range(2):
            answer = await ann.get(TASKS, headers={"Authorization": f"{scheme} {secret}"})
            assert answer.status_code == 200

    async def test_is_not_taken_from_a_cookie(self, ann: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
        """Or another site could make a browser send it."""
        secret = (await make_token(ann))["secret"]

        assert_refused(await client.get(TASKS, headers={"Cookie": f"access={secret}"}))

    async def test_repeats_a_request_once_with_an_idempotency_key(
        self, ann: httpx.AsyncClient, client: httpx.AsyncClient
    ) -> None:
        client.headers.update(bearer((await make_token(ann, "tasks:write"))["secret"]))
        key = {"Idempotency-Key": "once"}
        answers = [await client.post(TASKS, json={"title": "Once"}, headers=key) for _ in range(3)]

        assert [answer.status_code for answer in answers] == [201] * 3
        assert [answer.headers.get("Idempotency-Replayed") for answer in answers] == [None, "true", "true"]
        assert len({answer.content for answer in answers}) == 1
        assert len((await ann.get(TASKS)).json()["items"]) == 1


class TestAsSoonAs:
    """What ends a token, whatever is remembered and cached of it."""

    @pytest.fixture
    async def secret(self, ann: httpx.AsyncClient) -> str:
        """A token that works, and is remembered and cached."""
        secret: str = (await make_token(ann, expires_at="2026-11-23T13:00:00Z"))["secret"]
        for _ in range(3):
            assert (await ann.get(TASKS, headers=bearer(secret))).status_code == 200
        return secret

    async def test_it_has_expired_it_is_refused(
        self, secret: str, ann: httpx.AsyncClient, clock: FakeClock, sign_in: SignIn
    ) -> None:
        clock.advance(hours=1, milliseconds=-1)
        assert (await ann.get(TASKS, headers=bearer(secret))).status_code == 200
        clock.advance(milliseconds=1)

        for _ in range(2):
            assert_refused(await ann.get(TASKS, headers=bearer(secret)))

    @pytest.mark.parametrize("change", [{"is_disabled": True}, {"deleted_at": 1}])
    async def test_the_account_has_ended_it_is_refused(
        self,
        change: dict[str, Any],
        secret: str,
        ann: httpx.AsyncClient,
        raw_database: RawDatabase,
        forget_answers: Any,
    ) -> None:
        await raw_database["users"].update_one({"email": "ann@example.com"}, {"$set": change})
        await forget_answers()

        for _ in range(2):
            assert_refused(await ann.get(TASKS, headers=bearer(secret)))

    async def test_the_account_is_erased_it_is_refused_and_gone(
        self, secret: str, ann: httpx.AsyncClient, raw_database: RawDatabase
    ) -> None:
        assert (await ann.delete(ME)).status_code == 202
        assert_refused(await ann.get(TASKS, headers=bearer(secret)))

        async def is_gone() -> bool:
            return await raw_database["api_tokens"].count_documents({}) == 0

        await until(is_gone)
        assert_refused(await ann.get(TASKS, headers=bearer(secret)))

    async def test_the_role_is_another_one_it_has_that_one(
        self, secret: str, ann: httpx.AsyncClient, raw_database: RawDatabase, forget_answers: Any
    ) -> None:
        """It has no role of its own, so it goes on, unlike an access token."""
        await raw_database["users"].update_one({"email": "ann@example.com"}, {"$set": {"role": "admin"}})
        await forget_answers()

        assert (await ann.get(ME, headers=bearer(secret))).json()["role"] == "admin"
        assert (await ann.get(ME)).status_code == 401


class TestAnAdministratorsToken:
    async def test_works_as_long_as_its_owner_is_one(
        self, admin: httpx.AsyncClient, sign_in: SignIn, raw_database: RawDatabase
    ) -> None:
        await raw_database["users"].insert_many(
            [{**user, "_id": uuid4(), "email": None} async for user in raw_database["users"].find({"role": "admin"})]
        )
        owner_id = (await admin.get(ME)).json()["id"]
        reader, worker = [
            bearer((await make_token(admin, *scopes))["secret"]) for scopes in (("tasks:read",), ("admin",))
        ]
        assert (await admin.get(USERS, headers=worker)).status_code == 200
        assert (await admin.get(ME, headers=reader)).json()["role"] == "admin"
        demoted = await admin.patch(f"{USERS}/{owner_id}", json={"role": "user"}, headers=worker)
        assert demoted.status_code == 200

        refused = await admin.get(USERS, headers=worker)
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/forbidden")
        assert (await admin.get(ME, headers=reader)).json()["role"] == "user"

    async def test_disables_an_account_whose_tokens_then_end_at_once(
        self, admin: httpx.AsyncClient, ann: httpx.AsyncClient
    ) -> None:
        worker, program = [
            bearer((await make_token(owner, scope))["secret"])
            for owner, scope in ((admin, "admin"), (ann, "tasks:read"))
        ]
        for _ in range(3):
            assert (await ann.get(TASKS, headers=program)).status_code == 200
        path = f"{USERS}/{(await ann.get(ME)).json()['id']}"
        assert (await admin.patch(path, json={"disabled": True}, headers=worker)).status_code == 200
        assert_refused(await ann.get(TASKS, headers=program))

        # They are there again with the account; sessions are not.
        assert (await admin.patch(path, json={"disabled": False}, headers=worker)).status_code == 200
        assert (await ann.get(TASKS, headers=program)).status_code == 200
        assert (await ann.get(TASKS)).status_code == 401


class TestATokenMadeWhileTheAccountIsErased:
    @looks_into_the_process
    async def test_is_taken_back(
        self, ann: httpx.AsyncClient, app: FastAPI, raw_database: RawDatabase, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As if everything of the account's had been removed by the time that the token was stored."""
        repository = app.state.auth.tokens._repository
        insert = repository.insert

        async def insert_late(*arguments: Any, **fields: Any) -> Any:
            await raw_database["users"].delete_many({})
            return await insert(*arguments, **fields)

        monkeypatch.setattr(repository, "insert", insert_late)
        answer = await ann.post(TOKENS, json={"name": "x", "scopes": ["tasks:read"]})

        assert_refused(answer)
        assert await raw_database["api_tokens"].count_documents({}) == 0


class TestAReadThatTheCacheKnows:
    async def test_costs_no_look_at_the_database(self, ann: httpx.AsyncClient, inspection: Inspection) -> None:
        await add_task(ann)
        secret = (await make_token(ann))["secret"]
        for path in (ME, TASKS, f"{TASKS}?status=todo", "/api/v1/lists", "/api/v1/labels"):
            answers = [await ann.get(path, headers=bearer(secret)) for _ in range(3)]
            inspection.forget()
            again = await ann.get(path, headers=bearer(secret))
            unchanged = await ann.get(path, headers=bearer(secret) | {"If-None-Match": again.headers["ETag"]})

            assert not inspection.operations, path
            assert (again.status_code, unchanged.status_code) == (200, 304)
            assert {answer.content for answer in (*answers, again)} == {(await ann.get(path)).content}

    @looks_into_the_process
    async def test_is_the_same_for_token_and_session(self, ann: httpx.AsyncClient, inspection: Inspection) -> None:
        secret = (await make_token(ann))["secret"]
        await ann.get(ME, headers=bearer(secret))
        await ann.get(ME, headers=bearer(secret))
        await ann.get(TASKS)
        inspection.forget()

        assert (await ann.get(TASKS, headers=bearer(secret))).status_code == 200
        assert not inspection.operations

    async def test_shows_every_change_that_was_acknowledged(self, ann: httpx.AsyncClient) -> None:
        secret = (await make_token(ann))["secret"]
        for count in range(1, 5):
            await add_task(ann)
            assert len((await ann.get(TASKS, headers=bearer(secret))).json()["items"]) == count


class TestTheLimit:
    async def test_of_its_owner_counts_once_the_token_was_verified(
        self, ann: httpx.AsyncClient, start_service: StartService, open_client_of: OpenClient
    ) -> None:
        service = await start_service(rate_limits=RateLimitSettings(user="3/minute", address="2/minute", auth=None))
        secret = (await make_token(ann))["secret"]
        client, elsewhere = (open_client_of(service, secret, f"203.0.113.{number}") for number in (1, 2))
        policies = [(await client.get(TASKS)).headers["RateLimit-Policy"] for _ in range(3)]

        assert policies == ['"address";q=2;w=60', '"user";q=3;w=60', '"user";q=3;w=60']
        assert [(await elsewhere.get(TASKS)).status_code for _ in range(2)] == [200, 429]

    async def test_of_a_user_is_not_used_up_by_tokens_that_name_the_user(
        self, ann: httpx.AsyncClient, app: FastAPI, start_service: StartService, open_client_of: OpenClient
    ) -> None:
        """Nor do they touch what is cached of that user."""
        service = await start_service(rate_limits=RateLimitSettings(user="2/minute", address="5/minute", auth=None))
        made = await make_token(ann)
        forged = _forge(made["secret"])
        key = f"taskfleet:user:{{{(await ann.get(ME)).json()['id']}}}"
        await app.state.cache.redis.execute_command("FLUSHALL")
        attacker, owner = open_client_of(service, forged, "203.0.113.9"), open_client_of(service, made["secret"])

        assert [(await attacker.get(TASKS)).status_code for _ in range(7)] == [401] * 5 + [429] * 2
        assert not await app.state.cache.redis.exists(key)
        assert [(await owner.get(TASKS)).status_code for _ in range(3)] == [200] * 3
        assert await app.state.cache.redis.exists(key)  # the control

    async def test_of_its_former_owner_is_not_used_up_by_one_that_was_revoked(
        self, ann: httpx.AsyncClient, start_service: StartService, open_client_of: OpenClient
    ) -> None:
        service = await start_service(rate_limits=RateLimitSettings(user="9/minute", address="9/minute", auth=None))
        made = await make_token(ann)
        client = open_client_of(service, made["secret"])
        for _ in range(2):
            assert (await client.get(TASKS)).status_code == 200
        await ann.delete(f"{TOKENS}/{made['id']}")

        answers = [await client.get(TASKS) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [401] * 4
        assert [answer.headers["RateLimit-Policy"].split(";")[0] for answer in answers[1:]] == ['"address"'] * 3


class TestManyFirstRequestsAtOnce:
    async def test_are_all_let_in(self, ann: httpx.AsyncClient) -> None:
        secret = (await make_token(ann))["secret"]
        answers = await asyncio.gather(*(ann.get(TASKS, headers=bearer(secret)) for _ in range(20)))

        assert [answer.status_code for answer in answers] == [200] * 20


def _forge(secret: str) -> str:
    """A token with the same ids and another secret, as somebody could make who knows the ids."""
    token = PersonalToken.parse(secret)
    return PersonalToken.mint(token.user_id, token.token_id).encode()
