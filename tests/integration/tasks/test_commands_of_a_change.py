"""How many commands to MongoDB the commonest changes take, and that a task written ahead of its check keeps sound."""

from typing import Any

import httpx
import pytest

from tests.fakes.clock import FakeClock
from tests.integration.tasks.calls import (
    TASKS,
    act,
    add_task,
    expect,
    expect_problem,
    patch_task,
    read_task,
    revision_of,
)

COUNTER = ("findAndModify", "users")


def sent(inspection: Any) -> list[tuple[str, str]]:
    return [(operation.name, operation.collection) for operation in inspection.operations]


class TestTheCommands:
    """One counts the revision; the commit, which no operation stands for, makes one more."""

    async def test_to_add_a_task_are_two(self, ann: httpx.AsyncClient, inspection: Any) -> None:
        await add_task(ann)
        inspection.forget()

        await add_task(ann)

        assert sent(inspection) == [COUNTER, ("insert", "tasks")]

    @pytest.mark.parametrize(
        "fields",
        [
            {"title": "x"},
            {"title": "x", "notes": "y"},
            {"labels": ["home", "shop", "home"]},
            {"labels": []},
            {"status": "done"},
            {"status": "in_progress"},
        ],
        ids=str,
    )
    async def test_to_change_text_labels_or_status_are_two(
        self, ann: httpx.AsyncClient, inspection: Any, fields: dict[str, Any]
    ) -> None:
        task = await add_task(ann, labels=["work"])
        inspection.forget()

        changed = await patch_task(ann, task, **fields)

        assert sent(inspection) == [COUNTER, ("findAndModify", "tasks")]
        assert await read_task(ann, task) == changed

    async def test_to_complete_a_task_are_two(self, ann: httpx.AsyncClient, inspection: Any) -> None:
        task = await add_task(ann)
        inspection.forget()

        await act(ann, task, "complete")

        assert sent(inspection) == [COUNTER, ("findAndModify", "tasks")]

    @pytest.mark.parametrize("fields", [{"priority": 2}, {"title": "x", "due": {"date": "2026-12-01"}}], ids=str)
    async def test_to_change_what_has_consequences_are_three(
        self, ann: httpx.AsyncClient, inspection: Any, fields: dict[str, Any]
    ) -> None:
        task = await add_task(ann)
        inspection.forget()

        await patch_task(ann, task, **fields)

        assert sent(inspection) == [COUNTER, ("find", "tasks"), ("update", "tasks")]

    @pytest.mark.parametrize(
        ("fields", "more"),
        [
            ({"title": "x"}, [("update", "outbox")]),
            ({"notes": "x"}, []),
            ({"status": "in_progress"}, []),
        ],
        ids=str,
    )
    async def test_to_change_a_task_with_reminders_are_one_more_if_these_change(
        self, ann: httpx.AsyncClient, inspection: Any, fields: dict[str, Any], more: list[tuple[str, str]]
    ) -> None:
        task = await add_task(ann, reminders=[{"at": f"2026-12-0{day}T09:00:00Z"} for day in range(1, 6)])
        inspection.forget()

        await patch_task(ann, task, **fields)

        assert sorted(set(sent(inspection))) == sorted([COUNTER, ("findAndModify", "tasks"), *more])

    async def test_to_withdraw_reminders_are_two_more_however_many(
        self, ann: httpx.AsyncClient, inspection: Any
    ) -> None:
        """What is planned, and what did not get through of what was told."""
        task = await add_task(ann, reminders=[{"at": f"2026-12-0{day}T09:00:00Z"} for day in range(1, 6)])
        inspection.forget()

        await act(ann, task, "complete")

        assert sent(inspection) == [COUNTER, ("findAndModify", "tasks"), *2 * [("delete", "outbox")]]

    async def test_to_move_a_reminder_are_three_more(self, ann: httpx.AsyncClient, inspection: Any) -> None:
        task = await add_task(ann, reminders=[{"at": "2026-12-01T09:00:00Z"}])
        inspection.forget()

        await patch_task(ann, task, reminders=[{"at": "2026-12-02T09:00:00Z"}])

        more = [*2 * [("delete", "outbox")], ("update", "outbox")]
        assert sent(inspection) == [COUNTER, ("find", "tasks"), ("update", "tasks"), *more]

    async def test_to_add_a_task_with_reminders_are_three(self, ann: httpx.AsyncClient, inspection: Any) -> None:
        await add_task(ann)
        inspection.forget()

        await add_task(ann, reminders=[{"at": "2026-12-01T09:00:00Z"}, {"at": "2026-12-02T09:00:00Z"}])

        assert sorted(set(sent(inspection))) == [COUNTER, ("insert", "tasks"), ("update", "outbox")]

    async def test_of_the_first_change_of_a_day_are_one_more(self, ann: httpx.AsyncClient, inspection: Any) -> None:
        inspection.forget()

        await add_task(ann)

        changes = [operation for operation in sent(inspection) if operation[0] != "find"]
        assert changes == [COUNTER, ("update", "users"), ("insert", "tasks")]


class TestATaskThatIsWrittenBeforeItIsChecked:
    async def test_keeps_the_time_of_its_completion(
        self, ann: httpx.AsyncClient, inspection: Any, clock: FakeClock
    ) -> None:
        done = await act(ann, await add_task(ann), "complete")
        clock.advance(minutes=1)
        inspection.forget()

        renamed = await patch_task(ann, done, title="x", status="done")

        assert sent(inspection) == [COUNTER, ("findAndModify", "tasks"), ("update", "tasks")]  # the second corrects
        assert renamed["completed_at"] == done["completed_at"] < renamed["updated_at"]
        assert await read_task(ann, done) == renamed

    async def test_stays_as_it_was_when_the_precondition_fails(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann)

        answer = await ann.patch(f"{TASKS}/{task['id']}", json={"status": "done"}, headers={"If-Match": '"999"'})

        assert expect_problem(answer, 412, "precondition-failed")["current"] == task
        assert await read_task(ann, task) == task
        assert await revision_of(ann) == task["revision"]

    async def test_stays_as_it_was_when_nothing_differs(self, ann: httpx.AsyncClient, clock: FakeClock) -> None:
        task = await add_task(ann, status="done")
        clock.advance(minutes=1)

        assert await patch_task(ann, task, title=task["title"], status="done") == task
        assert await read_task(ann, task) == task
        assert await revision_of(ann) == task["revision"]

    async def test_is_nobody_elses(self, ann: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
        task = await add_task(ann)

        expect_problem(await bob.patch(f"{TASKS}/{task['id']}", json={"title": "mine"}), 404, "not-found")

        assert await read_task(ann, task) == task

    async def test_is_not_in_the_trash(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann)
        await ann.delete(f"{TASKS}/{task['id']}")

        expect_problem(await ann.patch(f"{TASKS}/{task['id']}", json={"title": "x"}), 404, "not-found")

        assert await act(ann, task, "restore") == {**task, "revision": task["revision"] + 2}

    async def test_keeps_what_was_changed_before(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann)

        await patch_task(ann, task, notes="one")
        changed = expect(await ann.patch(f"{TASKS}/{task['id']}", json={"title": "two"}))

        assert (changed["title"], changed["notes"]) == ("two", "one")
