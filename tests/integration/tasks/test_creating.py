"""Adding a task."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.fakes.clock import FakeClock
from tests.integration.tasks.calls import (
    NOBODYS_ID,
    TASKS,
    add_list,
    add_task,
    add_tasks,
    expect,
    expect_invalid,
    expect_problem,
    read_task,
    revision_of,
    titles,
)

INSTANT = "2026-11-23T12:00:00.000Z"
LABELS = [f"label {number}" for number in range(21)]
REMINDERS = [{"minutes_before": number} for number in range(6)]


class TestAddingATaskWithATitleAlone:
    async def test_answers_with_every_default(self, ann: httpx.AsyncClient) -> None:
        revision = await revision_of(ann)

        task = await add_task(ann, "Buy milk")

        assert UUID(task.pop("id")).version == 7
        assert task == {
            "title": "Buy milk",
            "notes": "",
            "status": "todo",
            "priority": 0,
            "due": None,
            "due_at": None,
            "recurrence": None,
            "reminders": [],
            "labels": [],
            "list_id": None,
            "parent_id": None,
            "position": "a0",
            "completed_at": None,
            "created_at": INSTANT,
            "updated_at": INSTANT,
            "revision": revision + 1,
        }

    async def test_says_where_it_is_and_which_version(self, ann: httpx.AsyncClient) -> None:
        answer = await ann.post(TASKS, json={"title": "Buy milk"})

        task = expect(answer, 201)
        assert answer.headers["location"] == f"{TASKS}/{task['id']}"
        assert answer.headers["etag"] == f'"{task["revision"]}"'
        assert expect(await ann.get(answer.headers["location"])) == task

    async def test_counts_the_revision_up_by_one(self, ann: httpx.AsyncClient) -> None:
        first, second = await add_tasks(ann, "first", "second")

        assert second["revision"] == first["revision"] + 1 == await revision_of(ann)


class TestAddingATaskWithEverything:
    async def test_keeps_every_field(self, ann: httpx.AsyncClient, clock: FakeClock) -> None:
        home, parent = await add_list(ann), await add_task(ann, "parent")
        fields = {
            "title": "Käse \U0001f9c0",
            "notes": "*x*\n" * 5_000,
            "status": "in_progress",
            "priority": 4,
            "due": {"date": "2026-12-01", "time": "09:30", "timezone": "Europe/Paris"},
            "recurrence": None,
            "reminders": [{"minutes_before": 30}, {"at": "2026-12-01T08:00:00.000Z"}],
            "labels": ["home", "x" * 50],
            "list_id": home["id"],
            "parent_id": None,
        }
        clock.advance(seconds=1.5)

        task = await add_task(ann, **fields)

        assert fields.items() <= task.items()
        assert (task["due_at"], task["created_at"]) == ("2026-12-01T08:30:00.000Z", "2026-11-23T12:00:01.500Z")
        assert await read_task(ann, task) == task
        subtask = await add_task(ann, parent_id=parent["id"])
        assert subtask["parent_id"] == parent["id"]

    async def test_is_completed_when_it_begins_done(self, ann: httpx.AsyncClient) -> None:
        assert (await add_task(ann, status="done"))["completed_at"] == INSTANT

    async def test_reads_instants_in_any_offset_and_cuts_them_to_milliseconds(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann, reminders=[{"at": "2026-12-01T10:00:00.1239+02:00"}])

        assert task["reminders"] == [{"at": "2026-12-01T08:00:00.123Z"}]

    @pytest.mark.parametrize(
        "fields",
        [
            {"title": "x" * 500},
            {"title": "\U0001f600" * 500},
            {"notes": "x" * 20_000},
            {"labels": LABELS[:20]},
            {"labels": ["x" * 50]},
            {"reminders": REMINDERS[:5]},
            {"reminders": [{"minutes_before": 40_320}]},
            {"due": {"date": "9998-12-31", "time": "23:59", "timezone": "Etc/GMT+12"}},
            {"due": {"date": "1900-01-01", "time": "00:00", "timezone": "Pacific/Kiritimati"}},
        ],
        ids=lambda fields: str(fields)[:40],
    )
    async def test_goes_to_the_edge_of_every_limit(self, ann: httpx.AsyncClient, fields: dict[str, Any]) -> None:
        task = await add_task(ann, **fields)

        assert fields.items() <= (await read_task(ann, task)).items()


class TestPlacingANewTask:
    async def test_puts_it_behind_all_others(self, ann: httpx.AsyncClient) -> None:
        home = await add_list(ann)
        await add_task(ann, "first")
        await add_task(ann, "second", list_id=home["id"])
        await add_task(ann, "third")

        assert await titles(ann) == ["first", "second", "third"]

    async def test_puts_a_subtask_into_its_parents_list(self, ann: httpx.AsyncClient) -> None:
        home = await add_list(ann)
        parent = await add_task(ann, list_id=home["id"])

        assert (await add_task(ann, parent_id=parent["id"]))["list_id"] == home["id"]

    async def test_refuses_a_list_that_is_not_there(self, ann: httpx.AsyncClient) -> None:
        expect_invalid(await ann.post(TASKS, json={"title": "x", "list_id": NOBODYS_ID}), "/list_id")

    async def test_refuses_a_parent_that_is_not_there(self, ann: httpx.AsyncClient) -> None:
        expect_invalid(await ann.post(TASKS, json={"title": "x", "parent_id": NOBODYS_ID}), "/parent_id")

    async def test_refuses_what_belongs_to_somebody_else(
        self, ann: httpx.AsyncClient, bob: httpx.AsyncClient
    ) -> None:
        home, parent = await add_list(bob), await add_task(bob)

        expect_invalid(await ann.post(TASKS, json={"title": "x", "list_id": home["id"]}), "/list_id")
        expect_invalid(await ann.post(TASKS, json={"title": "x", "parent_id": parent["id"]}), "/parent_id")
        assert await titles(ann) == []


class TestABodyThatIsRefused:
    @pytest.mark.parametrize(
        ("fields", "pointer"),
        [
            ({"title": ""}, "/title"),
            ({"title": " \t\u2003"}, "/title"),
            ({"title": "x" * 501}, "/title"),
            ({"title": "nul\x00"}, "/title"),
            ({"title": 1}, "/title"),
            ({"title": None}, "/title"),
            ({"notes": "x" * 20_001}, "/notes"),
            ({"notes": "\x00"}, "/notes"),
            ({"status": "finished"}, "/status"),
            ({"priority": 5}, "/priority"),
            ({"priority": -1}, "/priority"),
            ({"priority": 1.0}, "/priority"),
            ({"priority": "1"}, "/priority"),
            ({"priority": True}, "/priority"),
            ({"due": "2026-12-01"}, "/due"),
            ({"due": {}}, "/due/date"),
            ({"due": {"date": "2026-02-30"}}, "/due/date"),
            ({"due": {"date": "2026-12-01", "time": "24:00"}}, "/due/time"),
            ({"due": {"date": "2026-12-01", "timezone": "Mars/Olympus"}}, "/due/timezone"),
            ({"due": {"date": "2026-12-01", "at": 1}}, "/due/at"),
            ({"recurrence": {"rule": "FREQ=DAILY", "from": "due"}}, "/recurrence"),
            ({"recurrence": {"rule": "FREQ=HOURLY"}}, "/recurrence/rule"),
            ({"recurrence": {"rule": "FREQ=DAILY", "from": "start"}}, "/recurrence/from"),
            ({"recurrence": {"from": "due"}}, "/recurrence/rule"),
            ({"reminders": REMINDERS}, "/reminders"),
            ({"reminders": [{}]}, "/reminders/0"),
            ({"reminders": [{"minutes_before": 1}, {"at": "tomorrow"}]}, "/reminders/1/at"),
            ({"labels": LABELS}, "/labels"),
            ({"labels": ["x" * 51]}, "/labels/0"),
            ({"labels": ["ok", ""]}, "/labels/1"),
            ({"list_id": "inbox"}, "/list_id"),
            ({"parent_id": 1}, "/parent_id"),
            ({"id": NOBODYS_ID}, "/id"),
            ({"position": "a0"}, "/position"),
            ({"due_at": INSTANT}, "/due_at"),
            ({"user_id": NOBODYS_ID}, "/user_id"),
            ({"a/b~c": 1}, "/a~1b~0c"),
        ],
        ids=lambda value: str(value)[:40].replace("\x00", "NUL"),
    )
    async def test_is_answered_with_the_place_of_the_culprit(
        self, ann: httpx.AsyncClient, fields: dict[str, Any], pointer: str
    ) -> None:
        revision = await revision_of(ann)

        expect_invalid(await ann.post(TASKS, json={"title": "x", **fields}), pointer)
        assert await revision_of(ann) == revision

    async def test_names_every_culprit(self, ann: httpx.AsyncClient) -> None:
        answer = await ann.post(TASKS, json={"priority": 9, "due": {"date": "x"}})

        expect_invalid(answer, "/title", "/priority", "/due/date")

    @pytest.mark.parametrize(
        "body",
        [b"{", b"[1", b'{"title": "\xff"}', b'{"title": "\\ud800"}', b'{"title": NaN}', b"[" * 40 + b"]" * 40],
    )
    async def test_is_malformed_when_it_is_no_json(self, ann: httpx.AsyncClient, body: bytes) -> None:
        answer = await ann.post(TASKS, content=body, headers={"Content-Type": "application/json"})

        expect_problem(answer, 400, "malformed-body")

    @pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"title"', b"1"])
    async def test_is_invalid_when_it_is_no_object(self, ann: httpx.AsyncClient, body: bytes) -> None:
        answer = await ann.post(TASKS, content=body, headers={"Content-Type": "application/json"})

        expect_problem(answer, 422, "validation-failed")

    async def test_is_unsupported_when_it_is_of_another_type(self, ann: httpx.AsyncClient) -> None:
        answer = await ann.post(TASKS, content=b"title=x", headers={"Content-Type": "text/plain"})

        expect_problem(answer, 415, "unsupported-media-type")


class TestSomebodyWhoIsNotSignedIn:
    @pytest.mark.parametrize(
        ("method", "path"),
        [
            *[("GET", path) for path in ("/tasks", f"/tasks/{NOBODYS_ID}", "/tasks/stats", "/labels", "/sync")],
            *[("POST", path) for path in ("/tasks", "/tasks/batch", f"/tasks/{NOBODYS_ID}/complete", "/lists")],
            ("PATCH", f"/tasks/{NOBODYS_ID}"),
            ("DELETE", f"/tasks/{NOBODYS_ID}"),
            ("GET", "/lists"),
        ],
    )
    async def test_is_asked_to_sign_in(self, client: httpx.AsyncClient, method: str, path: str) -> None:
        answer = await client.request(method, f"/api/v1{path}")

        expect_problem(answer, 401, "unauthenticated")
        assert answer.headers["www-authenticate"] == "Bearer"
