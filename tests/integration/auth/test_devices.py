"""The list of devices, and signing one of them out."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import Request

from app.api.pagination import CursorCodec
from app.auth.session_repository import SessionPlace, SessionRepository
from app.data.store import Store
from tests.fakes.clock import FakeClock
from tests.integration.auth.conftest import LogIn, RawDatabase

SESSIONS = "/api/v1/me/sessions"


@pytest.fixture
def as_user(client: httpx.AsyncClient, log_in: LogIn) -> Callable[..., Any]:
    """Signs in with a user agent: the header that authorises, and the session's id."""

    async def sign_in(user_agent: str, email: str = "ada@example.org") -> dict[str, str]:
        client.headers["User-Agent"] = user_agent
        return {"Authorization": f"Bearer {(await log_in(email)).json()['access_token']}"}

    return sign_in


async def list_sessions(client: httpx.AsyncClient, headers: dict[str, str], **query: Any) -> dict[str, Any]:
    answer = await client.get(SESSIONS, headers=headers, params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


class TestListingDevices:
    async def test_shows_ones_own_with_the_one_used_last_first(
        self, client: httpx.AsyncClient, as_user: Callable[..., Any], clock: FakeClock
    ) -> None:
        await as_user("the laptop")
        await as_user("somebody else's", "grace@example.org")
        clock.advance(minutes=1)
        phone = await as_user("the phone")
        page = await list_sessions(client, phone)
        assert [(item["user_agent"], item["current"]) for item in page["items"]] == [
            ("the phone", True),
            ("the laptop", False),
        ]
        assert page["next_cursor"] is None
        assert page["items"][1].keys() == {"id", "created_at", "last_used_at", "user_agent", "current"}
        assert page["items"][1]["created_at"] == "2026-11-23T12:00:00.000Z"

    async def test_leaves_out_what_has_expired(
        self, client: httpx.AsyncClient, as_user: Callable[..., Any], clock: FakeClock
    ) -> None:
        await as_user("long ago")
        clock.advance(days=31)
        page = await list_sessions(client, await as_user("now"))
        assert [item["user_agent"] for item in page["items"]] == ["now"]

    async def test_comes_in_pages(
        self, client: httpx.AsyncClient, as_user: Callable[..., Any], clock: FakeClock
    ) -> None:
        for number in range(7):
            headers = await as_user(f"device {number}")
            clock.advance(number // 3)  # some are used at the same instant
        seen, cursor, pages = [], {}, 0
        while True:
            answer = await client.get(SESSIONS, headers=headers, params={"limit": 2, **cursor})
            seen += [item["id"] for item in answer.json()["items"]]
            pages += 1
            if answer.json()["next_cursor"] is None:
                break
            cursor = {"cursor": answer.json()["next_cursor"]}
            assert f"cursor={cursor['cursor']}" in answer.headers["Link"]
        assert pages == 4
        everything = await list_sessions(client, headers)
        assert seen == [item["id"] for item in everything["items"]]

    async def test_is_conditional(self, client: httpx.AsyncClient, as_user: Callable[..., Any]) -> None:
        headers = await as_user("the laptop")
        etag = (await client.get(SESSIONS, headers=headers)).headers["ETag"]
        again = headers | {"If-None-Match": etag}
        assert (await client.get(SESSIONS, headers=again)).status_code == 304
        await as_user("the phone")
        assert (await client.get(SESSIONS, headers=again)).status_code == 200

    @pytest.mark.parametrize(
        ("query", "status"),
        [
            ({"limit": 0}, 422),
            ({"limit": 201}, 422),
            ({"limit": "x"}, 422),
            ({"offset": 1}, 422),
            ({"cursor": "garbage"}, 400),
        ],
    )
    async def test_refuses_a_bad_query(
        self, client: httpx.AsyncClient, as_user: Callable[..., Any], query: dict[str, Any], status: int
    ) -> None:
        headers = await as_user("the laptop")
        assert (await client.get(SESSIONS, headers=headers, params=query)).status_code == status

    @pytest.mark.parametrize("key", [[], ["2026-11-23T12:00:00.000Z"], ["x", str(uuid4())], [1, 2], ["", "", ""]])
    async def test_refuses_a_cursor_that_says_something_else(
        self, client: httpx.AsyncClient, as_user: Callable[..., Any], key: list[Any]
    ) -> None:
        headers = await as_user("the laptop")
        user_id = UUID((await client.get("/api/v1/me", headers=headers)).json()["id"])
        scope = {"type": "http", "path": SESSIONS, "query_string": b"", "headers": [], "server": ("127.0.0.1", 8000)}
        cursor = CursorCodec(Request(scope), user_id).encode(key)
        assert (await client.get(SESSIONS, headers=headers, params={"cursor": cursor})).status_code == 400

    async def test_refuses_a_cursor_of_somebody_else(
        self, client: httpx.AsyncClient, as_user: Callable[..., Any]
    ) -> None:
        await as_user("the laptop")
        cursor = (await list_sessions(client, await as_user("the phone"), limit=1))["next_cursor"]
        grace = await as_user("hers", "grace@example.org")
        assert (await client.get(SESSIONS, headers=grace, params={"cursor": cursor})).status_code == 400

    async def test_needs_sign_in(self, client: httpx.AsyncClient) -> None:
        assert (await client.get(SESSIONS)).status_code == 401


class TestSigningADeviceOut:
    async def test_ends_its_session_at_once(self, client: httpx.AsyncClient, as_user: Callable[..., Any]) -> None:
        laptop = await as_user("the laptop")
        phone = await as_user("the phone")
        laptop_id = next(item["id"] for item in (await list_sessions(client, phone))["items"] if not item["current"])
        answer = await client.delete(f"{SESSIONS}/{laptop_id}", headers=phone)
        assert (answer.status_code, answer.content) == (204, b"")
        assert (await client.get(SESSIONS, headers=laptop)).status_code == 401
        assert (await client.get(SESSIONS, headers=phone)).status_code == 200

    async def test_that_is_ones_own_ends_the_session_that_asks(
        self, client: httpx.AsyncClient, as_user: Callable[..., Any]
    ) -> None:
        laptop = await as_user("the laptop")
        [item] = (await list_sessions(client, laptop))["items"]
        assert (await client.delete(f"{SESSIONS}/{item['id']}", headers=laptop)).status_code == 204
        assert (await client.get(SESSIONS, headers=laptop)).status_code == 401

    async def test_of_somebody_else_is_answered_like_one_that_never_was(
        self, client: httpx.AsyncClient, as_user: Callable[..., Any]
    ) -> None:
        ada = await as_user("hers")
        grace = await as_user("the other's", "grace@example.org")
        [item] = (await list_sessions(client, ada))["items"]
        foreign = await client.delete(f"{SESSIONS}/{item['id']}", headers=grace)
        unknown = await client.delete(f"{SESSIONS}/{uuid4()}", headers=grace)
        assert (foreign.status_code, unknown.status_code) == (404, 404)
        assert foreign.json()["detail"] == unknown.json()["detail"]
        assert (await client.get(SESSIONS, headers=ada)).status_code == 200

    async def test_with_an_id_that_is_none_is_answered_with_422(
        self, client: httpx.AsyncClient, as_user: Callable[..., Any]
    ) -> None:
        answer = await client.delete(f"{SESSIONS}/x", headers=await as_user("the laptop"))
        assert answer.status_code == 422


class TestTheHundredAndFirstDevice:
    async def test_ends_the_session_that_was_used_longest_ago(
        self, client: httpx.AsyncClient, as_user: Callable[..., Any], clock: FakeClock, raw_database: RawDatabase
    ) -> None:
        first = await as_user("the first")
        clock.advance(1)
        second = await as_user("the second")
        [template] = await raw_database["sessions"].find({"user_agent": "the second"}).to_list()
        await raw_database["sessions"].insert_many([{**template, "_id": uuid4()} for _ in range(98)])
        assert (await client.get(SESSIONS, headers=first)).status_code == 200
        clock.advance(1)
        last = await as_user("one too many")
        assert (await client.get(SESSIONS, headers=first)).status_code == 401
        assert (await client.get(SESSIONS, headers=second)).status_code == 200
        assert len((await list_sessions(client, last, limit=200))["items"]) == 100


class TestSessionsUsedAtTheSameInstant:
    async def test_are_neither_missed_nor_shown_twice_where_a_page_ends(
        self, store: Store, raw_database: RawDatabase
    ) -> None:
        user_id, now = uuid4(), store.clock.now()
        await raw_database["sessions"].insert_many(
            [
                {
                    "_id": uuid4(),
                    "user_id": user_id,
                    "created_at": now,
                    "last_used_at": now,
                    "expires_at": now.replace(year=2027),
                    "user_agent": "",
                    "proof_hash": b"",
                    "secret_hash": b"",
                }
                for _ in range(60)
            ]
        )
        repository = SessionRepository(store.database)
        everything = await repository.list_alive(user_id, now, 100, None)
        place = SessionPlace(everything[29].last_used_at, everything[29].session_id)
        assert await repository.list_alive(user_id, now, 20, place) == everything[30:50]
