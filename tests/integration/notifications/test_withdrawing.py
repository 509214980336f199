"""What did not get through yet goes with what it was about, whichever request takes that away."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from app.core.metrics import OutboxMetrics
from app.notifications.channel import PermanentDeliveryError, TemporaryDeliveryError
from app.notifications.courier import Courier
from app.notifications.digest import Digests
from tests.factories.notices import user_id_of
from tests.fakes.clock import FakeClock
from tests.fakes.notification_channel import FakeChannel
from tests.integration.notifications.conftest import work_off
from tests.integration.tasks.calls import (
    API,
    TASKS,
    Json,
    act,
    add_list,
    add_task,
    delete_list,
    delete_task,
    expect,
    patch_task,
    run_batch,
)

SETTINGS = f"{API}/me/notification-settings"
# One minute from now, by the clock of all tests; the reminder of a task counts from when it is due.
DUE = {"date": "2026-11-23", "time": "12:01", "timezone": "UTC"}
REMINDERS = [{"minutes_before": 0}]

Act = Callable[[httpx.AsyncClient, Json], Awaitable[object]]


async def complete(ann: httpx.AsyncClient, task: Json) -> None:
    await act(ann, task, "complete")


async def complete_by_patch(ann: httpx.AsyncClient, task: Json) -> None:
    await patch_task(ann, task, status="done")


async def complete_in_batch(ann: httpx.AsyncClient, task: Json) -> None:
    await run_batch(ann, {"op": "complete", "id": task["id"]})


async def delete_with_its_list(ann: httpx.AsyncClient, task: Json) -> None:
    await delete_list(ann, {"id": task["list_id"]})


async def move_its_due_time(ann: httpx.AsyncClient, task: Json) -> None:
    await patch_task(ann, task, due={**DUE, "time": "18:00"})


async def move_its_reminder(ann: httpx.AsyncClient, task: Json) -> None:
    await patch_task(ann, task, reminders=[{"at": "2026-11-23T18:00:00Z"}])


async def take_its_reminder_away(ann: httpx.AsyncClient, task: Json) -> None:
    await patch_task(ann, task, reminders=[])


ENDS = [
    complete,
    complete_by_patch,
    complete_in_batch,
    delete_task,
    delete_with_its_list,
    move_its_due_time,
    move_its_reminder,
    take_its_reminder_away,
]


@pytest.fixture
def courier(app: FastAPI, channel: FakeChannel, metrics: OutboxMetrics) -> Courier:
    """A courier on the database of the app, every day of whose users is busy."""

    async def agenda(_user_id: UUID, _now: datetime, _timezone: str) -> Mapping[str, Any]:
        return {"due_today": ["Buy milk"], "overdue": [], "due_today_count": 1, "overdue_count": 0}

    return Courier(app.state.store, [channel], metrics, {"digest": Digests(agenda)})


async def subjects_left(outbox: Any) -> list[str]:
    """What the deliveries are about that did not get through; occasions that lie ahead are none."""
    return [entry["subject"] async for entry in outbox.find({"channel": {"$exists": True}})]


class TestAReminderThatDidNotGetThrough:
    @pytest.fixture
    async def tasks(
        self, ann: httpx.AsyncClient, courier: Courier, channel: FakeChannel, outbox: Any, clock: FakeClock
    ) -> tuple[Json, Json]:
        """Two tasks that were told within the app, and whose receiver was away so far."""
        its_list = await add_list(ann)
        task = await add_task(ann, list_id=its_list["id"], due=DUE, reminders=REMINDERS)
        other = await add_task(ann, "Buy bread", due=DUE, reminders=REMINDERS)
        channel.trouble = lambda _: TemporaryDeliveryError("421 try again")
        clock.advance(minutes=1)
        await work_off(courier)
        channel.trouble = lambda _: None
        assert sorted(await subjects_left(outbox)) == sorted([task["id"], other["id"]])
        return task, other

    @pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
    async def test_is_not_told_any_more_while_that_of_another_task_is(
        self,
        end: Act,
        tasks: tuple[Json, Json],
        ann: httpx.AsyncClient,
        courier: Courier,
        channel: FakeChannel,
        outbox: Any,
        clock: FakeClock,
    ) -> None:
        task, other = tasks

        await end(ann, task)

        assert await subjects_left(outbox) == [other["id"]]
        clock.advance(seconds=10)
        await work_off(courier)
        assert [message.subject for message, _ in channel.told] == [other["id"]]
        assert await subjects_left(outbox) == []

    async def test_is_told_after_a_change_that_leaves_it_as_it_is(
        self,
        tasks: tuple[Json, Json],
        ann: httpx.AsyncClient,
        courier: Courier,
        channel: FakeChannel,
        clock: FakeClock,
    ) -> None:
        task, other = tasks

        await patch_task(ann, task, notes="two litres", status="in_progress")

        clock.advance(seconds=10)
        await work_off(courier)
        assert sorted(message.subject for message, _ in channel.told) == sorted([task["id"], other["id"]])

    async def test_and_was_moved_is_told_at_its_new_time(
        self,
        tasks: tuple[Json, Json],
        ann: httpx.AsyncClient,
        courier: Courier,
        channel: FakeChannel,
        clock: FakeClock,
    ) -> None:
        task, other = tasks

        await move_its_reminder(ann, task)

        clock.set(datetime(2026, 11, 23, 18, tzinfo=UTC))
        await work_off(courier)
        told = {message.subject: f"{message.at:%H:%M}" for message, _ in channel.told}
        assert (told, len(channel.told)) == ({task["id"]: "18:00", other["id"]: "12:01"}, 2)


class TestAReminderThatWasGivenUp:
    async def test_goes_with_its_task_while_administrators_keep_that_of_another(
        self, ann: httpx.AsyncClient, courier: Courier, channel: FakeChannel, outbox: Any, clock: FakeClock
    ) -> None:
        task = await add_task(ann, due=DUE, reminders=REMINDERS)
        other = await add_task(ann, "Buy bread", due=DUE, reminders=REMINDERS)
        channel.trouble = lambda _: PermanentDeliveryError("550 no such mailbox")
        clock.advance(minutes=1)
        await work_off(courier)
        assert await outbox.count_documents({"state": "dead"}) == 2

        expect(await ann.post(f"{TASKS}/{task['id']}/complete"))

        assert await subjects_left(outbox) == [other["id"]]


class TestADigestThatDidNotGetThrough:
    async def test_is_not_told_any_more_when_digests_are_turned_off_while_that_of_another_user_is(
        self,
        ann: httpx.AsyncClient,
        bob: httpx.AsyncClient,
        courier: Courier,
        channel: FakeChannel,
        outbox: Any,
        clock: FakeClock,
    ) -> None:
        chosen = {"channels": {"digest": {"push": True, "email": False}}, "daily_digest": {"time": "12:01"}}
        for client in (ann, bob):
            expect(await client.patch(SETTINGS, json=chosen))
        channel.trouble = lambda _: TemporaryDeliveryError("421 try again")
        clock.advance(minutes=1)
        await work_off(courier)
        assert await subjects_left(outbox) == ["", ""]
        channel.trouble = lambda _: None

        expect(await ann.patch(SETTINGS, json={"daily_digest": None}))

        assert await outbox.count_documents({"user_id": await user_id_of(ann)}) == 0
        assert await subjects_left(outbox) == [""]
        clock.advance(seconds=10)
        await work_off(courier)
        assert [recipient.email for _, recipient in channel.told] == ["bob@example.com"]
