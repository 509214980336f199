"""Exporting an account: what stands in the file, and that it is of one point in time."""

import asyncio
import csv
import io
import json
from contextlib import aclosing
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from pymongo.asynchronous.database import AsyncDatabase

from app.tasks import export_repository
from tests.integration.portability.calls import EXPORT, export
from tests.integration.tasks.calls import (
    TASKS,
    act,
    add_list,
    add_task,
    add_tasks,
    delete_task,
    expect,
    expect_problem,
    patch_task,
    read_task,
    run_batch,
)
from tests.waiting import until


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes exports read two documents at a time."""
    monkeypatch.setattr(export_repository, "_BATCH_SIZE", 2)


async def user_id_of(client: httpx.AsyncClient) -> UUID:
    return UUID(expect(await client.get("/api/v1/me"))["id"])


class TestAnExport:
    async def test_of_an_empty_account_has_its_profile(self, ann: httpx.AsyncClient) -> None:
        assert await export(ann) == {
            "format": "taskfleet",
            "version": 1,
            "profile": {"name": "Ann", "timezone": "UTC", "locale": "en", "settings": {}},
            "lists": [],
            "tasks": [],
        }

    async def test_is_a_file_with_the_date_in_its_name(self, ann: httpx.AsyncClient) -> None:
        answer = await ann.get(EXPORT)

        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["content-disposition"] == 'attachment; filename="taskfleet-2026-11-23.json"'
        assert answer.headers["cache-control"] == "no-store"

    async def test_has_what_the_owner_wrote_and_when(self, ann: httpx.AsyncClient) -> None:
        home = await add_list(ann, color="#2f80ed")
        task = await add_task(
            ann,
            list_id=home["id"],
            notes="Two *bottles*",
            priority=3,
            labels=["shop", "ünïcode 🛒"],
            due={"date": "2026-12-01", "time": "09:30", "timezone": "Europe/Paris"},
            reminders=[{"minutes_before": 30}, {"at": "2026-11-30T08:00:00.000Z"}],
        )
        await act(ann, task, "complete")
        task = await read_task(ann, task)

        document = await export(ann)

        left_out = ("revision", "due_at")
        assert document["lists"] == [{name: value for name, value in home.items() if name not in left_out}]
        assert document["tasks"] == [{name: value for name, value in task.items() if name not in left_out}]
        assert task["completed_at"] is not None

    async def test_leaves_the_trash_out(self, ann: httpx.AsyncClient) -> None:
        kept, trashed = await add_tasks(ann, "kept", "trashed")
        await delete_task(ann, trashed)

        assert [task["id"] for task in (await export(ann))["tasks"]] == [kept["id"]]

    async def test_has_nothing_of_others(self, ann: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
        await add_task(bob)
        await add_list(bob)

        document = await export(ann)

        assert (document["lists"], document["tasks"]) == ([], [])

    async def test_has_parents_ahead_of_subtasks(self, ann: httpx.AsyncClient, small_batches: None) -> None:
        first, second, third = await add_tasks(ann, "first", "second", "third")
        for task in (first, second):
            await patch_task(ann, task, parent_id=third["id"])

        assert [task["title"] for task in (await export(ann))["tasks"]] == ["third", "first", "second"]

    async def test_is_the_same_when_nothing_has_changed(self, ann: httpx.AsyncClient) -> None:
        await add_tasks(ann, *"abc")

        assert (await ann.get(EXPORT)).content == (await ann.get(EXPORT)).content

    async def test_is_refused_in_an_unknown_format(self, ann: httpx.AsyncClient) -> None:
        expect_problem(await ann.get(EXPORT, params={"format": "xml"}), 422, "validation-failed")

    async def test_answers_with_a_problem_when_mongodb_fails_ahead_of_it(
        self, ann: httpx.AsyncClient, failing: Any
    ) -> None:
        await ann.get(EXPORT)
        async with failing("find", closeConnection=True):
            expect_problem(await ann.get(EXPORT), 503, "service-unavailable")


class TestAnExportDuringChanges:
    async def read_with_changes(self, app: FastAPI, ann: httpx.AsyncClient) -> dict[str, Any]:
        """Read an export whose account changes after its first piece."""
        await add_tasks(ann, *"abcdef")
        pieces = []
        async with aclosing(app.state.portability.exporter.to_json(await user_id_of(ann))) as export:
            pieces.append(await anext(export))
            await run_batch(
                ann,
                *({"op": "create", "title": "late", "parent_id": task["id"]} for task in await self.tasks(ann)),
                *({"op": "update", "id": task["id"], "title": "changed"} for task in await self.tasks(ann)),
            )
            pieces += [piece async for piece in export]
        return json.loads(b"".join(pieces))

    async def tasks(self, client: httpx.AsyncClient) -> list[dict[str, Any]]:
        return expect(await client.get(TASKS))["items"]

    async def test_shows_one_point_in_time(self, app: FastAPI, ann: httpx.AsyncClient, small_batches: None) -> None:
        document = await self.read_with_changes(app, ann)

        assert [task["title"] for task in document["tasks"]] == list("abcdef")

    async def test_would_show_a_mixture_without_the_snapshot(
        self, app: FastAPI, ann: httpx.AsyncClient, small_batches: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The control."""
        database = app.state.store.database
        open_session = database._open_session

        async def open_plain(**options: Any) -> Any:
            return await open_session()

        monkeypatch.setattr(database, "_open_session", open_plain)
        document = await self.read_with_changes(app, ann)

        assert {task["title"] for task in document["tasks"]} >= {"changed", "late"}


