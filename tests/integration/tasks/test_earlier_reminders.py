"""A migration plans the reminders of tasks that a version without an outbox wrote, beside whatever else goes on."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.core.settings import Settings
from app.data.changes import Change
from app.data.database import Document
from app.data.store import Store
from app.tasks.earlier_reminders import plan_earlier_reminders
from app.tasks.reminder_repository import ReminderRepository
from tests.architecture.inspection import Inspection
from tests.factories.notices import user_id_of
from tests.fakes.clock import START, FakeClock
from tests.integration.tasks.calls import (
    API,
    Json,
    act,
    add_task,
    delete_task,
    expect,
    patch_task,
    read,
    revision_of,
    run_batch,
)
from tests.integration.tasks.earlier import (
    VERSION,
    between_finding_and_planning,
    forget_all,
    migrate,
    migrate_until_cut_off,
    outbox_of,
)
from tests.integration.tasks.history import World
from tests.integration.tasks.reminding import RawDatabase, RemindedPlayer, find_differences, reminders_planned
from tests.integration.tasks.test_reminders import REMINDERS, TOMORROW, in_hours
from tests.servers import FailPoint
from tests.waiting import until


def holders_of_users(inspection: Inspection) -> list[Any]:
    """Return the transactions that held a user's document, in order."""
    return list(
        dict.fromkeys(
            operation.transaction
            for operation in inspection.operations
            if (operation.name, operation.collection) == ("findAndModify", "users")
        )
    )


class TestATaskOfTheVersionBefore:
    async def test_reminds_once_the_migration_ran(
        self, ann: httpx.AsyncClient, bob: httpx.AsyncClient, raw_database: RawDatabase, migrating: Store
    ) -> None:
        mine = await add_task(ann, due=TOMORROW, reminders=REMINDERS)
        his = await add_task(bob, status="in_progress", reminders=[in_hours(1)])
        before = await reminders_planned(raw_database)
        await forget_all(raw_database)

        assert await migrate(migrating) == (VERSION,)

        assert await reminders_planned(raw_database) == before
        assert [key for key, _ in before].count(mine["id"]) == 2
        assert [key for key, _ in before].count(his["id"]) == 1

    async def test_reminds_whatever_was_done_before(
        self, ann: httpx.AsyncClient, raw_database: RawDatabase, migrating: Store, clock: FakeClock
    ) -> None:
        body = {"name": "player", "scopes": ["tasks:read", "tasks:write"]}  # a token that outlives these days
        ann.headers["Authorization"] = (
            f"Bearer {expect(await ann.post(f'{API}/me/tokens', json=body), 201)['secret']}"
        )
        await RemindedPlayer(ann, World({"reminders": [in_hours(24), in_hours(72)]}), clock, seed=1).play(120)
        before = await reminders_planned(raw_database)
        await forget_all(raw_database)

        await migrate(migrating)

        assert await find_differences(ann, raw_database, clock.now()) == []
        ahead = {key for key in before if key[1] > clock.now()}
        assert (await reminders_planned(raw_database)).keys() == ahead
        assert len(ahead) > 5

    async def test_does_not_remind_of_what_has_passed(
        self, ann: httpx.AsyncClient, raw_database: RawDatabase, migrating: Store, clock: FakeClock
    ) -> None:
        late = await add_task(ann, due=TOMORROW, reminders=[{"minutes_before": 1}, {"minutes_before": 40_000}])
        await add_task(ann, "past", reminders=[in_hours(0.5), in_hours(1)])
        clock.advance(hours=1)
        await forget_all(raw_database)

        await migrate(migrating)

        assert [key for key, _ in await reminders_planned(raw_database)] == [late["id"]]

    async def test_does_not_remind_when_it_is_done_or_in_the_trash(
        self, ann: httpx.AsyncClient, raw_database: RawDatabase, migrating: Store
    ) -> None:
        done, trashed = [await add_task(ann, due=TOMORROW, reminders=REMINDERS) for _ in range(2)]
        await act(ann, done, "complete")
        await delete_task(ann, trashed)
        await add_task(ann, "without a due date", reminders=[{"minutes_before": 5}])
        await forget_all(raw_database)

        await migrate(migrating)

        assert await outbox_of(raw_database) == []

    async def test_is_still_under_the_revision_that_clients_know(
        self, ann: httpx.AsyncClient, raw_database: RawDatabase, migrating: Store
    ) -> None:
        await add_task(ann, reminders=[in_hours(1)])
        revision = await revision_of(ann)
        await forget_all(raw_database)

        await migrate(migrating)

        user = await raw_database["users"].find_one({})
        assert user is not None
        assert (user["revision"], user["task_count"]) == (revision, 1)
        assert (await read(ann, "/sync", since=revision))["tasks"] == []
        assert len(await outbox_of(raw_database)) == 1


