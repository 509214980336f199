"""Notices over HTTP: pages of them, how many are unread, having read them."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI, Request

from app.api.pagination import CursorCodec
from app.notifications import notice_service
from app.notifications.notices import Notice
from tests.factories.notices import insert_notices, notify, user_id_of
from tests.fakes.clock import FakeClock
from tests.integration.tasks.calls import API, Json, expect, expect_invalid, read, revision_of, walk
from tests.waiting import until

NOTIFICATIONS, SETTINGS = f"{API}/notifications", f"{API}/me/notification-settings"


async def titles(client: httpx.AsyncClient, **parameters: Any) -> list[str]:
    """The titles of one page."""
    return [item["title"] for item in (await read(client, "/notifications", **parameters))["items"]]


async def mark(client: httpx.AsyncClient, *notice_ids: UUID) -> int:
    """Mark notices as read, or all, and return how many are left."""
    body: Json = {"ids": [str(notice_id) for notice_id in notice_ids]} if notice_ids else {"all": True}
    return expect(await client.post(f"{NOTIFICATIONS}/read", json=body))["unread_count"]


class TestListingNotices:
    async def test_shows_what_there_is_to_know(self, app: FastAPI, ann: httpx.AsyncClient) -> None:
        task_id = uuid4()
        [notice_id] = await notify(app, ann, "Buy milk", task_id=task_id)
        item = {
            "id": str(notice_id),
            "kind": "reminder",
            "title": "Buy milk",
            "body": "About Buy milk",
            "task_id": str(task_id),
            "created_at": "2026-11-23T12:00:00.000Z",
            "read_at": None,
            "revision": 1,
        }
        assert await read(ann, "/notifications") == {"items": [item], "next_cursor": None, "unread_count": 1}
        assert await revision_of(ann) == 1  # `/events` tells of it

    async def test_begins_with_the_newest(self, app: FastAPI, ann: httpx.AsyncClient, clock: FakeClock) -> None:
        for title in ("first", "second", "third"):
            await notify(app, ann, title)
            clock.advance(1)
        assert await titles(ann) == ["third", "second", "first"]

    async def test_shows_ones_own(self, app: FastAPI, ann: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
        await notify(app, ann, "hers")
        assert await read(bob, "/notifications") == {"items": [], "next_cursor": None, "unread_count": 0}

    async def test_comes_in_pages_that_miss_and_repeat_nothing(
        self, app: FastAPI, ann: httpx.AsyncClient, clock: FakeClock
    ) -> None:
        for number in range(4):
            await notify(app, ann, *(f"{number}.{letter}" for letter in "abcde"))  # at one instant
            clock.advance(1)
        everything = (await read(ann, "/notifications"))["items"]
        assert len(everything) == 20
        assert await walk(ann, "/notifications", limit=3) == everything
        answer = await ann.get(NOTIFICATIONS, params={"limit": 3})
        assert f"cursor={answer.json()['next_cursor']}" in answer.headers["Link"]

    async def test_leaves_out_what_was_read_if_it_is_asked_to(self, app: FastAPI, ann: httpx.AsyncClient) -> None:
        notice_ids = await notify(app, ann, *"abcdefghij")
        assert await mark(ann, *notice_ids[::2]) == 5
        page = await walk(ann, "/notifications", unread="true", limit=2)
        assert {item["id"] for item in page} == {str(notice_id) for notice_id in notice_ids[1::2]}
        assert len(await titles(ann, unread="false")) == 10

    async def test_counts_the_unread_up_to_a_thousand(
        self, app: FastAPI, ann: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert notice_service.UNREAD_LIMIT == 1_000
        monkeypatch.setattr(notice_service, "UNREAD_LIMIT", 3)
        await notify(app, ann, *"abcde")
        assert (await read(ann, "/notifications"))["unread_count"] == 3

    @pytest.mark.parametrize(
        ("query", "status"),
        [
            ({"limit": 0}, 422),
            ({"limit": 201}, 422),
            ({"unread": "yes"}, 422),
            ({"offset": 1}, 422),
            ({"cursor": "garbage"}, 400),
        ],
    )
    async def test_refuses_a_bad_query(self, ann: httpx.AsyncClient, query: Json, status: int) -> None:
        assert (await ann.get(NOTIFICATIONS, params=query)).status_code == status

    @pytest.mark.parametrize("key", [[], ["2026-11-23T12:00:00.000Z"], ["x", str(uuid4())], [1, 2], ["", "", ""]])
    async def test_refuses_a_cursor_that_says_something_else(self, ann: httpx.AsyncClient, key: list[Any]) -> None:
        scope = {
            "type": "http",
            "path": NOTIFICATIONS,
            "query_string": b"",
            "headers": [],
            "server": ("127.0.0.1", 1),
        }
        cursor = CursorCodec(Request(scope), await user_id_of(ann)).encode(key)
        assert (await ann.get(NOTIFICATIONS, params={"cursor": cursor})).status_code == 400

    async def test_refuses_a_cursor_of_somebody_else(
        self, app: FastAPI, ann: httpx.AsyncClient, bob: httpx.AsyncClient
    ) -> None:
        await notify(app, ann, "a", "b")
        query = {"limit": 1, "cursor": (await read(ann, "/notifications", limit=1))["next_cursor"]}
        assert (await bob.get(NOTIFICATIONS, params=query)).status_code == 400
        assert (await ann.get(NOTIFICATIONS, params=query)).status_code == 200

    async def test_needs_sign_in(self, client: httpx.AsyncClient) -> None:
        assert (await client.get(NOTIFICATIONS)).status_code == 401
        assert (await client.post(f"{NOTIFICATIONS}/read", json={"all": True})).status_code == 401


class TestListingAgain:
    async def test_is_answered_with_304_until_something_changes(self, app: FastAPI, ann: httpx.AsyncClient) -> None:
        etags: list[str] = []

        async def ask() -> int:
            headers = {"If-None-Match": etags[-1]} if etags else {}
            answer = await ann.get(NOTIFICATIONS, headers=headers)
            etags.append(answer.headers["ETag"])
            return answer.status_code

        [notice_id] = await notify(app, ann, "a")
        assert [await ask(), await ask()] == [200, 304]
        await notify(app, ann, "b")
        assert [await ask(), await ask()] == [200, 304]
        await mark(ann, notice_id)
        assert [await ask(), await ask()] == [200, 304]
        assert len(set(etags)) == 3

    async def test_reads_nothing_and_shows_what_is_new_at_once(
        self, app: FastAPI, ann: httpx.AsyncClient, inspection: Any
    ) -> None:
        [notice_id] = await notify(app, ann, "a")
        first = await read(ann, "/notifications")
        inspection.forget()
        assert await read(ann, "/notifications") == first
        assert inspection.operations == ()
        await notify(app, ann, "b")
        assert sorted(await titles(ann)) == ["a", "b"]
        await mark(ann, notice_id)
        page = await read(ann, "/notifications")
        assert page["unread_count"] == 1
        assert {item["title"]: item["read_at"] is None for item in page["items"]} == {"a": False, "b": True}


class TestReadingNotices:
    async def test_marks_those_that_are_named(self, app: FastAPI, ann: httpx.AsyncClient, clock: FakeClock) -> None:
        a, _b, c = await notify(app, ann, "a", "b", "c")
        clock.advance(1)
        assert await mark(ann, a, c) == 1
        items = (await read(ann, "/notifications"))["items"]
        second = "2026-11-23T12:00:01.000Z"
        assert {item["title"]: (item["read_at"], item["revision"]) for item in items} == {
            "a": (second, 2),
            "b": (None, 1),
            "c": (second, 2),
        }

    @pytest.mark.parametrize("count", [4, 5], ids=["in full chunks", "with a rest"])
    async def test_marks_all_however_many(
        self, app: FastAPI, ann: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, count: int
    ) -> None:
        monkeypatch.setattr(notice_service, "_READ_CHUNK", 2)
        await notify(app, ann, *"abcde"[:count])
        assert await mark(ann) == 0
        assert (await titles(ann, unread="true"), len(await titles(ann))) == ([], count)

    async def test_passes_over_what_is_read_or_never_was(
        self, app: FastAPI, ann: httpx.AsyncClient, clock: FakeClock
    ) -> None:
        a, _b = await notify(app, ann, "a", "b")
        assert await mark(ann, a) == 1
        before, revision = await read(ann, "/notifications"), await revision_of(ann)
        clock.advance(1)
        assert await mark(ann, a, uuid4()) == 1
        assert (await read(ann, "/notifications"), await revision_of(ann)) == (before, revision)

    async def test_of_somebody_else_is_like_one_that_never_was(
        self, app: FastAPI, ann: httpx.AsyncClient, bob: httpx.AsyncClient
    ) -> None:
        hers = await notify(app, ann, "hers")
        await notify(app, bob, "his")
        assert [await mark(bob, *hers), await mark(bob, uuid4()), await mark(bob)] == [1, 1, 0]
        assert (await read(ann, "/notifications"))["unread_count"] == 1

    async def test_is_replayed_with_a_key(self, app: FastAPI, ann: httpx.AsyncClient) -> None:
        await notify(app, ann, "a")
        headers = {"Idempotency-Key": "once"}
        first = await ann.post(f"{NOTIFICATIONS}/read", json={"all": True}, headers=headers)
        await notify(app, ann, "b")
        again = await ann.post(f"{NOTIFICATIONS}/read", json={"all": True}, headers=headers)
        assert first.json() == again.json() == {"unread_count": 0}
        assert again.headers["Idempotency-Replayed"] == "true"
        assert await titles(ann, unread="true") == ["b"]

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ({}, ""),
            ({"all": True, "ids": [str(UUID(int=1))]}, ""),
            ({"all": False}, "/all"),
            ({"ids": []}, "/ids"),
            ({"ids": ["x"]}, "/ids/0"),
            ({"ids": [str(UUID(int=number)) for number in range(201)]}, "/ids"),
            ({"all": True, "since": 1}, "/since"),
        ],
        ids=["nothing", "both", "not all", "none", "no id", "too many", "unknown"],
    )
    async def test_refuses_what_does_not_say_which(self, ann: httpx.AsyncClient, body: Json, pointer: str) -> None:
        expect_invalid(await ann.post(f"{NOTIFICATIONS}/read", json=body), pointer)


class TestTellingAgain:
    async def test_leaves_a_notice_as_it_is(self, app: FastAPI, ann: httpx.AsyncClient, clock: FakeClock) -> None:
        notice = Notice(uuid4(), "welcome", "a", "", None, created_at=clock.now())
        await insert_notices(app, ann, [notice])
        await mark(ann, notice.notice_id)
        before = await read(ann, "/notifications")
        clock.advance(1)
        await insert_notices(app, ann, [notice])
        assert await read(ann, "/notifications") == before


class TestTheirLifetime:
    async def test_is_ninety_days(self, app: FastAPI, raw_database: Any) -> None:
        indexes = await raw_database["notifications"].index_information()
        [ttl] = [index for index in indexes.values() if "expireAfterSeconds" in index]
        assert (ttl["key"], ttl["expireAfterSeconds"]) == ([("created_at", 1)], 90 * 24 * 3600)


class TestPersonalTokens:
    @pytest.mark.parametrize(
        ("scopes", "statuses"),
        [(["tasks:read"], [200, 200, 403, 403]), (["tasks:read", "tasks:write"], [200, 200, 200, 200])],
        ids=["that read", "that write"],
    )
    async def test_may_do_what_they_may_do_with_tasks(
        self, ann: httpx.AsyncClient, client: httpx.AsyncClient, scopes: list[str], statuses: list[int]
    ) -> None:
        token = expect(await ann.post(f"{API}/me/tokens", json={"name": "script", "scopes": scopes}), 201)["secret"]
        client.headers["Authorization"] = f"Bearer {token}"
        answers = [
            await client.get(NOTIFICATIONS),
            await client.get(SETTINGS),
            await client.post(f"{NOTIFICATIONS}/read", json={"all": True}),
            await client.patch(SETTINGS, json={}),
        ]
        assert [answer.status_code for answer in answers] == statuses


class TestErasingAnAccount:
    async def test_takes_its_notices_its_choice_and_its_digest(
        self, app: FastAPI, ann: httpx.AsyncClient, bob: httpx.AsyncClient, raw_database: Any
    ) -> None:
        await notify(app, ann, "hers")
        await notify(app, bob, "his")
        expect(await ann.patch(SETTINGS, json={"daily_digest": {"time": "07:30"}}))
        assert await raw_database["outbox"].count_documents({"kind": "digest"}) == 1
        expect(await ann.delete(f"{API}/me"), 202)

        async def is_erased() -> bool:
            return await raw_database["users"].count_documents({}) == 1

        await until(is_erased)
        assert [document["title"] for document in await raw_database["notifications"].find({}).to_list()] == ["his"]
        assert await raw_database["notification_settings"].count_documents({}) == 0
        assert await raw_database["outbox"].count_documents({"kind": "digest"}) == 0
