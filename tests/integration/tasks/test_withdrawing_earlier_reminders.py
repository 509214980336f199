"""The migration withdraws reminders that a version without an outbox left, when it ran on after it or again."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from app.data.store import Store
from app.tasks.earlier_reminders import plan_earlier_reminders
from app.tasks.reminder_repository import ReminderRepository
from tests.fakes.clock import START, FakeClock
from tests.integration.tasks.calls import Json, act, add_task, patch_task
from tests.integration.tasks.earlier import forget_all, outbox_of
from tests.integration.tasks.reminding import RawDatabase, find_differences, reminders_planned
from tests.integration.tasks.test_reminders import in_hours

# What the version before writes of a task, as far as reminders go.
DONE = {"$set": {"status": "done", "completed_at": START}}
IN_THE_TRASH = {"$set": {"deleted": True, "deleted_at": START}}
REMINDING_OTHERWISE = {"$set": {"reminders": [{"at": START + timedelta(hours=3)}]}}
NOT_REMINDING = {"$set": {"reminders": []}}


@pytest.fixture
async def task(ann: httpx.AsyncClient, raw_database: RawDatabase) -> Json:
    await forget_all(raw_database)  # a new user is welcomed
    return await add_task(ann, reminders=[in_hours(1), in_hours(2)])


async def change_unseen(database: RawDatabase, task: Json, update: Json) -> None:
    """Change a task as the version before does, without the outbox."""
    assert (await database["tasks"].update_one({"_id": UUID(task["id"])}, update)).modified_count == 1


def between_finding_and_withdrawing(monkeypatch: pytest.MonkeyPatch, act: Any) -> None:
    """Have something done when somebody's entries were found, before any is withdrawn."""
    find = ReminderRepository.planned_batches

    async def find_and_act(self: ReminderRepository, *options: Any) -> AsyncIterator[dict[UUID, UUID]]:
        async for entries in find(self, *options):
            await act()
            yield entries

    monkeypatch.setattr(ReminderRepository, "planned_batches", find_and_act)


class TestATaskThatTheVersionBeforeChanged:
    @pytest.mark.parametrize("update", [DONE, IN_THE_TRASH, REMINDING_OTHERWISE, NOT_REMINDING])
    async def test_reminds_as_it_has_it_now(
        self,
        ann: httpx.AsyncClient,
        raw_database: RawDatabase,
        migrating: Store,
        clock: FakeClock,
        task: Json,
        update: Json,
    ) -> None:
        await change_unseen(raw_database, task, update)
        assert len(await find_differences(ann, raw_database, clock.now())) >= 2  # the control

        await plan_earlier_reminders(migrating)

        assert await find_differences(ann, raw_database, clock.now()) == []

    async def test_reminds_no_more_when_it_is_not_even_there(
        self, raw_database: RawDatabase, migrating: Store, task: Json
    ) -> None:
        await raw_database["tasks"].delete_one({"_id": UUID(task["id"])})

        await plan_earlier_reminders(migrating)

        assert await outbox_of(raw_database) == []

    async def test_is_one_of_many(
        self,
        ann: httpx.AsyncClient,
        raw_database: RawDatabase,
        migrating: Store,
        clock: FakeClock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        tasks = [await add_task(ann, str(number), reminders=[in_hours(1), in_hours(2)]) for number in range(5)]
        for task in tasks[::2]:
            await change_unseen(raw_database, task, DONE)
        monkeypatch.setattr("app.tasks.earlier_reminders.TASK_BATCH", 3)

        await plan_earlier_reminders(migrating)

        assert await find_differences(ann, raw_database, clock.now()) == []
        assert len(await reminders_planned(raw_database)) == 4

    async def test_reminds_when_it_is_reopened_meanwhile(
        self,
        ann: httpx.AsyncClient,
        raw_database: RawDatabase,
        migrating: Store,
        clock: FakeClock,
        monkeypatch: pytest.MonkeyPatch,
        task: Json,
    ) -> None:
        await change_unseen(raw_database, task, DONE)
        between_finding_and_withdrawing(monkeypatch, lambda: act(ann, task, "reopen"))

        await plan_earlier_reminders(migrating)

        assert len(await reminders_planned(raw_database)) == 2
        assert await find_differences(ann, raw_database, clock.now()) == []


class TestWhatIsLeftInTheOutbox:
    async def test_is_a_late_reminder_that_its_task_has(
        self, ann: httpx.AsyncClient, raw_database: RawDatabase, migrating: Store, clock: FakeClock, task: Json
    ) -> None:
        clock.advance(hours=1.5)

        await plan_earlier_reminders(migrating)

        assert len(await reminders_planned(raw_database)) == 2

    async def test_is_what_does_not_wait_to_remind(
        self, raw_database: RawDatabase, migrating: Store, task: Json
    ) -> None:
        """Of another kind, on its way through a channel, and kept for administrators; all of a task that is done."""
        [entry, _] = await outbox_of(raw_database)
        others = [
            {**entry, "_id": uuid4(), "kind": "digest", "subject": "", "occurrence": "2026-11-24"},
            {**entry, "_id": uuid4(), "channel": "email", "occasion_id": uuid4(), "lane": "email"},
            {**entry, "_id": uuid4(), "state": "dead", "died_at": START},
        ]
        await raw_database["outbox"].insert_many(others)
        await change_unseen(raw_database, task, DONE)

        await plan_earlier_reminders(migrating)

        assert {left["_id"] for left in await outbox_of(raw_database)} == {other["_id"] for other in others}

    async def test_is_everything_of_tasks_that_nobody_changed_unseen(
        self, ann: httpx.AsyncClient, raw_database: RawDatabase, migrating: Store, task: Json
    ) -> None:
        await patch_task(ann, task, title="renamed")
        before = await outbox_of(raw_database)

        await plan_earlier_reminders(migrating)

        assert await outbox_of(raw_database) == before
        assert len(before) == 2
