"""Lists: adding, reading, changing, ordering and deleting them with their tasks."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import Request

from app.api.pagination import CursorCodec
from app.tasks import list_service
from tests.integration.tasks.calls import (
    LISTS,
    NOBODYS_ID,
    Json,
    add_list,
    add_task,
    add_tasks,
    delete_list,
    expect,
    expect_invalid,
    expect_problem,
    patch_task,
    read,
    read_task,
    revision_of,
    titles,
    walk,
)


async def names(client: httpx.AsyncClient) -> list[str]:
    return [document["name"] for document in await walk(client, "/lists")]


async def patch_list(client: httpx.AsyncClient, document: Json, **fields: Any) -> Json:
    return expect(await client.patch(f"{LISTS}/{document['id']}", json=fields))


class TestAddingAList:
    async def test_answers_with_every_default(self, ann: httpx.AsyncClient) -> None:
        answer = await ann.post(LISTS, json={"name": "Home"})

        document = expect(answer, 201)
        fields = {"name": "Home", "color": None, "archived": False, "position": "a0", "revision": 1}
        assert document == {"id": document["id"], **fields}
        assert answer.headers["location"] == f"{LISTS}/{document['id']}"
        assert answer.headers["etag"] == '"1"'
        assert expect(await ann.get(answer.headers["location"])) == document

    async def test_keeps_every_field(self, ann: httpx.AsyncClient) -> None:
        fields = {"name": "x" * 100, "color": "#2f80ed", "archived": True}

        assert fields.items() <= (await add_list(ann, **fields)).items()

    async def test_puts_it_behind_the_others(self, ann: httpx.AsyncClient) -> None:
        for name in ("first", "second", "third"):
            await add_list(ann, name)

        assert await names(ann) == ["first", "second", "third"]

    @pytest.mark.parametrize(
        ("fields", "pointer"),
        [
            ({"name": ""}, "/name"),
            ({"name": " "}, "/name"),
            ({"name": "x" * 101}, "/name"),
            ({"name": "\x00"}, "/name"),
            ({"name": None}, "/name"),
            ({"color": "red"}, "/color"),
            ({"archived": 1}, "/archived"),
            ({"position": "a0"}, "/position"),
            ({"id": NOBODYS_ID}, "/id"),
        ],
        ids=lambda value: str(value)[:20].replace("\x00", "NUL"),
    )
    async def test_refuses(self, ann: httpx.AsyncClient, fields: Json, pointer: str) -> None:
        expect_invalid(await ann.post(LISTS, json={"name": "Home", **fields}), pointer)
        assert await names(ann) == []

    async def test_ends_at_the_quota(self, ann: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(list_service, "LIST_QUOTA", 2)
        first, _ = await add_list(ann, "first"), await add_list(ann, "second")

        expect_problem(await ann.post(LISTS, json={"name": "third"}), 409, "quota-exceeded")
        await delete_list(ann, first)
        assert (await add_list(ann, "third"))["name"] == "third"


class TestChangingAList:
    @pytest.mark.parametrize(
        "fields", [{"name": "Work"}, {"color": "#00ff99"}, {"color": None}, {"archived": True}], ids=str
    )
    async def test_changes_what_it_names_and_nothing_else(self, ann: httpx.AsyncClient, fields: Json) -> None:
        document = await add_list(ann, color="#2f80ed")

        changed = await patch_list(ann, document, **fields)

        assert changed == {**document, **fields, "revision": document["revision"] + 1}
        assert expect(await ann.get(f"{LISTS}/{document['id']}")) == changed

    @pytest.mark.parametrize(
        "fields", [{}, {"name": "Home"}, {"archived": None}, {"position": "a0"}, {"position": None}], ids=str
    )
    async def test_keeps_the_revision_when_nothing_differs(self, ann: httpx.AsyncClient, fields: Json) -> None:
        document = await add_list(ann)

        answer = await ann.patch(f"{LISTS}/{document['id']}", json=fields)

        assert expect(answer) == document
        assert answer.headers["etag"] == f'"{document["revision"]}"'
        assert await revision_of(ann) == document["revision"]

    @pytest.mark.parametrize(
        ("fields", "pointer"),
        [
            ({"name": None}, "/name"),
            ({"name": ""}, "/name"),
            ({"color": "#FFFFFF"}, "/color"),
            ({"archived": "yes"}, "/archived"),
            ({"position": "a00"}, "/position"),
            ({"position": "a" + "1" * 500}, "/position"),
            ({"revision": 1}, "/revision"),
        ],
        ids=lambda value: str(value)[:20],
    )
    async def test_refuses(self, ann: httpx.AsyncClient, fields: Json, pointer: str) -> None:
        document = await add_list(ann)

        expect_invalid(await ann.patch(f"{LISTS}/{document['id']}", json=fields), pointer)
        assert expect(await ann.get(f"{LISTS}/{document['id']}")) == document

    @pytest.mark.parametrize("method", ["PATCH", "DELETE"])
    async def test_needs_the_version_that_it_names(self, ann: httpx.AsyncClient, method: str) -> None:
        document = await add_list(ann)
        changed = await patch_list(ann, document, name="Work")
        path = f"{LISTS}/{document['id']}"

        stale = await ann.request(method, path, json={"name": "x"}, headers={"If-Match": '"1"'})
        fresh = await ann.request(method, path, json={"name": "x"}, headers={"If-Match": '"2"'})

        assert expect_problem(stale, 412, "precondition-failed")["current"] == changed
        assert stale.headers["etag"] == '"2"'
        assert fresh.is_success


class TestOrderingLists:
    async def test_goes_by_any_position_between_the_new_neighbours(self, ann: httpx.AsyncClient) -> None:
        _, _, third = [await add_list(ann, name) for name in ("first", "second", "third")]

        await patch_list(ann, third, position="a0V")

        assert await names(ann) == ["first", "third", "second"]

    async def test_tells_two_at_the_same_position_apart_by_their_ids(self, ann: httpx.AsyncClient) -> None:
        lists = [await add_list(ann, f"{number}") for number in range(5)]
        for document in lists:
            await patch_list(ann, document, position="b00")

        by_id = sorted(lists, key=lambda document: document["id"])
        assert await names(ann) == [document["name"] for document in by_id]
        assert [document["id"] for document in await walk(ann, "/lists", limit=2)] == [d["id"] for d in by_id]

    async def test_puts_a_new_one_behind_the_longest_position(self, ann: httpx.AsyncClient) -> None:
        await patch_list(ann, await add_list(ann, "first"), position="z" * 500)

        await add_list(ann, "second")

        assert await names(ann) == ["first", "second"]


class TestAnArchivedList:
    async def test_is_listed_and_keeps_its_tasks(self, ann: httpx.AsyncClient) -> None:
        document = await add_list(ann)
        task = await add_task(ann, list_id=document["id"])

        await patch_list(ann, document, archived=True)

        assert [item["archived"] for item in (await read(ann, "/lists"))["items"]] == [True]
        assert await read_task(ann, task) == task
        assert (await patch_task(ann, task, title="x"))["list_id"] == document["id"]


class TestDeletingAList:
    async def test_moves_its_tasks_to_the_trash_under_one_revision(self, ann: httpx.AsyncClient) -> None:
        document = await add_list(ann)
        parent, *_ = await add_tasks(ann, "parent", "other", list_id=document["id"])
        await add_task(ann, "subtask", parent_id=parent["id"])
        await add_task(ann, "elsewhere")
        revision = await revision_of(ann)

        await delete_list(ann, document)

        trash = (await read(ann, "/tasks", deleted="true"))["items"]
        assert [task["title"] for task in trash] == ["parent", "other", "subtask"]
        assert {task["revision"] for task in trash} == {revision + 1} == {await revision_of(ann)}
        assert await titles(ann) == ["elsewhere"]

    async def test_makes_it_disappear(self, ann: httpx.AsyncClient) -> None:
        document = await add_list(ann)
        await delete_list(ann, document)

        assert await names(ann) == []
        for method in ("GET", "PATCH", "DELETE"):
            answer = await ann.request(method, f"{LISTS}/{document['id']}", json={})
            expect_problem(answer, 404, "not-found")

    async def test_lets_no_task_come_into_it(self, ann: httpx.AsyncClient) -> None:
        document, task = await add_list(ann), await add_task(ann)
        await delete_list(ann, document)

        answer = await ann.patch(f"/api/v1/tasks/{task['id']}", json={"list_id": document["id"]})

        expect_invalid(answer, "/list_id")

    @pytest.mark.parametrize("count", [4, 5, 6])
    async def test_takes_several_steps_when_there_are_many_tasks(
        self, ann: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, count: int
    ) -> None:
        monkeypatch.setattr(list_service, "_TRASH_CHUNK", 2)
        document = await add_list(ann)
        await add_tasks(ann, *map(str, range(count)), list_id=document["id"])

        answer = await ann.delete(f"{LISTS}/{document['id']}", headers={"If-Match": f'"{document["revision"]}"'})

        assert answer.status_code == 204
        assert await titles(ann) == []
        assert len(await titles(ann, deleted="true")) == count
        assert await names(ann) == []


class TestPagesOfLists:
    async def test_show_each_once(self, ann: httpx.AsyncClient) -> None:
        for number in range(7):
            await add_list(ann, str(number))

        for limit in (1, 3, 7, 8, 200):
            items = await walk(ann, "/lists", limit=limit)
            assert [item["name"] for item in items] == list("0123456")

    @pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "page=2"])
    async def test_refuse_what_is_no_page(self, ann: httpx.AsyncClient, query: str) -> None:
        expect_invalid(await ann.get(f"{LISTS}?{query}"), f"/{query.partition('=')[0]}")

    @pytest.mark.parametrize("cursor", ["", "x", "AAAA", "a0", "%00"])
    async def test_refuse_a_cursor_that_is_none(self, ann: httpx.AsyncClient, cursor: str) -> None:
        expect_problem(await ann.get(LISTS, params={"cursor": cursor}), 400, "invalid-cursor")

    @pytest.mark.parametrize("key", [[], ["a0"], ["a0", "x"], [0, NOBODYS_ID], [None, None], ["a0", NOBODYS_ID, 1]])
    async def test_refuse_a_cursor_that_was_made_with_the_right_digest(
        self, ann: httpx.AsyncClient, key: list[object]
    ) -> None:
        user_id = UUID((await read(ann, "/me"))["id"])
        request = Request({"type": "http", "path": LISTS, "query_string": b"", "headers": []})

        cursor = CursorCodec(request, user_id).encode(key)

        expect_problem(await ann.get(LISTS, params={"cursor": cursor}), 400, "invalid-cursor")

    async def test_take_a_cursor_made_like_theirs(self, ann: httpx.AsyncClient) -> None:
        """The control: the digest of the test above is the right one."""
        user_id = UUID((await read(ann, "/me"))["id"])
        request = Request({"type": "http", "path": LISTS, "query_string": b"", "headers": []})

        cursor = CursorCodec(request, user_id).encode(["a0", NOBODYS_ID])

        assert expect(await ann.get(LISTS, params={"cursor": cursor}))["items"] == []
