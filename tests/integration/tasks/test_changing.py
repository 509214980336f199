"""Changing a task with a merge patch, with and without a precondition."""

from typing import Any

import httpx
import pytest

from tests.fakes.clock import FakeClock
from tests.integration.tasks.calls import (
    NOBODYS_ID,
    TASKS,
    Json,
    add_list,
    add_task,
    expect,
    expect_invalid,
    expect_problem,
    patch_task,
    read_task,
    revision_of,
)

FULL = {
    "title": "Buy milk",
    "notes": "two",
    "status": "done",
    "priority": 3,
    "due": {"date": "2026-12-01", "time": "09:30", "timezone": "Europe/Paris"},
    "reminders": [{"minutes_before": 30}, {"at": "2026-12-01T08:00:00.000Z"}],
    "labels": ["home", "shop"],
}
CLEARED: dict[str, Any] = {"notes": "", "status": "todo", "priority": 0, "due": None, "reminders": [], "labels": []}
STAMPED = ("revision", "updated_at")


def without(task: Json, *names: str) -> Json:
    return {name: value for name, value in task.items() if name not in names}


class TestAPatch:
    @pytest.mark.parametrize(
        "fields",
        [
            {"title": "Buy cheese"},
            {"notes": "three"},
            {"status": "in_progress"},
            {"priority": 1},
            {"due": {"date": "2027-01-01", "time": "10:00", "timezone": "Asia/Tokyo"}},
            {"reminders": [{"at": "2027-01-01T00:00:00.000Z"}]},
            {"labels": ["work"]},
        ],
        ids=lambda fields: next(iter(fields)),
    )
    async def test_changes_what_it_names_and_nothing_else(
        self, ann: httpx.AsyncClient, clock: FakeClock, fields: Json
    ) -> None:
        task = await add_task(ann, **FULL)
        clock.advance(seconds=1)

        changed = await patch_task(ann, task, **fields)

        follows = {"due": ["due_at"], "status": ["completed_at"]}.get(next(iter(fields)), [])
        assert without(changed, *STAMPED, *follows) == without({**task, **fields}, *STAMPED, *follows)
        assert (changed["revision"], changed["updated_at"]) == (task["revision"] + 1, "2026-11-23T12:00:01.000Z")
        assert await read_task(ann, task) == changed

    @pytest.mark.parametrize("name", CLEARED)
    async def test_clears_what_is_null(self, ann: httpx.AsyncClient, name: str) -> None:
        task = await add_task(ann, **FULL)

        changed = await patch_task(ann, task, **{name: None})

        assert changed[name] == CLEARED[name]
        assert (await read_task(ann, task))[name] == CLEARED[name]

    async def test_cannot_clear_the_title(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann)

        expect_invalid(await ann.patch(f"{TASKS}/{task['id']}", json={"title": None}), "/title")
        assert await read_task(ann, task) == task

    async def test_answers_with_the_new_version(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann)

        answer = await ann.patch(f"{TASKS}/{task['id']}", json={"title": "x"})

        assert answer.headers["etag"] == f'"{expect(answer)["revision"]}"' == f'"{task["revision"] + 1}"'

    async def test_may_come_as_a_merge_patch_by_name(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann)

        answer = await ann.patch(
            f"{TASKS}/{task['id']}",
            content=b'{"title": "x"}',
            headers={"Content-Type": "application/merge-patch+json; charset=utf-8"},
        )

        assert expect(answer)["title"] == "x"

    @pytest.mark.parametrize(
        ("fields", "pointer"),
        [
            ({"title": ""}, "/title"),
            ({"title": "x" * 501}, "/title"),
            ({"status": "finished"}, "/status"),
            ({"priority": 1.0}, "/priority"),
            ({"due": {"time": "24:00"}}, "/due/time"),
            ({"due": {"date": 1}}, "/due/date"),
            ({"due": {"hour": 1}}, "/due/hour"),
            ({"due": "2026-12-01"}, "/due"),
            ({"recurrence": {}}, "/recurrence/rule"),
            ({"reminders": [None]}, "/reminders/0"),
            ({"labels": [""]}, "/labels/0"),
            ({"list_id": NOBODYS_ID}, "/list_id"),
            ({"parent_id": NOBODYS_ID}, "/parent_id"),
            ({"position": "a5"}, "/position"),
            ({"completed_at": None}, "/completed_at"),
            ({"colour": "red"}, "/colour"),
        ],
        ids=lambda value: str(value)[:40],
    )
    async def test_is_refused_as_a_whole(self, ann: httpx.AsyncClient, fields: Json, pointer: str) -> None:
        task = await add_task(ann, due={"date": "2026-12-01"})

        answer = await ann.patch(f"{TASKS}/{task['id']}", json={"notes": "changed", **fields})

        expect_invalid(answer, pointer)
        assert await read_task(ann, task) == task


