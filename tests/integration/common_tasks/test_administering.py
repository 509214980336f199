"""Changing the common tasks: by administrators alone, one after the other, and never without a trace."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from app.tasks import common_task_editing
from tests.fakes.clock import FakeClock
from tests.integration.common_tasks.conftest import ADMIN, COMMON, RawDatabase, add_common, titles_of
from tests.integration.tasks.calls import NOBODYS_ID, Json, expect, expect_invalid, expect_problem
from tests.shapes import looks_into_the_process


async def audit_of(database: RawDatabase) -> list[dict[str, Any]]:
    """What the audit says of common tasks, in order."""
    found = database["audit"].find({"subject.kind": "common-task"}, sort=[("_id", 1)])
    return await found.to_list(None)


class TestAddingACommonTask:
    async def test_answers_with_every_default(self, admin: httpx.AsyncClient) -> None:
        answer = await admin.post(ADMIN, json={"title": "Back up"})

        common = expect(answer, 201)
        assert common == {
            "id": common["id"],
            "title": "Back up",
            "notes": "",
            "priority": 0,
            "labels": [],
            "position": "a0",
            "created_at": "2026-11-23T12:00:00.000Z",
            "updated_at": "2026-11-23T12:00:00.000Z",
            "revision": 1,
        }
        assert UUID(common["id"]).version == 7
        assert answer.headers["ETag"] == '"1"'
        assert answer.headers["Location"] == f"{ADMIN}/{common['id']}"
        read = await admin.get(answer.headers["Location"])
        assert expect(read) == common
        assert read.headers["ETag"] == '"1"'

    async def test_puts_it_behind_the_others(self, admin: httpx.AsyncClient) -> None:
        for title in ("first", "second", "third"):
            await add_common(admin, title)

        assert await titles_of(admin) == ["first", "second", "third"]

    @pytest.mark.parametrize(
        ("fields", "pointer"),
        [
            ({"title": ""}, "/title"),
            ({"title": "x" * 501}, "/title"),
            ({"notes": "x" * 20_001}, "/notes"),
            ({"priority": 5}, "/priority"),
            ({"priority": "3"}, "/priority"),
            ({"labels": ["x"] * 21}, "/labels"),
            ({"labels": ["x" * 51]}, "/labels/0"),
            ({"position": "a0"}, "/position"),
            ({"due": None}, "/due"),
            ({"id": NOBODYS_ID}, "/id"),
        ],
        ids=lambda value: str(value)[:20],
    )
    async def test_refuses_what_a_task_may_not_be(
        self, fields: Json, pointer: str, admin: httpx.AsyncClient, raw_database: RawDatabase
    ) -> None:
        expect_invalid(await admin.post(ADMIN, json={"title": "Back up", **fields}), pointer)
        assert await raw_database["common_tasks"].count_documents({}) == 0
        assert await audit_of(raw_database) == []

    async def test_happens_once_for_each_idempotency_key(
        self, admin: httpx.AsyncClient, raw_database: RawDatabase
    ) -> None:
        headers = {"Idempotency-Key": "once"}
        first, second = [await admin.post(ADMIN, json={"title": "Once"}, headers=headers) for _ in range(2)]

        assert expect(first, 201) == expect(second, 201)
        assert second.headers["Idempotency-Replayed"] == "true"
        assert await titles_of(admin) == ["Once"]
        assert len(await audit_of(raw_database)) == 1

    @looks_into_the_process
    async def test_is_seen_at_once_by_whoever_repeats_it_after_its_process_died(
        self,
        admin: httpx.AsyncClient,
        admin_elsewhere: httpx.AsyncClient,
        app: FastAPI,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        assert await titles_of(admin_elsewhere) == []  # which that process remembers
        headers = {"Idempotency-Key": "once"}

        async def die() -> None:
            raise RuntimeError("as if the process had been killed")

        with monkeypatch.context() as patch:
            patch.setattr(app.state.common_tasks.catalogue, "forget", die)
            expect_problem(await admin.post(ADMIN, json={"title": "Once"}, headers=headers), 500, "internal-error")
        assert await titles_of(admin_elsewhere) == []

        again = await admin_elsewhere.post(ADMIN, json={"title": "Once"}, headers=headers)

        expect(again, 201)
        assert again.headers["Idempotency-Replayed"] == "true"
        assert await titles_of(admin_elsewhere) == ["Once"]


class TestTheQuota:
    async def test_refuses_one_more_and_admits_it_when_another_one_goes(
        self, admin: httpx.AsyncClient, raw_database: RawDatabase, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(common_task_editing, "COMMON_TASK_QUOTA", 2)
        first, _ = [await add_common(admin, title) for title in ("first", "second")]

        expect_problem(await admin.post(ADMIN, json={"title": "third"}), 409, "quota-exceeded")
        assert await titles_of(admin) == ["first", "second"]
        assert len(await audit_of(raw_database)) == 2

        await admin.delete(f"{ADMIN}/{first['id']}")
        await add_common(admin, "third")
        assert await titles_of(admin) == ["second", "third"]

    async def test_holds_for_those_who_race(self, admin: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(common_task_editing, "COMMON_TASK_QUOTA", 3)
        answers = await asyncio.gather(*(admin.post(ADMIN, json={"title": str(number)}) for number in range(6)))

        assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 3
        items = expect(await admin.get(COMMON))["items"]
        assert len({item["position"] for item in items}) == len({item["revision"] for item in items}) == 3


class TestChangingACommonTask:
    async def test_changes_what_is_named_and_nothing_else(self, admin: httpx.AsyncClient, clock: FakeClock) -> None:
        common = await add_common(admin, "before", notes="Kept", priority=2, labels=["a"])
        clock.advance(minutes=1)

        answer = await admin.patch(f"{ADMIN}/{common['id']}", json={"title": "after", "labels": None})

        changes = {"title": "after", "labels": [], "updated_at": "2026-11-23T12:01:00.000Z", "revision": 2}
        assert expect(answer) == {**common, **changes}
        assert answer.headers["ETag"] == '"2"'

    @pytest.mark.parametrize("patch", [{}, {"title": "same"}, {"notes": None}])
    async def test_that_changes_nothing_keeps_the_revision(
        self, patch: Json, admin: httpx.AsyncClient, raw_database: RawDatabase
    ) -> None:
        common = await add_common(admin, "same")

        assert expect(await admin.patch(f"{ADMIN}/{common['id']}", json=patch)) == common
        assert len(await audit_of(raw_database)) == 1

    async def test_moves_it(self, admin: httpx.AsyncClient) -> None:
        first, second = [await add_common(admin, title) for title in ("first", "second")]

        expect(await admin.patch(f"{ADMIN}/{second['id']}", json={"position": "Zz"}))

        assert first["position"] == "a0"
        assert await titles_of(admin) == ["second", "first"]

    @pytest.mark.parametrize(
        ("patch", "pointer"),
        [({"title": None}, "/title"), ({"position": "!"}, "/position"), ({"revision": 7}, "/revision")],
    )
    async def test_refuses_what_a_common_task_may_not_be(
        self, patch: Json, pointer: str, admin: httpx.AsyncClient
    ) -> None:
        common = await add_common(admin)

        expect_invalid(await admin.patch(f"{ADMIN}/{common['id']}", json=patch), pointer)

    async def test_is_404_for_one_that_is_not_there(self, admin: httpx.AsyncClient) -> None:
        for method in ("GET", "PATCH", "DELETE"):
            content = {"json": {}} if method == "PATCH" else {}
            answer = await admin.request(method, f"{ADMIN}/{NOBODYS_ID}", **content)
            expect_problem(answer, 404, "not-found")


class TestDeletingACommonTask:
    async def test_takes_it_away(self, admin: httpx.AsyncClient) -> None:
        common = await add_common(admin)

        answer = await admin.delete(f"{ADMIN}/{common['id']}", headers={"If-Match": '"1"'})

        assert (answer.status_code, answer.content) == (204, b"")
        assert await titles_of(admin) == []
        expect_problem(await admin.get(f"{ADMIN}/{common['id']}"), 404, "not-found")


class TestTwoAdministrators:
    async def test_do_not_overwrite_each_other(
        self, admin: httpx.AsyncClient, other_admin: httpx.AsyncClient
    ) -> None:
        common = await add_common(admin)
        path, headers = f"{ADMIN}/{common['id']}", {"If-Match": '"1"'}

        answers = await asyncio.gather(
            admin.patch(path, json={"title": "hers"}, headers=headers),
            other_admin.patch(path, json={"title": "his"}, headers=headers),
        )

        won, lost = sorted(answers, key=lambda answer: answer.status_code)
        problem = expect_problem(lost, 412, "precondition-failed")
        assert problem["current"] == expect(won) == expect(await admin.get(path))
        assert lost.headers["ETag"] == won.headers["ETag"]
        assert problem["current"]["revision"] == 2

    async def test_do_not_delete_what_the_other_one_has_changed(
        self, admin: httpx.AsyncClient, other_admin: httpx.AsyncClient
    ) -> None:
        common = await add_common(admin)
        await other_admin.patch(f"{ADMIN}/{common['id']}", json={"title": "mended"})

        answer = await admin.delete(f"{ADMIN}/{common['id']}", headers={"If-Match": '"1"'})

        assert expect_problem(answer, 412, "precondition-failed")["current"]["title"] == "mended"
        assert await titles_of(admin) == ["mended"]

    async def test_may_change_different_ones_at_the_same_time(
        self, admin: httpx.AsyncClient, other_admin: httpx.AsyncClient
    ) -> None:
        first, second = [await add_common(admin, title) for title in ("first", "second")]

        answers = await asyncio.gather(
            admin.patch(f"{ADMIN}/{first['id']}", json={"priority": 1}, headers={"If-Match": '"1"'}),
            other_admin.patch(f"{ADMIN}/{second['id']}", json={"priority": 2}, headers={"If-Match": '"2"'}),
        )

        assert sorted(expect(answer)["revision"] for answer in answers) == [3, 4]

    async def test_add_the_very_first_ones_at_the_same_time(
        self, admin: httpx.AsyncClient, other_admin: httpx.AsyncClient
    ) -> None:
        added = await asyncio.gather(*(add_common(client) for client in (admin, other_admin)))

        assert sorted((common["revision"], common["position"]) for common in added) == [(1, "a0"), (2, "a1")]


class TestWhoIsNoAdministrator:
    @pytest.mark.parametrize("method", ["POST", "GET", "PATCH", "DELETE"])
    async def test_is_refused(
        self, method: str, admin: httpx.AsyncClient, ann: httpx.AsyncClient, raw_database: RawDatabase
    ) -> None:
        common = await add_common(admin, "kept")
        path = ADMIN if method == "POST" else f"{ADMIN}/{common['id']}"
        content = {"json": {"title": "changed"}} if method in {"POST", "PATCH"} else {}

        expect_problem(await ann.request(method, path, **content), 403, "forbidden")
        assert await titles_of(ann) == ["kept"]
        assert len(await audit_of(raw_database)) == 1


class TestTheAudit:
    async def test_tells_every_act_with_what_it_changed(
        self, admin: httpx.AsyncClient, raw_database: RawDatabase, clock: FakeClock
    ) -> None:
        common = await add_common(admin, "before", labels=["a"])
        clock.advance(seconds=1)
        await admin.patch(f"{ADMIN}/{common['id']}", json={"title": "after", "priority": 0})
        clock.advance(seconds=1)
        answer = await admin.delete(f"{ADMIN}/{common['id']}")

        created, updated, deleted = await audit_of(raw_database)
        fields = {"title": "before", "notes": "", "priority": 0, "labels": ["a"], "position": "a0"}
        assert [entry["action"] for entry in (created, updated, deleted)] == [
            "common-task.created",
            "common-task.updated",
            "common-task.deleted",
        ]
        assert created["details"] == {"before": None, "after": fields}
        assert updated["details"] == {"before": {"title": "before"}, "after": {"title": "after"}}
        assert deleted["details"] == {"before": {**fields, "title": "after"}, "after": None}
        for entry in (created, updated, deleted):
            assert entry["subject"] == {"kind": "common-task", "id": UUID(common["id"]), "email": None}
            assert entry["actor"]["email"] == "root@example.com"
        assert deleted["request_id"] == answer.headers["X-Request-ID"]

    async def test_says_nothing_of_what_was_refused(
        self, admin: httpx.AsyncClient, raw_database: RawDatabase
    ) -> None:
        common = await add_common(admin)
        for method, content in (("PATCH", {"json": {"title": "x"}}), ("DELETE", {})):
            headers = {"If-Match": '"7"'}
            answer = await admin.request(method, f"{ADMIN}/{common['id']}", headers=headers, **content)
            assert answer.status_code == 412

        assert len(await audit_of(raw_database)) == 1

    async def test_is_written_with_the_act_or_neither_is(
        self, admin: httpx.AsyncClient, raw_database: RawDatabase, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        common = await add_common(admin, "kept")

        async def fail(*arguments: object) -> None:
            raise RuntimeError("no audit today")

        monkeypatch.setattr(common_task_editing.AuditLog, "append", fail)
        answers = [
            await admin.post(ADMIN, json={"title": "new"}),
            await admin.patch(f"{ADMIN}/{common['id']}", json={"title": "changed"}),
            await admin.delete(f"{ADMIN}/{common['id']}"),
        ]

        assert [answer.status_code for answer in answers] == [500] * 3
        assert await titles_of(admin) == ["kept"]
        assert (await raw_database["catalogues"].find_one({}) or {})["revision"] == 1
