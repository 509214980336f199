"""Importing our own document: what comes in, what does not, and what is told of it."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from pymongo.asynchronous.database import AsyncDatabase

from tests.fakes.clock import FakeClock
from tests.integration.portability.calls import IMPORTS, document, export, import_all, send, without_ids
from tests.integration.tasks.calls import (
    act,
    add_list,
    add_task,
    add_tasks,
    count_kept,
    delete_task,
    expect,
    expect_problem,
    patch_task,
    read,
    revision_of,
    titles,
)
from tests.waiting import until

DAILY = {"rule": "FREQ=DAILY", "from": "completion"}
FIXTURE = Path(__file__).parent / "fixtures" / "taskfleet-1.json"


async def fill(client: httpx.AsyncClient, clock: FakeClock) -> None:
    """Give an account something of everything."""
    await client.patch("/api/v1/me", json={"timezone": "Europe/Paris", "locale": "fr", "settings": {"theme": "dark"}})
    home = await add_list(client, "Home", color="#2f80ed")
    await add_list(client, "Old", archived=True)
    parent = await add_task(client, "Parent", list_id=home["id"], labels=["a", "ü"], due={"date": "2026-12-24"})
    clock.advance(minutes=1)
    await add_tasks(client, "Inbox 1", "Inbox 2")
    child = await add_task(client, "Child", parent_id=parent["id"], reminders=[{"minutes_before": 10}])
    await act(client, child, "complete")
    await act(client, await add_task(client, "Water", recurrence=DAILY), "complete")
    clock.advance(minutes=1)
    await patch_task(client, parent, notes="changed", priority=4)
    await delete_task(client, await add_task(client, "Trash"))


class TestAnExportedAccount:
    async def test_comes_into_an_empty_one_as_it_was(
        self, ann: httpx.AsyncClient, bob: httpx.AsyncClient, clock: FakeClock, small_chunks: int
    ) -> None:
        await fill(ann, clock)
        exported = await export(ann)

        report = await import_all(bob, exported)

        assert without_ids(await export(bob)) == without_ids(exported)
        assert report["lists"] == {"created": 2}
        assert report["tasks"] == {"created": 6, "skipped": 0, "failed": 0}
        assert (report["format"], report["dry_run"], report["notes"]) == ("taskfleet", False, [])
        assert report["progress"]["bytes_read"] == report["progress"]["bytes_total"] > 0

    async def test_is_due_in_the_zone_that_comes_with_it(
        self, ann: httpx.AsyncClient, bob: httpx.AsyncClient, clock: FakeClock
    ) -> None:
        await fill(ann, clock)

        await import_all(bob, await export(ann))

        (task,) = [task for task in (await read(bob, "/tasks"))["items"] if task["title"] == "Parent"]
        assert task["due_at"] == "2026-12-24T22:59:59.000Z"

    async def test_goes_on_with_each_series_once(self, ann: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
        await act(ann, await add_task(ann, "Water", recurrence=DAILY), "complete")
        await import_all(bob, await export(ann))
        done, following = sorted((await read(bob, "/tasks"))["items"], key=lambda task: str(task["status"]))

        reopened = await act(bob, done, "reopen")
        await act(bob, reopened, "complete")
        assert len((await read(bob, "/tasks"))["items"]) == 2

        await act(bob, following, "complete")
        assert len((await read(bob, "/tasks"))["items"]) == 3

    async def test_goes_on_with_a_series_whose_next_task_is_gone(
        self, ann: httpx.AsyncClient, bob: httpx.AsyncClient
    ) -> None:
        """The control."""
        await act(ann, await add_task(ann, "Water", recurrence=DAILY), "complete")
        (following,) = [task for task in (await read(ann, "/tasks"))["items"] if task["status"] != "done"]
        await delete_task(ann, following)

        await import_all(bob, await export(ann))

        (done,) = (await read(bob, "/tasks"))["items"]
        await act(bob, await act(bob, done, "reopen"), "complete")
        assert len((await read(bob, "/tasks"))["items"]) == 2

    async def test_is_counted(
        self, ann: httpx.AsyncClient, bob: httpx.AsyncClient, raw_database: AsyncDatabase[dict[str, Any]]
    ) -> None:
        await add_tasks(ann, *"abc")

        await import_all(bob, await export(ann))

        assert await count_kept(raw_database, "bob@example.com") == 3

    async def test_comes_beside_what_is_there(
        self, ann: httpx.AsyncClient, bob: httpx.AsyncClient, clock: FakeClock
    ) -> None:
        await fill(ann, clock)
        await add_tasks(bob, "mine 1", "mine 2")
        await add_list(bob, "Home")

        await import_all(bob, await export(ann))

        assert await titles(bob, list_id="inbox") == [
            *("mine 1", "mine 2", "Inbox 1", "Inbox 2"),
            *("Water", "Water"),
        ]
        lists = (await read(bob, "/lists"))["items"]
        assert [document["name"] for document in lists] == ["Home", "Home", "Old"]
        assert (await read(bob, "/me"))["timezone"] == "UTC"

    async def test_comes_twice_when_it_is_imported_twice(
        self, ann: httpx.AsyncClient, bob: httpx.AsyncClient
    ) -> None:
        await add_tasks(ann, *"ab")
        exported = await export(ann)

        for _ in range(2):
            await import_all(bob, exported)

        tasks = (await export(bob))["tasks"]
        assert [task["title"] for task in tasks] == list("abab")
        assert len({task["position"] for task in tasks}) == 4


class TestTheFixtureOfVersion1:
    async def test_still_comes_in(self, ann: httpx.AsyncClient) -> None:
        await import_all(ann, FIXTURE.read_bytes())

        exported = await export(ann)

        assert exported["profile"]["name"] == "Ada"
        assert [task["title"] for task in exported["tasks"]] == ["Paint the fence", "Buy milk", "Choose a colour"]
        parent, _, child = exported["tasks"]
        assert child["parent_id"] == parent["id"]
        assert child["list_id"] == parent["list_id"] == exported["lists"][0]["id"]
        assert parent["completed_at"] == "2026-11-20T10:00:00.000Z"


class TestAnItemThatIsWrong:
    async def test_is_told_and_left_out(self, ann: httpx.AsyncClient) -> None:
        report = expect(await send(ann, document({"title": "good"}, {"title": ""}, {"priority": 9}, {"x": 1})))

        assert report["tasks"] == {"created": 1, "skipped": 0, "failed": 3}
        assert [error["pointer"] for error in report["errors"]] == [
            "/tasks/1/title",
            "/tasks/2/priority",
            "/tasks/3/x",
        ]
        assert await titles(ann) == ["good"]

    async def test_takes_its_subtasks_with_it(self, ann: httpx.AsyncClient) -> None:
        report = expect(
            await send(ann, document({"id": "p", "title": " "}, {"id": "c", "parent_id": "p"}, {"parent_id": "?"}))
        )

        assert report["tasks"]["failed"] == 3
        assert "parent" in report["errors"][1]["detail"]

    async def test_takes_the_tasks_of_a_list_with_it(self, ann: httpx.AsyncClient) -> None:
        lists = ({"id": "l", "name": ""},)

        report = expect(await send(ann, document({"list_id": "l"}, {"list_id": "?"}, lists=lists)))

        assert report["tasks"]["failed"] == 2
        assert [error["pointer"] for error in report["errors"]] == ["/lists/0/name", "/tasks/0", "/tasks/1"]

    async def test_is_no_failed_task_if_it_is_a_list(self, ann: httpx.AsyncClient) -> None:
        given = document({})
        report = expect(await send(ann, {**given, "tasks": [*given["tasks"], 7], "lists": [{"name": "no id"}, 7]}))

        assert report["tasks"] == {"created": 1, "skipped": 0, "failed": 1}
        assert [error["pointer"] for error in report["errors"]] == ["/lists/0", "/lists/1", "/tasks/1"]

    async def test_is_listed_a_hundred_times_at_most(self, ann: httpx.AsyncClient) -> None:
        report = expect(await send(ann, document(*({"title": ""} for _ in range(120)))))

        assert (len(report["errors"]), report["errors_left_off"], report["tasks"]["failed"]) == (100, 20, 120)

    @pytest.mark.parametrize(
        "task",
        [
            {"completed_at": "2026-11-20T10:00:00Z"},
            {"position": "!"},
            {"created_at": "yesterday"},
            {"due": {"date": "2026-02-30"}},
            {"labels": ["x" * 51]},
            {"title": "a\u0000b"},
            {"id": 7},
        ],
        ids=str,
    )
    async def test_may_be_wrong_in_any_member(self, ann: httpx.AsyncClient, task: dict[str, Any]) -> None:
        report = expect(await send(ann, document(task)))

        assert report["tasks"]["failed"] == 1
        assert report["errors"][0]["pointer"].startswith("/tasks/0")

    async def test_has_the_id_of_another(self, ann: httpx.AsyncClient) -> None:
        report = expect(await send(ann, document({"id": "a"}, {"id": "a"})))

        assert report["tasks"] == {"created": 1, "skipped": 0, "failed": 1}


class TestSubtasksOfSubtasks:
    async def test_become_subtasks_of_the_task_above(self, ann: httpx.AsyncClient) -> None:
        tasks = [{"id": "a"}, {"id": "b", "parent_id": "a"}, {"id": "c", "parent_id": "b"}, {"parent_id": "c"}]

        report = await import_all(ann, document(*tasks))

        first, *others = (await export(ann))["tasks"]
        assert {task["parent_id"] for task in others} == {first["id"]}
        assert [note["count"] for note in report["notes"]] == [2]


class TestPositions:
    async def test_that_are_taken_within_the_file_become_others(self, ann: httpx.AsyncClient) -> None:
        tasks = [{"position": "a0"}, {"position": "a0"}, {"position": "a1"}]

        await import_all(ann, document(*tasks))

        exported = (await export(ann))["tasks"]
        assert [task["title"] for task in exported] == ["Task 0", "Task 1", "Task 2"]
        assert exported[0]["position"] < exported[1]["position"] < exported[2]["position"]

    async def test_that_are_missing_follow_the_file(self, ann: httpx.AsyncClient, small_chunks: int) -> None:
        await import_all(ann, document(*({} for _ in range(5))))

        assert await titles(ann) == [f"Task {number}" for number in range(5)]
        await add_task(ann, "behind")
        assert (await titles(ann))[-1] == "behind"


class TestADryRun:
    async def test_reports_the_same_and_changes_nothing(
        self, ann: httpx.AsyncClient, bob: httpx.AsyncClient, clock: FakeClock
    ) -> None:
        await fill(ann, clock)
        exported = await export(ann)
        exported["tasks"].append({"title": ""})
        before, revision = await export(bob), await revision_of(bob)

        dry = expect(await send(bob, exported, dry_run=True))

        assert (await export(bob), await revision_of(bob)) == (before, revision)
        wet = expect(await send(bob, exported))
        left_out = ("id", "dry_run")
        assert {name: value for name, value in dry.items() if name not in left_out} == {
            name: value for name, value in wet.items() if name not in left_out
        }


class TestReadingAnImport:
    async def test_tells_what_came_of_it(self, ann: httpx.AsyncClient) -> None:
        report = await import_all(ann, document({}))

        assert expect(await ann.get(f"{IMPORTS}/{report['id']}")) == report

    async def test_of_somebody_else_is_404(self, ann: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
        report = await import_all(ann, document({}))

        expect_problem(await bob.get(f"{IMPORTS}/{report['id']}"), 404, "not-found")

    async def test_finds_nothing_under_the_users_own_id(self, ann: httpx.AsyncClient) -> None:
        await import_all(ann, document({}))

        own_id = (await read(ann, "/me"))["id"]
        expect_problem(await ann.get(f"{IMPORTS}/{own_id}"), 404, "not-found")

    async def test_is_over_when_the_account_is_erased(
        self, ann: httpx.AsyncClient, raw_database: AsyncDatabase[dict[str, Any]]
    ) -> None:
        await import_all(ann, document({}))
        assert await raw_database["imports"].count_documents({}) == 2

        await ann.delete("/api/v1/me")

        async def is_empty() -> bool:
            return await raw_database["imports"].count_documents({}) == 0

        await until(is_empty)


class TestARecurringTask:
    async def test_with_a_rule_that_matches_no_day_is_left_out(self, ann: httpx.AsyncClient) -> None:
        never = {"rule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "from": "completion"}

        report = expect(await send(ann, document({"recurrence": never}, {"recurrence": DAILY})))

        assert report["tasks"] == {"created": 1, "skipped": 0, "failed": 1}
        (fault,) = report["errors"]
        assert fault["pointer"] == "/tasks/0/recurrence/rule"
        assert "matches no day" in fault["detail"]

    async def test_that_was_the_last_of_its_series_comes_in(self, ann: httpx.AsyncClient) -> None:
        """The control."""
        due = {"date": "2020-01-01"}
        rules = ("FREQ=DAILY;COUNT=1", "FREQ=DAILY;UNTIL=20200101")

        await import_all(ann, document(*({"due": due, "recurrence": {"rule": rule}} for rule in rules)))
