"""Whatever is done with tasks, the outbox holds exactly the reminders of those that are to be done."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from app.core.clock import format_instant
from app.data.changes import Change
from app.data.database import Document
from app.tasks.reminders import follow_task
from tests.fakes.clock import START, FakeClock
from tests.integration.portability.calls import export, import_all
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
    read,
    read_task,
    run_batch,
    walk,
)
from tests.integration.tasks.history import World
from tests.integration.tasks.reminding import (
    RawDatabase,
    RemindedPlayer,
    find_differences,
    reminders_planned,
    reminders_told,
)
from tests.servers import FailPoint
from tests.waiting import until

# Every module that changes tasks has the planner by this name.
PLANNERS = (
    "app.tasks.operations.follow_task",
    "app.tasks.succession.follow_task",
    "app.tasks.upkeep.follow_task",
    "app.tasks.portability.writer.follow_task",
)
TOMORROW = {"date": "2026-11-24", "time": "09:30"}
REMINDERS = [{"minutes_before": 30}, {"at": "2026-11-24T06:00:00.000Z"}]


def in_hours(hours: float) -> Json:
    """A reminder at an instant so long after the beginning of the test."""
    return {"at": format_instant(START + timedelta(hours=hours))}


@dataclass(frozen=True)
class Stage:
    """A user, and what there is before something is done: a task, one of a list, one that recurs with a subtask."""

    client: httpx.AsyncClient
    task: Json
    list: Json
    listed: Json
    recurring: Json
    subtask: Json


@pytest.fixture
async def stage(ann: httpx.AsyncClient) -> Stage:
    fields = {"due": TOMORROW, "reminders": REMINDERS}
    home = await add_list(ann)
    recurring = await add_task(ann, "recurs", recurrence={"rule": "FREQ=DAILY", "from": "due"}, **fields)
    return Stage(
        ann,
        task=await add_task(ann, **fields),
        list=home,
        listed=await add_task(ann, "listed", list_id=home["id"], **fields),
        recurring=recurring,
        subtask=await add_task(ann, "below", parent_id=recurring["id"], **fields),
    )


async def _create(stage: Stage) -> None:
    await add_task(stage.client, "new", due=TOMORROW, reminders=REMINDERS)


async def _create_in_batch(stage: Stage) -> None:
    await run_batch(stage.client, *({"op": "create", "title": "new", "reminders": [in_hours(n)]} for n in (1, 2)))


async def _change_reminders(stage: Stage) -> None:
    await patch_task(stage.client, stage.task, reminders=[{"minutes_before": 45}, REMINDERS[1]])


async def _change_due(stage: Stage) -> None:
    await patch_task(stage.client, stage.task, due={"date": "2026-11-25"})


async def _take_due_away(stage: Stage) -> None:
    await patch_task(stage.client, stage.task, due=None)


async def _change_title(stage: Stage) -> None:
    await patch_task(stage.client, stage.task, title="renamed")


async def _change_title_with_priority(stage: Stage) -> None:
    await patch_task(stage.client, stage.task, title="renamed", priority=3)


async def _change_in_batch(stage: Stage) -> None:
    await run_batch(
        stage.client,
        {"op": "update", "id": stage.task["id"], "title": "renamed", "reminders": [{"minutes_before": 5}]},
        {"op": "complete", "id": stage.listed["id"]},
        atomic=True,
    )


async def _complete(stage: Stage) -> None:
    await act(stage.client, stage.task, "complete")


async def _finish_by_patch(stage: Stage) -> None:
    await patch_task(stage.client, stage.task, status="done")


async def _trash(stage: Stage) -> None:
    await delete_task(stage.client, stage.task)


async def _trash_with_subtask(stage: Stage) -> None:
    await delete_task(stage.client, stage.recurring)


async def _delete_list(stage: Stage) -> None:
    await delete_list(stage.client, stage.list)


async def _complete_recurring(stage: Stage) -> None:
    await act(stage.client, stage.recurring, "complete")


async def _move_house(stage: Stage) -> None:
    expect(await stage.client.patch(f"{API}/me", json={"timezone": "Pacific/Auckland"}))


# What is done at once, with the stage as it is.
DOINGS: Mapping[str, Callable[[Stage], Awaitable[None]]] = {
    function.__name__.removeprefix("_"): function
    for function in (
        _create,
        _create_in_batch,
        _change_reminders,
        _change_due,
        _take_due_away,
        _change_title,
        _change_title_with_priority,
        _change_in_batch,
        _complete,
        _finish_by_patch,
        _trash,
        _trash_with_subtask,
        _delete_list,
        _complete_recurring,
        _move_house,
    )
}


async def _done(stage: Stage) -> None:
    await act(stage.client, stage.task, "complete")


async def _reopen(stage: Stage) -> None:
    await act(stage.client, stage.task, "reopen")


async def _restore_with_subtask(stage: Stage) -> None:
    await act(stage.client, stage.recurring, "restore")


async def _withdraw_successor(stage: Stage) -> None:
    await act(stage.client, stage.recurring, "reopen")


async def _nothing(stage: Stage) -> None:
    """Leave the stage as it is."""


async def _complete_and_reopen_at_once(stage: Stage) -> None:
    key = stage.recurring["id"]
    await run_batch(stage.client, {"op": "complete", "id": key}, {"op": "reopen", "id": key})


async def _import_again(stage: Stage) -> None:
    await import_all(stage.client, await export(stage.client))


# What is done after something else.
SEQUELS: Mapping[str, tuple[Callable[[Stage], Awaitable[None]], Callable[[Stage], Awaitable[None]]]] = {
    "reopen": (_done, _reopen),
    "restore_with_subtask": (_trash_with_subtask, _restore_with_subtask),
    "withdraw_successor": (_complete_recurring, _withdraw_successor),
    "import": (_nothing, _import_again),
}
ALL = {name: (_nothing, doing) for name, doing in DOINGS.items()} | SEQUELS


def _plan_nothing(change: Change, before: Document | None, after: Document | None) -> None:
    """Forget it."""


def _withdraw_nothing(change: Change, before: Document | None, after: Document | None) -> None:
    """Plan, and never look back."""
    if after is not None:
        follow_task(change, None, after)


class Forgetful:
    """The negative control: planners that do nothing while it lasts."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *planners: str) -> None:
        self._monkeypatch = monkeypatch
        self._planners = planners or PLANNERS

    def __enter__(self) -> None:
        for planner in self._planners:
            self._monkeypatch.setattr(planner, _plan_nothing)

    def __exit__(self, *exception: object) -> None:
        self._monkeypatch.undo()