class TestAClientThatGoesAway:
    async def test_ends_the_cursor(
        self, app: FastAPI, ann: httpx.AsyncClient, raw_database: AsyncDatabase[dict[str, Any]], small_batches: None
    ) -> None:
        await add_tasks(ann, *"abcdefgh")
        before = await open_cursors(raw_database)
        async with aclosing(app.state.portability.exporter.to_json(await user_id_of(ann))) as pieces:
            for _ in range(4):
                await anext(pieces)
            assert await open_cursors(raw_database) == before + 1
        await until_cursors(raw_database, before)

    async def test_ends_it_also_over_http(
        self, app: FastAPI, ann: httpx.AsyncClient, raw_database: AsyncDatabase[dict[str, Any]], small_batches: None
    ) -> None:
        await add_tasks(ann, *"abcdefgh")
        before = await open_cursors(raw_database)
        leave, sent = asyncio.Event(), []
        body = iter([{"type": "http.request", "body": b"", "more_body": False}])

        async def receive() -> dict[str, Any]:
            if (request := next(body, None)) is not None:
                return request
            await leave.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)
            if len(sent) == 5:
                leave.set()
                await asyncio.Event().wait()  # a client that reads no further

        headers = [(b"authorization", ann.headers["authorization"].encode()), (b"host", b"127.0.0.1:8000")]
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "asgi": {"version": "3.0"},
            "path": EXPORT,
            "raw_path": EXPORT.encode(),
            "query_string": b"",
            "headers": headers,
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8000),
            "root_path": "",
        }
        await app(scope, receive, send)

        assert sent[0]["status"] == 200
        await until_cursors(raw_database, before)


async def open_cursors(database: AsyncDatabase[dict[str, Any]]) -> int:
    status = await database.client.admin.command("serverStatus")
    return status["metrics"]["cursor"]["open"]["total"]


async def until_cursors(database: AsyncDatabase[dict[str, Any]], count: int) -> None:
    """Return when the server has so many cursors open; the drivers end those of a snapshot within a second."""

    async def has_so_many() -> bool:
        return await open_cursors(database) == count

    await until(has_so_many)


class TestAnExportAsCsv:
    async def rows(self, client: httpx.AsyncClient) -> list[dict[str, str]]:
        answer = await client.get(EXPORT, params={"format": "csv"})
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert answer.headers["content-disposition"].endswith('.csv"')
        assert answer.content.startswith(b"\xef\xbb\xbf")
        return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""), strict=True))

    async def test_has_a_row_for_each_task(self, ann: httpx.AsyncClient) -> None:
        home = await add_list(ann, "Home, sweet")
        task = await add_task(
            ann,
            'Say "hello"',
            notes="two\nlines",
            list_id=home["id"],
            labels=["a,b", "c"],
            reminders=[{"minutes_before": 5}],
            due={"date": "2026-12-01"},
        )

        (row,) = await self.rows(ann)

        assert row == {
            "id": task["id"],
            "title": 'Say "hello"',
            "notes": "two\nlines",
            "status": "todo",
            "priority": "0",
            "due_date": "2026-12-01",
            "due_time": "",
            "due_timezone": "",
            "recurrence": "",
            "reminders": '[{"minutes_before": 5}]',
            "labels": '"a,b",c',
            "list": "Home, sweet",
            "list_id": home["id"],
            "parent_id": "",
            "position": task["position"],
            "completed_at": "",
            "created_at": task["created_at"],
            "updated_at": task["updated_at"],
        }

    async def test_has_no_formulas(self, ann: httpx.AsyncClient) -> None:
        await add_task(ann, '=HYPERLINK("https://evil.example","x")', notes="@SUM(1)")

        (row,) = await self.rows(ann)

        assert row["title"].startswith("'=")
        assert row["notes"] == "'@SUM(1)"