class TestAPatchOfTheDueDate:
    @pytest.mark.parametrize(
        ("patch", "due", "due_at"),
        [
            ({"time": "10:00"}, ("2026-12-01", "10:00", "Europe/Paris"), "2026-12-01T09:00:00.000Z"),
            ({"time": None}, ("2026-12-01", None, "Europe/Paris"), "2026-12-01T22:59:59.000Z"),
            ({"timezone": None}, ("2026-12-01", "09:30", None), "2026-12-01T09:30:00.000Z"),
            ({"date": "2027-07-01"}, ("2027-07-01", "09:30", "Europe/Paris"), "2027-07-01T07:30:00.000Z"),
            (
                {"date": "2027-07-01", "time": None, "timezone": "Asia/Tokyo"},
                ("2027-07-01", None, "Asia/Tokyo"),
                "2027-07-01T14:59:59.000Z",
            ),
        ],
        ids=str,
    )
    async def test_is_merged_member_by_member(
        self, ann: httpx.AsyncClient, patch: Json, due: tuple[str, ...], due_at: str
    ) -> None:
        task = await add_task(ann, **FULL)

        changed = await patch_task(ann, task, due=patch)

        assert changed["due"] == dict(zip(("date", "time", "timezone"), due, strict=True))
        assert changed["due_at"] == due_at

    async def test_gives_one_to_a_task_without(self, ann: httpx.AsyncClient) -> None:
        changed = await patch_task(ann, await add_task(ann), due={"date": "2026-12-01"})

        assert changed["due"] == {"date": "2026-12-01", "time": None, "timezone": None}

    async def test_needs_a_date_when_there_is_none_to_merge_with(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann)

        expect_invalid(await ann.patch(f"{TASKS}/{task['id']}", json={"due": {"time": "10:00"}}), "/due/date")

    async def test_cannot_take_the_date_alone(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann, **FULL)

        expect_invalid(await ann.patch(f"{TASKS}/{task['id']}", json={"due": {"date": None}}), "/due/date")


class TestAPatchThatChangesNothing:
    @pytest.mark.parametrize(
        "fields",
        [
            {},
            {"title": "Buy milk"},
            {"due": {}},
            {"due": {"time": "09:30"}},
            {"labels": ["home", "shop", "home"]},
            {"recurrence": None},
            {"parent_id": None},
            {"list_id": None},
            FULL,
        ],
        ids=lambda fields: str(fields)[:40],
    )
    async def test_keeps_revision_version_and_time(
        self, ann: httpx.AsyncClient, clock: FakeClock, fields: Json
    ) -> None:
        task = await add_task(ann, **FULL)
        clock.advance(seconds=1)

        answer = await ann.patch(f"{TASKS}/{task['id']}", json=fields)

        assert expect(answer) == task
        assert answer.headers["etag"] == f'"{task["revision"]}"'
        assert await revision_of(ann) == task["revision"]


class TestAPatchOfTheList:
    async def test_takes_the_task_there_and_back(self, ann: httpx.AsyncClient) -> None:
        home, task = await add_list(ann), await add_task(ann)

        assert (await patch_task(ann, task, list_id=home["id"]))["list_id"] == home["id"]
        assert (await patch_task(ann, task, list_id=None))["list_id"] is None


class TestAPrecondition:
    @pytest.mark.parametrize("form", ["{}", '"0", {}', '"0",{},"1"', "*", " * "])
    @pytest.mark.parametrize("method", ["PATCH", "DELETE"])
    async def test_that_names_the_version_lets_the_change_pass(
        self, ann: httpx.AsyncClient, method: str, form: str
    ) -> None:
        task = await add_task(ann)
        header = form.format(f'"{task["revision"]}"')

        answer = await ann.request(method, f"{TASKS}/{task['id']}", json={"title": "x"}, headers={"If-Match": header})

        assert answer.is_success

    @pytest.mark.parametrize("form", ['"0"', '"0", "999"', "W/{}", "W/{}, W/*", "", "{bare}", "nonsense", '"'])
    @pytest.mark.parametrize("method", ["PATCH", "DELETE"])
    async def test_that_names_another_refuses_the_change_and_shows_the_present_state(
        self, ann: httpx.AsyncClient, method: str, form: str
    ) -> None:
        task = await add_task(ann)
        etag = f'"{task["revision"]}"'

        answer = await ann.request(
            method,
            f"{TASKS}/{task['id']}",
            json={"title": "x"},
            headers={"If-Match": form.format(etag, bare=task["revision"])},
        )

        assert expect_problem(answer, 412, "precondition-failed")["current"] == task
        assert answer.headers["etag"] == etag
        assert await read_task(ann, task) == task

    async def test_is_stale_after_a_change_of_somebody_else(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann)
        changed = await patch_task(ann, task, notes="first")

        answer = await ann.patch(
            f"{TASKS}/{task['id']}", json={"notes": "second"}, headers={"If-Match": f'"{task["revision"]}"'}
        )

        assert expect_problem(answer, 412, "precondition-failed")["current"] == changed

    async def test_holds_though_another_task_changed(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann)
        await add_task(ann, "another")

        answer = await ann.patch(
            f"{TASKS}/{task['id']}", json={"notes": "x"}, headers={"If-Match": f'"{task["revision"]}"'}
        )

        assert expect(answer)["notes"] == "x"

    @pytest.mark.parametrize("header", ["*", '"1"'])
    async def test_makes_no_difference_to_a_task_that_is_not_there(self, ann: httpx.AsyncClient, header: str) -> None:
        answer = await ann.patch(f"{TASKS}/{NOBODYS_ID}", json={}, headers={"If-Match": header})

        expect_problem(answer, 404, "not-found")