class TestATaskThatWasPlanned:
    @pytest.fixture
    async def task(self, ann: httpx.AsyncClient) -> Json:
        return await add_task(ann, reminders=[in_hours(1), in_hours(2)])

    async def test_is_not_planned_twice(self, task: Json, raw_database: RawDatabase, migrating: Store) -> None:
        before = await outbox_of(raw_database)

        for _ in range(2):
            await plan_earlier_reminders(migrating)

        assert await outbox_of(raw_database) == before

    async def test_does_not_remind_again_of_what_was_told(
        self, task: Json, raw_database: RawDatabase, migrating: Store, clock: FakeClock
    ) -> None:
        clock.advance(hours=1)
        await raw_database["outbox"].delete_many({"at": {"$lte": clock.now()}})  # as when it is told

        await plan_earlier_reminders(migrating)

        assert list(await reminders_planned(raw_database)) == [(task["id"], START + timedelta(hours=2))]

    async def test_keeps_what_a_worker_has_noted_of_it(
        self, task: Json, raw_database: RawDatabase, migrating: Store, clock: FakeClock
    ) -> None:
        clock.advance(hours=1.5)
        noted = {"due_at": clock.now() + timedelta(minutes=1), "claim": "worker 1", "attempts": 3}
        await raw_database["outbox"].update_one({"at": {"$lte": clock.now()}}, {"$set": noted})
        before = await outbox_of(raw_database)

        await plan_earlier_reminders(migrating)

        assert await outbox_of(raw_database) == before


