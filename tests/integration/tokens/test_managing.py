"""Making, listing and revoking personal tokens."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.auth.tokens import MAX_LIFETIME, MAX_TOKENS
from app.core.clock import format_instant
from app.core.personal_tokens import PersonalToken
from tests.fakes.clock import START, FakeClock
from tests.integration.api.problem_shape import assert_problem
from tests.integration.tokens.conftest import TASKS, TOKENS, RawDatabase, assert_refused, bearer, make_token


async def list_tokens(client: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    answer = await client.get(TOKENS, params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def fill_up(ann: httpx.AsyncClient, database: RawDatabase, count: int, **fields: Any) -> None:
    """Give Ann so many tokens more, all like the one that she has."""
    (template,) = await database["api_tokens"].find().to_list()
    await database["api_tokens"].insert_many([{**template, **fields, "_id": uuid4()} for _ in range(count)])


class TestMakingAToken:
    async def test_shows_its_secret(self, ann: httpx.AsyncClient, clock: FakeClock) -> None:
        draft = {"name": "Backup", "scopes": ["tasks:write", "tasks:read"], "expires_at": "2027-01-01T00:00:00+01:00"}
        answer = await ann.post(TOKENS, json=draft)

        made = answer.json()
        assert answer.status_code == 201
        assert "Location" not in answer.headers  # there is nothing to be read at the token's own address
        assert answer.headers["Cache-Control"] == "no-store"
        assert made == {
            "id": made["id"],
            "name": "Backup",
            "scopes": ["tasks:write", "tasks:read"],
            "expires_at": "2026-12-31T23:00:00.000Z",
            "created_at": "2026-11-23T12:00:00.000Z",
            "last_used_at": None,
            "hint": made["secret"][-4:],
            "secret": made["secret"],
        }
        assert str(PersonalToken.parse(made["secret"]).token_id) == made["id"]
        assert (await ann.delete(f"{TOKENS}/{made['id']}")).status_code == 204

    async def test_shows_its_secret_this_once_and_stores_it_nowhere(
        self, ann: httpx.AsyncClient, raw_database: RawDatabase
    ) -> None:
        made = await make_token(ann)
        secret = PersonalToken.parse(made["secret"]).secret

        (listed,) = await list_tokens(ann)
        assert listed == {name: value for name, value in made.items() if name != "secret"}
        for name in await raw_database.list_collection_names():
            for document in await raw_database[name].find().to_list():
                assert secret not in document.values()
                assert made["secret"] not in str(document)

    async def test_without_an_expiry_makes_one_that_lasts(self, ann: httpx.AsyncClient, clock: FakeClock) -> None:
        absent, null = await make_token(ann), await make_token(ann, expires_at=None)
        assert (absent["expires_at"], null["expires_at"]) == (None, None)
        clock.advance(days=3_650)

        for made in (absent, null):
            assert (await ann.get(TASKS, headers=bearer(made["secret"]))).status_code == 200

    @pytest.mark.parametrize(
        ("fields", "pointer"),
        [
            ({"name": ""}, "/name"),
            ({"name": " \t"}, "/name"),
            ({"name": "x" * 101}, "/name"),
            ({"name": "a\x00b"}, "/name"),
            ({"name": None}, "/name"),
            ({"scopes": []}, "/scopes"),
            ({"scopes": "tasks:read"}, "/scopes"),
            ({"scopes": None}, "/scopes"),
            ({"scopes": ["tasks:read", "tasks:read"]}, "/scopes"),
            ({"scopes": ["tasks:read", "tasks:delete"]}, "/scopes/1"),
            ({"scopes": ["TASKS:READ"]}, "/scopes/0"),
            ({"expires_at": "2026-11-23T12:00:00Z"}, "/expires_at"),
            ({"expires_at": "2025-01-01T00:00:00Z"}, "/expires_at"),
            ({"expires_at": "2026-12-01"}, "/expires_at"),
            ({"expires_at": 1_800_000_000}, "/expires_at"),
            ({"expires_at": format_instant(START + MAX_LIFETIME + timedelta(milliseconds=1))}, "/expires_at"),
            ({"secret": "tf_mine"}, "/secret"),
        ],
    )
    async def test_refuses_what_makes_no_sense(
        self, fields: dict[str, Any], pointer: str, ann: httpx.AsyncClient, raw_database: RawDatabase
    ) -> None:
        answer = await ann.post(TOKENS, json={"name": "x", "scopes": ["tasks:read"], **fields})

        assert [error["pointer"] for error in assert_problem(answer, 422)["errors"]] == [pointer]
        assert await raw_database["api_tokens"].count_documents({}) == 0

    @pytest.mark.parametrize(
        "fields", [{"name": "x" * 100}, {"expires_at": format_instant(START + MAX_LIFETIME)}, {"name": "日誌 🗝"}]
    )
    async def test_takes_what_just_makes_sense(self, fields: dict[str, Any], ann: httpx.AsyncClient) -> None:
        made = await make_token(ann, **fields)

        assert fields.items() <= made.items()

    async def test_that_may_do_an_administrators_work_is_for_administrators(
        self, ann: httpx.AsyncClient, admin: httpx.AsyncClient
    ) -> None:
        refused = await ann.post(TOKENS, json={"name": "x", "scopes": ["tasks:read", "admin"]})

        assert assert_problem(refused, 403)["type"] == "/problems/forbidden"
        assert (await make_token(admin, "admin"))["scopes"] == ["admin"]

    async def test_takes_no_idempotency_key(self, ann: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
        """A replay would have to hold the secret, and taking no notice of the key would make another token."""
        draft, key = {"name": "x", "scopes": ["tasks:read"]}, {"Idempotency-Key": "once"}
        refused = await ann.post(TOKENS, json=draft, headers=key)

        assert assert_problem(refused, 422)["errors"][0]["pointer"] == "/Idempotency-Key"
        assert await list_tokens(ann) == []
        assert (await client.post(TOKENS, json=draft, headers=key)).status_code == 401


class TestTheHundredAndFirstToken:
    async def test_is_refused(self, ann: httpx.AsyncClient, raw_database: RawDatabase) -> None:
        await make_token(ann)
        await fill_up(ann, raw_database, MAX_TOKENS - 2)
        await make_token(ann)
        refused = await ann.post(TOKENS, json={"name": "x", "scopes": ["tasks:read"]})

        assert assert_problem(refused, 409)["type"] == "/problems/quota-exceeded"
        assert len(await list_tokens(ann, limit=200)) == MAX_TOKENS
        last = (await list_tokens(ann, limit=1))[0]
        assert (await ann.delete(f"{TOKENS}/{last['id']}")).status_code == 204
        await make_token(ann)

    async def test_takes_the_place_of_those_that_have_expired(
        self, ann: httpx.AsyncClient, raw_database: RawDatabase, clock: FakeClock
    ) -> None:
        living = await make_token(ann)
        await fill_up(ann, raw_database, MAX_TOKENS - 1, expires_at=clock.now())
        clock.advance(1)
        made = await make_token(ann)

        assert [token["id"] for token in await list_tokens(ann)] == [made["id"], living["id"]]

    async def test_is_never_let_in_by_a_race_for_the_last_place(
        self, ann: httpx.AsyncClient, raw_database: RawDatabase
    ) -> None:
        await make_token(ann)
        await fill_up(ann, raw_database, MAX_TOKENS - 2)
        draft = {"name": "x", "scopes": ["tasks:read"]}
        answers = await asyncio.gather(*(ann.post(TOKENS, json=draft) for _ in range(6)))

        made = [answer for answer in answers if answer.status_code == 201]
        assert {answer.status_code for answer in answers} <= {201, 409}
        assert len(made) <= 1
        assert len(await list_tokens(ann, limit=200)) == MAX_TOKENS - 1 + len(made)

    async def test_of_somebody_else_is_none(
        self, ann: httpx.AsyncClient, bob: httpx.AsyncClient, raw_database: RawDatabase
    ) -> None:
        await make_token(ann)
        await fill_up(ann, raw_database, MAX_TOKENS - 1)

        assert await make_token(bob)


class TestListingTokens:
    async def test_shows_ones_own_with_the_newest_first(
        self, ann: httpx.AsyncClient, bob: httpx.AsyncClient, clock: FakeClock
    ) -> None:
        await make_token(bob)
        made = []
        for number in range(3):
            made.append(await make_token(ann, name=f"number {number}"))
            clock.advance(1)

        assert [token["name"] for token in await list_tokens(ann)] == ["number 2", "number 1", "number 0"]

    async def test_still_shows_one_that_has_expired(self, ann: httpx.AsyncClient, clock: FakeClock) -> None:
        made = await make_token(ann, expires_at="2026-11-23T12:01:00Z")
        clock.advance(minutes=2)

        assert [token["id"] for token in await list_tokens(ann)] == [made["id"]]

    async def test_comes_in_pages(self, ann: httpx.AsyncClient, clock: FakeClock) -> None:
        for number in range(5):
            await make_token(ann)
            clock.advance(number // 3)  # some are made at the same instant
        seen, cursor, pages = [], {}, 0
        while True:
            answer = await ann.get(TOKENS, params={"limit": 2, **cursor})
            seen += [item["id"] for item in answer.json()["items"]]
            pages += 1
            if answer.json()["next_cursor"] is None:
                break
            cursor = {"cursor": answer.json()["next_cursor"]}
            assert f"cursor={cursor['cursor']}" in answer.headers["Link"]

        assert pages == 3
        assert seen == [token["id"] for token in await list_tokens(ann)]

    async def test_is_conditional(self, ann: httpx.AsyncClient) -> None:
        etag = {"If-None-Match": (await ann.get(TOKENS)).headers["ETag"]}

        assert (await ann.get(TOKENS, headers=etag)).status_code == 304
        await make_token(ann)
        assert (await ann.get(TOKENS, headers=etag)).status_code == 200

    @pytest.mark.parametrize(
        ("query", "status"),
        [({"limit": 0}, 422), ({"limit": 201}, 422), ({"offset": 1}, 422), ({"cursor": "garbage"}, 400)],
    )
    async def test_refuses_a_bad_query(self, query: dict[str, Any], status: int, ann: httpx.AsyncClient) -> None:
        assert_problem(await ann.get(TOKENS, params=query), status)


class TestRevokingAToken:
    async def test_ends_it_at_once_and_no_other(self, ann: httpx.AsyncClient) -> None:
        revoked, kept = await make_token(ann), await make_token(ann)
        assert (await ann.get(TASKS, headers=bearer(revoked["secret"]))).status_code == 200
        answer = await ann.delete(f"{TOKENS}/{revoked['id']}")

        assert (answer.status_code, answer.content) == (204, b"")
        assert_refused(await ann.get(TASKS, headers=bearer(revoked["secret"])))
        assert (await ann.get(TASKS, headers=bearer(kept["secret"]))).status_code == 200
        assert [token["id"] for token in await list_tokens(ann)] == [kept["id"]]
        assert (await ann.delete(f"{TOKENS}/{revoked['id']}")).status_code == 404

    async def test_of_somebody_else_is_answered_like_one_that_never_was(
        self, ann: httpx.AsyncClient, bob: httpx.AsyncClient
    ) -> None:
        made = await make_token(ann)
        foreign = await bob.delete(f"{TOKENS}/{made['id']}")
        unknown = await bob.delete(f"{TOKENS}/{uuid4()}")

        assert assert_problem(foreign, 404)["detail"] == assert_problem(unknown, 404)["detail"]
        assert (await ann.get(TASKS, headers=bearer(made["secret"]))).status_code == 200

    async def test_is_not_what_signing_out_everywhere_does(self, ann: httpx.AsyncClient) -> None:
        """Programs go on when their owner's devices are signed out."""
        made = await make_token(ann)
        assert (await ann.post("/api/v1/auth/logout-all")).status_code == 204

        assert (await ann.get(TASKS, headers=bearer(made["secret"]))).status_code == 200
