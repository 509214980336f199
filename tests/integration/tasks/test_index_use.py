"""Every query of the task feature over some thousand tasks: in the order of an index, with nothing read in vain."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from pymongo.asynchronous.database import AsyncDatabase

from app.core.settings import Settings
from app.data.migrations import Migrator
from app.data.store import Store
from app.tasks.collections import SORT_FIELDS
from app.tasks.module import TASK_COLLECTIONS, TasksModule, build_tasks
from app.tasks.query import Place, TaskQuery
from tests.fakes.clock import START, FakeClock
from tests.integration.tasks.calls import TASKS, add_tasks, expect
from tests.integration.tasks.explaining import Commands, explain, find_faults
from tests.integration.tasks.random_tasks import LIST_IDS, PARENT_IDS, random_tasks

COUNT, PAGE = 3_000, 50
LATEST = 2 * COUNT  # a revision that no task exceeds
ANN, BOB = UUID(int=1), UUID(int=2)

SOON, LATE = START + timedelta(days=10), START + timedelta(days=30)
FILTERS: dict[str, dict[str, Any]] = {
    "all": {},
    "open": {"statuses": ("todo", "in_progress")},
    "done": {"statuses": ("done",)},
    "list": {"list_id": LIST_IDS[0]},
    "inbox": {"list_id": "inbox"},
    "subtasks": {"parent_id": PARENT_IDS[0]},
    "label": {"label": "home"},
    "priority": {"priority_min": 3},
    "due before": {"due_before": SOON},
    "due after": {"due_after": SOON},
    "due between": {"due_after": SOON, "due_before": LATE},
    "trash": {"is_deleted": True},
    "trash of the inbox": {"is_deleted": True, "list_id": "inbox"},
    "open of the inbox": {"list_id": "inbox", "statuses": ("todo",)},
    "list and label": {"list_id": LIST_IDS[1], "label": "shop"},
    "inbox and label": {"list_id": "inbox", "label": "shop"},
    "subtasks of a list": {"list_id": LIST_IDS[2], "parent_id": PARENT_IDS[1]},
    "list, priority and due": {"list_id": LIST_IDS[3], "priority_min": 1, "due_before": LATE},
    "label, priority and due": {"label": "home", "priority_min": 1, "due_after": SOON},
    "everything": {
        "statuses": ("todo", "done"),
        "list_id": LIST_IDS[0],
        "parent_id": PARENT_IDS[0],
        "label": "home",
        "priority_min": 1,
        "due_after": START - timedelta(days=50),
        "due_before": LATE,
    },
}

Raw = AsyncDatabase[dict[str, Any]]


@pytest.fixture(scope="module")
def _commands(settings: Settings) -> Commands:
    return Commands(f"{settings.mongo.database}_indexes")


@pytest.fixture
def commands(_commands: Commands) -> Commands:
    """What was sent to the database of these tests since the test began."""
    _commands.take()
    return _commands


@pytest.fixture(scope="module")
async def library(raw_database: Raw) -> AsyncIterator[Raw]:
    """A database with the tasks of two users, which no test changes."""
    database = raw_database.client[f"{raw_database.name}_indexes"]
    yield database
    await raw_database.client.drop_database(database.name)


@pytest.fixture(scope="module")
async def module(settings: Settings, library: Raw, _commands: Commands) -> AsyncIterator[TasksModule]:
    """The task feature on that database, after all that happened there."""
    clock = FakeClock(START + timedelta(minutes=2 * COUNT))
    store = Store.open(settings.mongo.model_copy(update={"database": library.name}), clock, [_commands])
    await Migrator(store, TASK_COLLECTIONS).run()
    for user_id, count in ((ANN, COUNT), (BOB, 100)):
        await library["tasks"].insert_many(random_tasks(user_id, count, seed=user_id.int))
        await library["lists"].insert_many(
            {"_id": UUID(int=user_id.int * 1_000 + number), "user_id": user_id, "position": f"a{number}"}
            | {"revision": number, "deleted": number % 3 == 0}
            for number in range(10)
        )
    yield build_tasks(store, task_quota=10 * COUNT)
    await store.close()


async def places(module: TasksModule, query: TaskQuery) -> list[Place | None]:
    """The beginnings of the first page, the second, and one far behind."""
    _, second = await module.tasks.get_page(ANN, query, None, PAGE, LATEST)
    found: list[Place | None] = [None, second]
    for depth in (2_000, 1_000, 500, 100):
        _, deep = await module.tasks.get_page(ANN, query, None, depth, LATEST)
        if deep is not None:
            return [*found, deep]
    return found if second is not None else [None]


class TestAPageOfTasks:
    @pytest.mark.parametrize("direction", ["ascending", "descending"])
    @pytest.mark.parametrize("sort", SORT_FIELDS)
    @pytest.mark.parametrize("name", FILTERS)
    async def test_is_a_walk_along_an_index(
        self, module: TasksModule, library: Raw, commands: Commands, name: str, sort: str, direction: str
    ) -> None:
        query = TaskQuery(sort=sort, is_descending=direction == "descending", **FILTERS[name])
        beginnings = await places(module, query)
        commands.take()

        for place in beginnings:
            tasks, _ = await module.tasks.get_page(ANN, query, place, PAGE, LATEST)
            (command,) = commands.take()
            assert tasks
            assert find_faults(await explain(library, command)) == []

    @pytest.mark.parametrize("limit", [1, 50, 200])
    async def test_costs_one_command(self, module: TasksModule, commands: Commands, limit: int) -> None:
        for query in (TaskQuery(), TaskQuery(list_id="inbox", sort="due"), TaskQuery(search="milk")):
            tasks, place = await module.tasks.get_page(ANN, query, None, limit, LATEST)
            assert (len(tasks), len(commands.take())) == (limit, 1)
            assert place is not None
            await module.tasks.get_page(ANN, query, place, limit, LATEST)
            assert len(commands.take()) == 1

    async def test_costs_one_command_over_http(self, ann: httpx.AsyncClient, inspection: Any) -> None:
        await add_tasks(ann, *map(str, range(PAGE + 1)))
        inspection.forget()

        page = expect(await ann.get(TASKS))

        assert (len(page["items"]), page["next_cursor"] is None) == (PAGE, False)
        sent = [(operation.name, operation.collection) for operation in inspection.operations]
        assert sent == [("find", "tasks")]  # who is asking is known from the request before


class TestOtherQueries:
    @pytest.mark.parametrize("limit", [1, 200, 1_000])
    @pytest.mark.parametrize("since", [0, 1, COUNT, COUNT + 500, -COUNT])
    async def test_for_changes_walk_along_an_index(
        self, module: TasksModule, library: Raw, commands: Commands, since: int, limit: int
    ) -> None:
        for repository in (module.task_repository, module.list_repository):
            await repository.find_changed(ANN, abs(since), LATEST, limit=limit, with_deleted=since > 0)

        changes = commands.take()
        assert len(changes) == 2
        for command in changes:
            assert find_faults(await explain(library, command)) == []

    async def test_for_numbers_read_the_index_alone(
        self, module: TasksModule, library: Raw, commands: Commands
    ) -> None:
        stats = await module.overview.get_stats(ANN, "Europe/Paris")

        assert stats.overdue > 0
        assert sum(count for _, count in stats.completed_per_day) > 0
        counts = commands.take()
        assert len(counts) == 6
        for command in counts:
            assert find_faults(await explain(library, command), is_count=True) == []

    async def test_for_labels_read_open_tasks_that_bear_one(
        self, module: TasksModule, library: Raw, commands: Commands
    ) -> None:
        assert len(await module.overview.get_labels(ANN)) == 3

        (command,) = commands.take()
        assert find_faults(await explain(library, command)) == []

    async def test_for_lists_walk_along_an_index(self, module: TasksModule, library: Raw, commands: Commands) -> None:
        lists, place = await module.lists.get_page(ANN, None, 2)
        await module.lists.get_page(ANN, place, 2)

        assert len(lists) == 2
        for command in commands.take():
            assert find_faults(await explain(library, command)) == []


class TestTheCheck:
    """It would be worth nothing if it never found anything."""

    @pytest.fixture
    async def command(self, module: TasksModule, commands: Commands) -> dict[str, Any]:
        query = TaskQuery(sort="due")
        _, second = await module.tasks.get_page(ANN, query, None, PAGE, LATEST)
        commands.take()
        await module.tasks.get_page(ANN, query, second, PAGE, LATEST)
        (command,) = commands.take()
        return dict(command)

    async def test_passes_the_query_as_it_is(self, library: Raw, command: dict[str, Any]) -> None:
        assert find_faults(await explain(library, command)) == []

    async def test_finds_a_scan_where_there_is_no_index(self, library: Raw, command: dict[str, Any]) -> None:
        await library["bare"].insert_one({"user_id": ANN})
        del command["hint"]

        assert "COLLSCAN" in find_faults(await explain(library, {**command, "find": "bare"}))

    async def test_finds_a_sort_when_the_index_has_another_order(self, library: Raw, command: dict[str, Any]) -> None:
        assert "SORT" in find_faults(await explain(library, {**command, "hint": "by_position"}))

    async def test_finds_documents_that_were_read_in_vain(self, library: Raw, command: dict[str, Any]) -> None:
        command["filter"] = {**command["filter"], "title": {"$gt": "read"}}

        assert any("EXAMINED" in fault for fault in find_faults(await explain(library, command)))

    async def test_finds_that_there_was_a_choice(self, library: Raw, command: dict[str, Any]) -> None:
        """Which is what `deleted` beside the branches would give."""
        command["filter"] = {**command["filter"], "deleted": False}

        assert "CHOICE" in find_faults(await explain(library, command))

    async def test_finds_a_count_that_reads_documents(
        self, module: TasksModule, library: Raw, commands: Commands
    ) -> None:
        await module.task_repository.count_by_status(ANN, "todo")
        (command,) = commands.take()
        pipeline = [{"$match": {**command["pipeline"][0]["$match"], "title": {"$gt": ""}}}, *command["pipeline"][1:]]

        faults = find_faults(await explain(library, {**command, "pipeline": pipeline}), is_count=True)

        assert any("EXAMINED" in fault for fault in faults)