class TestTheTasksOfAUser:
    async def test_who_is_disabled_are_planned_for_when_they_are_let_in_again(
        self, ann: httpx.AsyncClient, raw_database: RawDatabase, migrating: Store
    ) -> None:
        await add_task(ann, reminders=[in_hours(1)])
        await forget_all(raw_database)
        await raw_database["users"].update_one({}, {"$set": {"is_disabled": True}})

        await migrate(migrating)

        assert len(await outbox_of(raw_database)) == 1

    async def test_who_is_being_erased_are_left_alone(
        self, ann: httpx.AsyncClient, raw_database: RawDatabase, migrating: Store
    ) -> None:
        await add_task(ann, reminders=[in_hours(1)])
        await forget_all(raw_database)
        await raw_database["users"].update_one({}, {"$set": {"deleted_at": START}})

        assert await migrate(migrating) == (VERSION,)

        assert await outbox_of(raw_database) == []

    async def test_who_is_erased_meanwhile_hold_up_nobody(
        self,
        ann: httpx.AsyncClient,
        bob: httpx.AsyncClient,
        raw_database: RawDatabase,
        migrating: Store,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        for client in (ann, bob):
            await run_batch(client, *[{"op": "create", "title": "new", "reminders": [in_hours(1)]}] * 3)
        await forget_all(raw_database)
        erased = await user_id_of(ann)

        async def erase(user_id: UUID) -> None:
            if user_id == erased:
                await raw_database["users"].update_one({"_id": user_id}, {"$set": {"deleted_at": START}})

        monkeypatch.setattr("app.tasks.earlier_reminders.TASK_BATCH", 1)
        between_finding_and_planning(monkeypatch, erase, batch=2)

        assert await migrate(migrating) == (VERSION,)

        planned = [entry["user_id"] for entry in await outbox_of(raw_database)]
        assert (planned.count(erased), len(planned)) == (1, 4)


async def _complete(client: httpx.AsyncClient, task: Json) -> None:
    await act(client, task, "complete")


async def _rename(client: httpx.AsyncClient, task: Json) -> None:
    await patch_task(client, task, title="renamed")


async def _put_off(client: httpx.AsyncClient, task: Json) -> None:
    await patch_task(client, task, due={"date": "2026-11-25"})


CHANGES = pytest.mark.parametrize("change", [_complete, delete_task, _rename, _put_off])


class TestATaskThatIsChangedAtTheSameMoment:
    @pytest.fixture
    async def task(self, ann: httpx.AsyncClient, raw_database: RawDatabase) -> Json:
        task = await add_task(ann, due=TOMORROW, reminders=REMINDERS)
        await forget_all(raw_database)
        return task

    @CHANGES
    async def test_is_planned_as_it_became_after_it_was_found(
        self,
        ann: httpx.AsyncClient,
        raw_database: RawDatabase,
        migrating: Store,
        clock: FakeClock,
        monkeypatch: pytest.MonkeyPatch,
        task: Json,
        change: Callable[[httpx.AsyncClient, Json], Awaitable[None]],
    ) -> None:
        between_finding_and_planning(monkeypatch, lambda _user_id: change(ann, task))

        await migrate(migrating)

        assert await find_differences(ann, raw_database, clock.now()) == []

    @CHANGES
    async def test_is_planned_as_it_becomes_while_it_is_planned(
        self,
        ann: httpx.AsyncClient,
        raw_database: RawDatabase,
        migrating: Store,
        clock: FakeClock,
        inspection: Inspection,
        monkeypatch: pytest.MonkeyPatch,
        task: Json,
        change: Callable[[httpx.AsyncClient, Json], Awaitable[None]],
    ) -> None:
        read_tasks = ReminderRepository.find_to_be_done
        changing: list[Future[None]] = []
        loop = asyncio.get_running_loop()

        async def call() -> None:
            await change(ann, task)

        async def read_and_change(self: ReminderRepository, planning: Change, task_ids: list[UUID]) -> list[Document]:
            tasks = await read_tasks(self, planning, task_ids)
            if not changing:
                begun = len(holders_of_users(inspection))
                changing.append(asyncio.run_coroutine_threadsafe(call(), loop))
                await until(lambda: len(holders_of_users(inspection)) > begun)
            return tasks

        monkeypatch.setattr(ReminderRepository, "find_to_be_done", read_and_change)

        await migrate(migrating)
        await asyncio.gather(*map(asyncio.wrap_future, changing))

        assert len(changing) == 1
        assert await find_differences(ann, raw_database, clock.now()) == []

    async def test_is_met_wherever_the_change_moves_it(
        self,
        ann: httpx.AsyncClient,
        raw_database: RawDatabase,
        migrating: Store,
        clock: FakeClock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """The migration is at the second of five tasks when the fourth is begun: no change of its reminders."""
        tasks = [await add_task(ann, str(number), reminders=[in_hours(1)]) for number in range(5)]
        await forget_all(raw_database)
        monkeypatch.setattr("app.tasks.earlier_reminders.TASK_BATCH", 1)
        between_finding_and_planning(
            monkeypatch, lambda _user_id: patch_task(ann, tasks[3], status="in_progress", priority=4), batch=2
        )

        await migrate(migrating)

        assert await find_differences(ann, raw_database, clock.now()) == []


class TestManyTasks:
    async def test_are_planned_in_several_transactions(
        self,
        ann: httpx.AsyncClient,
        raw_database: RawDatabase,
        migrating: Store,
        clock: FakeClock,
        inspection: Inspection,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        create = {"op": "create", "title": "new", "due": TOMORROW, "reminders": REMINDERS}
        await run_batch(ann, *[create] * 7)  # all of them under one revision
        await forget_all(raw_database)
        monkeypatch.setattr("app.tasks.earlier_reminders.TASK_BATCH", 2)
        inspection.forget()

        await migrate(migrating)

        assert len(holders_of_users(inspection)) == 4
        assert await find_differences(ann, raw_database, clock.now()) == []

    async def test_are_waited_for_longer_than_the_driver_would(
        self,
        settings: Settings,
        clock: FakeClock,
        ann: httpx.AsyncClient,
        raw_database: RawDatabase,
        failing: FailPoint,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        await add_task(ann, reminders=[in_hours(1)])
        await forget_all(raw_database)
        monkeypatch.setattr("app.data.database.OPERATION_TIMEOUT_MS", 400)
        hasty = Store.open(settings.mongo, clock)
        walking = {"namespace": f"{settings.mongo.database}.tasks", "blockConnection": True, "blockTimeMS": 700}

        async with failing("find", times=1, **walking):
            await plan_earlier_reminders(hasty)
        await hasty.close()

        assert len(await outbox_of(raw_database)) == 1

    async def test_cost_no_transaction_when_none_of_them_will_remind(
        self,
        ann: httpx.AsyncClient,
        raw_database: RawDatabase,
        migrating: Store,
        clock: FakeClock,
        inspection: Inspection,
    ) -> None:
        await run_batch(ann, *[{"op": "create", "title": "new", "reminders": [in_hours(1)]}] * 3)
        await forget_all(raw_database)
        clock.advance(hours=1)
        inspection.forget()

        await migrate(migrating)

        assert holders_of_users(inspection) == []

    async def test_of_many_users_are_all_planned(
        self,
        ann: httpx.AsyncClient,
        bob: httpx.AsyncClient,
        raw_database: RawDatabase,
        migrating: Store,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        for client in (ann, bob):
            await add_task(client, reminders=[in_hours(1)])
        await forget_all(raw_database)
        monkeypatch.setattr("app.tasks.earlier_reminders.USER_PAGE", 1)

        await migrate(migrating)

        assert len(await outbox_of(raw_database)) == 2


class TestAMigrationThatWasInterrupted:
    @pytest.fixture(autouse=True)
    async def interrupted(
        self,
        ann: httpx.AsyncClient,
        raw_database: RawDatabase,
        migrating: Store,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """It was at the second of three batches, of one task each."""
        for number in range(3):
            await add_task(ann, str(number), reminders=[in_hours(1), in_hours(2)])
        await forget_all(raw_database)
        monkeypatch.setattr("app.tasks.earlier_reminders.TASK_BATCH", 1)

        await migrate_until_cut_off(migrating, monkeypatch, batch=2)

    async def test_is_gone_on_with(
        self, ann: httpx.AsyncClient, raw_database: RawDatabase, migrating: Store, clock: FakeClock
    ) -> None:
        assert len(await outbox_of(raw_database)) == 2

        assert await migrate(migrating) == (VERSION,)

        assert len(await outbox_of(raw_database)) == 6
        assert await find_differences(ann, raw_database, clock.now()) == []
        assert await migrate(migrating) == ()

    async def test_does_not_remind_again_of_what_was_told_meanwhile(
        self, raw_database: RawDatabase, migrating: Store, clock: FakeClock
    ) -> None:
        clock.advance(hours=1)
        await raw_database["outbox"].delete_many({"at": {"$lte": clock.now()}})  # as when it is told

        await migrate(migrating)

        assert {at for _, at in await reminders_planned(raw_database)} == {START + timedelta(hours=2)}
        assert len(await outbox_of(raw_database)) == 3