class TestTheOutbox:
    @pytest.mark.parametrize("name", ALL)
    async def test_follows_the_tasks(
        self, stage: Stage, raw_database: RawDatabase, clock: FakeClock, name: str
    ) -> None:
        earlier, doing = ALL[name]
        await earlier(stage)
        before = await reminders_planned(raw_database)
        await doing(stage)
        assert await find_differences(stage.client, raw_database, clock.now()) == []
        assert await reminders_planned(raw_database) != before

    @pytest.mark.parametrize("name", ALL)
    async def test_would_not_if_one_path_were_forgotten(
        self,
        stage: Stage,
        raw_database: RawDatabase,
        clock: FakeClock,
        monkeypatch: pytest.MonkeyPatch,
        name: str,
    ) -> None:
        """The negative control of the test above, for each path."""
        earlier, doing = ALL[name]
        await earlier(stage)
        assert await find_differences(stage.client, raw_database, clock.now()) == []
        with Forgetful(monkeypatch):
            await doing(stage)
        assert await find_differences(stage.client, raw_database, clock.now()) != []

    async def test_is_as_before_when_a_successor_is_made_and_withdrawn_in_one_change(
        self, stage: Stage, raw_database: RawDatabase, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = await reminders_planned(raw_database)
        await _complete_and_reopen_at_once(stage)
        assert await reminders_planned(raw_database) == before
        assert await find_differences(stage.client, raw_database, clock.now()) == []
        # The control: the successor's reminders were planned before they were withdrawn.
        monkeypatch.setattr("app.tasks.succession.follow_task", _withdraw_nothing)
        await _complete_and_reopen_at_once(stage)
        assert len(await find_differences(stage.client, raw_database, clock.now())) == 4

    async def test_holds_nothing_of_what_is_done_or_lies_in_the_past_when_it_is_made(
        self, ann: httpx.AsyncClient, raw_database: RawDatabase
    ) -> None:
        await add_task(ann, "done", status="done", due=TOMORROW, reminders=REMINDERS)
        await add_task(ann, "past", reminders=[in_hours(-1), in_hours(0)])
        await add_task(ann, "without a due date", reminders=[{"minutes_before": 5}])
        await add_task(ann, "without reminders", due=TOMORROW)
        assert await reminders_planned(raw_database) == {}

    async def test_holds_one_for_two_reminders_at_one_instant(
        self, ann: httpx.AsyncClient, raw_database: RawDatabase
    ) -> None:
        same = [{"minutes_before": 30}, {"at": "2026-11-24T09:00:00.000Z"}]
        task = await add_task(ann, due=TOMORROW, reminders=same)
        assert list(await reminders_planned(raw_database)) == [(task["id"], START + timedelta(hours=21))]
        await patch_task(ann, task, reminders=same[:1])
        assert len(await reminders_planned(raw_database)) == 1

    async def test_holds_the_successors_of_a_task_and_its_subtasks_a_day_later(
        self, stage: Stage, raw_database: RawDatabase
    ) -> None:
        await _complete_recurring(stage)
        successors = {task["id"] for task in await walk(stage.client, "/tasks")} - {
            task["id"] for task in (stage.task, stage.listed, stage.recurring, stage.subtask)
        }
        planned = sorted(at for key, at in await reminders_planned(raw_database) if key in successors)
        assert planned == [START + timedelta(hours=hours) for hours in (42, 42, 45, 45)]

    async def test_is_not_written_for_quick_and_common_tasks_which_have_no_reminders(
        self, ann: httpx.AsyncClient, raw_database: RawDatabase
    ) -> None:
        await raw_database["users"].update_one({}, {"$set": {"role": "admin"}})
        token = expect(await ann.post(f"{API}/auth/dev/login", json={"email": "ann@example.com"}))["access_token"]
        ann.headers["Authorization"] = f"Bearer {token}"
        common = expect(await ann.post(f"{API}/admin/common-tasks", json={"title": "Back up"}), 201)
        added = expect(await ann.post(f"{API}/common-tasks/{common['id']}/add"), 201)
        quick = expect(await ann.post(f"{TASKS}/quick", json={"text": "Pay rent tomorrow 9am"}), 201)["task"]
        assert await reminders_planned(raw_database) == {}
        for task in (added, quick):  # they can be given some, like any other
            await patch_task(ann, task, reminders=[in_hours(1)])
        assert {key for key, _ in await reminders_planned(raw_database)} == {added["id"], quick["id"]}


class TestALateReminder:
    """One whose time has come, which no worker has told yet."""

    @pytest.fixture
    async def late(self, ann: httpx.AsyncClient, clock: FakeClock) -> Json:
        task = await add_task(ann, reminders=[in_hours(1 / 60), in_hours(48)])
        clock.advance(minutes=5)
        return task

    @staticmethod
    async def is_waiting(database: RawDatabase, task: Json) -> bool:
        return (task["id"], START + timedelta(minutes=1)) in await reminders_planned(database)

    @pytest.mark.parametrize(
        "fields", [{"priority": 3}, {"notes": "more"}, {"status": "in_progress"}, {"due": TOMORROW}], ids=str
    )
    async def test_stays_as_long_as_the_task_has_it(
        self, ann: httpx.AsyncClient, raw_database: RawDatabase, late: Json, fields: Json
    ) -> None:
        await patch_task(ann, late, **fields)
        assert await self.is_waiting(raw_database, late)

    async def test_tells_what_the_task_is_called_by_then(
        self, ann: httpx.AsyncClient, raw_database: RawDatabase, clock: FakeClock, late: Json
    ) -> None:
        await patch_task(ann, late, title="renamed")
        contents = (await reminders_planned(raw_database)).values()
        assert {content["title"] for content in contents} == {"renamed"}
        assert await find_differences(ann, raw_database, clock.now()) == []

    async def test_goes_with_the_reminder(
        self, ann: httpx.AsyncClient, raw_database: RawDatabase, late: Json
    ) -> None:
        await patch_task(ann, late, reminders=late["reminders"][1:])
        assert not await self.is_waiting(raw_database, late)

    async def test_goes_with_the_task(self, ann: httpx.AsyncClient, raw_database: RawDatabase, late: Json) -> None:
        await act(ann, late, "complete")
        assert await reminders_planned(raw_database) == {}

    async def test_does_not_come_back_with_the_task(
        self, ann: httpx.AsyncClient, raw_database: RawDatabase, late: Json
    ) -> None:
        await delete_task(ann, late)
        await act(ann, late, "restore")
        assert list(await reminders_planned(raw_database)) == [(late["id"], START + timedelta(hours=48))]

    @pytest.mark.parametrize("fields", [{"title": "renamed"}, {"due": TOMORROW}, {"priority": 1}], ids=str)
    async def test_that_was_told_is_not_planned_again(
        self, ann: httpx.AsyncClient, raw_database: RawDatabase, clock: FakeClock, late: Json, fields: Json
    ) -> None:
        await raw_database["outbox"].delete_many({"at": {"$lte": clock.now()}})  # as when it is told
        await patch_task(ann, late, **fields)
        assert not await self.is_waiting(raw_database, late)
        assert await find_differences(ann, raw_database, clock.now()) == []

    async def test_keeps_what_a_worker_has_noted_of_it(
        self, ann: httpx.AsyncClient, raw_database: RawDatabase, clock: FakeClock, late: Json
    ) -> None:
        noted = {"due_at": clock.now() + timedelta(minutes=1), "claim": "worker 1", "attempts": 3}
        at = START + timedelta(minutes=1)
        await raw_database["outbox"].update_one({"at": at}, {"$set": noted})
        await patch_task(ann, late, title="renamed")
        entry = await raw_database["outbox"].find_one({"at": at})
        assert entry is not None
        assert {name: entry[name] for name in noted} == noted
        assert (entry["at"], entry["content"]["title"]) == (at, "renamed")


class TestAChangeThatIsUndone:
    """Leaves the outbox as it was."""

    @pytest.fixture
    async def before(self, stage: Stage, raw_database: RawDatabase) -> Any:
        return await reminders_planned(raw_database)

    async def test_by_a_precondition(self, stage: Stage, raw_database: RawDatabase, before: Any) -> None:
        for fields in ({"title": "renamed"}, {"due": None}):
            answer = await stage.client.patch(
                f"{TASKS}/{stage.task['id']}", json=fields, headers={"If-Match": '"999"'}
            )
            assert answer.status_code == 412
        assert await reminders_planned(raw_database) == before

    async def test_by_another_operation_of_the_batch(
        self, stage: Stage, raw_database: RawDatabase, before: Any
    ) -> None:
        operations = [
            {"op": "create", "title": "new", "reminders": [in_hours(1)]},
            {"op": "delete", "id": stage.task["id"]},
            {"op": "update", "id": stage.listed["id"], "reminders": []},
            {"op": "complete", "id": "0198c7a2-6f00-7000-8000-000000000000"},
        ]
        answer = await stage.client.post(f"{TASKS}/batch", json={"operations": operations, "atomic": True})
        assert not answer.is_success
        assert await reminders_planned(raw_database) == before

    @pytest.mark.parametrize("command", ["commitTransaction", "update", "delete"])
    async def test_by_the_database(
        self, stage: Stage, raw_database: RawDatabase, failing: FailPoint, before: Any, command: str
    ) -> None:
        where = {} if command == "commitTransaction" else {"namespace": "taskfleet_test.outbox"}
        async with failing(command, errorCode=50, **where):  # MaxTimeMSExpired: nobody tries again
            answer = await stage.client.patch(
                f"{TASKS}/{stage.task['id']}", json={"reminders": [{"minutes_before": 45}]}
            )
        assert answer.status_code == 503
        assert await reminders_planned(raw_database) == before
        assert (await read_task(stage.client, stage.task)) == stage.task

    async def test_and_tried_again_is_planned_once(
        self, stage: Stage, raw_database: RawDatabase, clock: FakeClock, failing: FailPoint
    ) -> None:
        async with failing("update", times=2, errorCode=112, errorLabels=["TransientTransactionError"]):
            await add_task(stage.client, "new", reminders=[in_hours(1)])
        assert await find_differences(stage.client, raw_database, clock.now()) == []


class TestARepeatedRequest:
    async def test_plans_nothing_again(self, ann: httpx.AsyncClient, raw_database: RawDatabase) -> None:
        body, headers = {"title": "new", "reminders": [in_hours(1)]}, {"Idempotency-Key": "once"}
        first = await ann.post(TASKS, json=body, headers=headers)
        assert len(await reminders_planned(raw_database)) == 1
        await raw_database["outbox"].delete_many({})  # as when it is told
        again = await ann.post(TASKS, json=body, headers=headers)
        assert (again.status_code, again.json()) == (201, first.json())
        assert again.headers["Idempotency-Replayed"] == "true"
        assert await reminders_planned(raw_database) == {}

    async def test_at_the_same_time_plans_once(self, ann: httpx.AsyncClient, raw_database: RawDatabase) -> None:
        body, headers = {"title": "new", "reminders": [in_hours(1)]}, {"Idempotency-Key": "once"}
        answers = await asyncio.gather(*(ann.post(TASKS, json=body, headers=headers) for _ in range(10)))
        assert {answer.status_code for answer in answers} <= {201, 409}
        assert len(await reminders_planned(raw_database)) == 1


class TestManyReminders:
    async def test_of_a_list_go_with_it(
        self, ann: httpx.AsyncClient, raw_database: RawDatabase, clock: FakeClock
    ) -> None:
        home = await add_list(ann)
        reminders = [in_hours(hours) for hours in range(1, 6)]
        create = {"op": "create", "title": "new", "list_id": home["id"], "reminders": reminders}
        for _ in range(3):  # more writes than go in one command
            await run_batch(ann, *[create] * 100)
        assert len(await reminders_planned(raw_database)) == 1_500
        await delete_list(ann, home)
        assert await reminders_planned(raw_database) == {}

    async def test_of_a_traveller_move_in_several_changes(
        self, ann: httpx.AsyncClient, raw_database: RawDatabase, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.tasks.upkeep.REZONE_CHUNK", 4)
        create = {"op": "create", "title": "new", "due": TOMORROW, "reminders": REMINDERS}
        await run_batch(ann, *[create] * 7)
        before = await read(ann, "/me")
        after = expect(await ann.patch(f"{API}/me", json={"timezone": "Pacific/Auckland"}))
        assert after["revision"] - before["revision"] == 4  # two of the tasks in each, as if they were four
        assert await find_differences(ann, raw_database, clock.now()) == []

    async def test_come_back_with_their_tasks(
        self, ann: httpx.AsyncClient, raw_database: RawDatabase, clock: FakeClock
    ) -> None:
        parent = await add_task(ann)
        reminders = [in_hours(hours) for hours in (0.05, 0.1, 0.15)]
        await run_batch(
            ann, *[{"op": "create", "title": "new", "parent_id": parent["id"], "reminders": reminders}] * 40
        )
        before = await reminders_planned(raw_database)
        key = parent["id"]
        await run_batch(ann, {"op": "delete", "id": key}, {"op": "restore", "id": key})
        assert await reminders_planned(raw_database) == before
        await delete_task(ann, parent)
        clock.advance(hours=0.07)
        await act(ann, parent, "restore")
        assert await find_differences(ann, raw_database, clock.now()) == []
        assert len(await reminders_planned(raw_database)) == 80


class TestErasingAnAccount:
    async def test_leaves_nothing_to_be_told(
        self, stage: Stage, bob: httpx.AsyncClient, raw_database: RawDatabase
    ) -> None:
        his = await add_task(bob, reminders=[in_hours(1)])
        me = (await read(stage.client, "/me"))["id"]
        expect(await stage.client.delete(f"{API}/me"), 202)

        async def is_erased() -> bool:
            return await raw_database["users"].count_documents({}) == 1

        await until(is_erased)
        left = await raw_database["outbox"].find({}).to_list()
        assert me not in {str(entry["user_id"]) for entry in left}
        assert [key for key, _ in await reminders_planned(raw_database)] == [his["id"]]


ROUNDS, PLAYERS, STEPS = 10, 2, 25


class TestARandomHistory:
    """Two clients do everything to one user's tasks, through two processes, over some days."""

    @pytest.fixture
    def world(self) -> World:
        return World({"reminders": [in_hours(24), in_hours(72)]})

    @pytest.fixture
    async def players(
        self, ann: httpx.AsyncClient, ann_elsewhere: httpx.AsyncClient, clock: FakeClock, world: World
    ) -> list[RemindedPlayer]:
        """With a token that outlives these days."""
        body = {"name": "player", "scopes": ["tasks:read", "tasks:write"]}
        token = expect(await ann.post(f"{API}/me/tokens", json=body), 201)["secret"]
        for client in (ann, ann_elsewhere):
            client.headers["Authorization"] = f"Bearer {token}"
        return [RemindedPlayer(client, world, clock, seed) for seed, client in enumerate((ann, ann_elsewhere))]

    async def test_is_followed_at_every_step(
        self,
        ann: httpx.AsyncClient,
        players: list[RemindedPlayer],
        world: World,
        raw_database: RawDatabase,
        clock: FakeClock,
    ) -> None:
        told, planned = 0, 0
        for _ in range(ROUNDS):
            await asyncio.gather(*(player.play(STEPS) for player in players))
            assert await find_differences(ann, raw_database, clock.now()) == []
            told = max(told, len(await reminders_told(ann)))
            planned = max(planned, len(await reminders_planned(raw_database)))
        # And there was a history: of everything, with reminders ahead, and days that went by.
        assert world.done.keys() == RemindedPlayer.weights.keys()
        assert planned > 20
        assert told > planned
        assert clock.now() > datetime.fromisoformat("2026-11-24T12:00:00Z")

    @pytest.mark.parametrize("planner", PLANNERS[:3])
    async def test_would_not_be_if_one_planner_were_forgotten(
        self,
        ann: httpx.AsyncClient,
        players: list[RemindedPlayer],
        raw_database: RawDatabase,
        clock: FakeClock,
        monkeypatch: pytest.MonkeyPatch,
        planner: str,
    ) -> None:
        """The negative control of the test above."""
        with Forgetful(monkeypatch, planner):
            for _ in range(ROUNDS):
                await asyncio.gather(*(player.play(STEPS) for player in players))
                if await find_differences(ann, raw_database, clock.now()):
                    return
        raise AssertionError("nobody noticed")
