"""Walking the pages while others move, change, add and delete tasks."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import httpx
import pytest
from pymongo.asynchronous.database import AsyncDatabase

from app.tasks.collections import SORT_FIELDS
from app.tasks.query import Place
from tests.fakes.clock import FakeClock
from tests.integration.tasks.calls import TASKS, Json, read, run_batch, walk

COUNT, LIMIT = 90, 7
SORTS = [direction + sort for sort in SORT_FIELDS for direction in ("", "-")]

# Returns the ids of the next page; an empty one is the end.
NextPage = Callable[[], Awaitable[Sequence[str]]]


class Crowd:
    """Two clients that change half of the tasks, and leave the other half alone."""

    def __init__(self, clients: Sequence[httpx.AsyncClient], clock: FakeClock) -> None:
        self._clients = clients
        self._clock = clock
        self._dice = random.Random(3)
        self.untouched: list[str] = []
        self._touched: list[str] = []

    async def settle(self) -> None:
        """Add the tasks."""
        dice = self._dice
        for start in range(0, COUNT, 30):
            self._clock.advance(seconds=1)
            results = await run_batch(
                self._clients[0],
                *(
                    {"op": "create", "title": str(start + number), "priority": dice.randrange(5)}
                    | {"due": dice.choice([None, {"date": f"2026-12-{dice.randrange(1, 29):02}"}])}
                    for number in range(30)
                ),
            )
            for number, result in enumerate(results):
                (self._touched if number % 2 else self.untouched).append(result["task"]["id"])

    async def stir(self, client: httpx.AsyncClient) -> None:
        """Change something."""
        dice, path = self._dice, f"{TASKS}/{self._dice.choice(self._touched)}"
        self._clock.advance(seconds=0.5)
        act: Callable[[], Awaitable[httpx.Response]] = dice.choice(
            [
                lambda: client.post(f"{path}/move", json={"after_id": dice.choice([None, *self.untouched])}),
                lambda: client.post(f"{path}/move", json={"after_id": dice.choice([None, *self.untouched])}),
                lambda: client.patch(path, json={"priority": dice.randrange(5)}),
                lambda: client.patch(path, json={"due": {"date": f"2026-12-{dice.randrange(1, 29):02}"}}),
                lambda: client.patch(path, json={"status": dice.choice(["todo", "in_progress", "done"])}),
                lambda: client.patch(path, json={"notes": str(dice.random())}),
                lambda: client.delete(path),
                lambda: client.post(f"{path}/restore"),
                lambda: client.post(TASKS, json={"title": "new", "priority": dice.randrange(5)}),
            ]
        )
        answer = await act()
        assert answer.status_code in {200, 201, 204, 404, 422}, answer.text

    async def watch(self, next_page: NextPage) -> list[str]:
        """Return what somebody meets who walks the pages while the crowd is busy."""
        met: list[str] = []
        while True:
            page, *_ = await asyncio.gather(
                next_page(), *map(self.stir, self._clients), *map(self.stir, self._clients)
            )
            if not page:
                return met
            met += page

    def find_faults(self, met: Sequence[str]) -> list[str]:
        """Return what the reader met twice, and what was there all the time and not met."""
        twice = [f"{task_id} was met twice" for task_id in set(met) if met.count(task_id) > 1]
        return twice + [f"{task_id} was missed" for task_id in self.untouched if task_id not in met]


def by_cursor(client: httpx.AsyncClient, sort: str) -> NextPage:
    """Pages as the API has them."""
    page: Json = {"next_cursor": ""}

    async def next_page() -> list[str]:
        nonlocal page
        if page["next_cursor"] is None:
            return []
        cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else {}
        page = await read(client, "/tasks", sort=sort, limit=LIMIT, **cursor)
        return [task["id"] for task in page["items"]]

    return next_page


def by_number(database: AsyncDatabase[dict[str, Any]], sort: str) -> NextPage:
    """Pages as they are without cursors."""
    direction = -1 if sort.startswith("-") else 1
    order = [(SORT_FIELDS[sort.removeprefix("-")], direction), ("_id", direction)]
    skipped = 0

    async def next_page() -> list[str]:
        nonlocal skipped
        tasks = database["tasks"].find({"deleted": False}, sort=order, skip=skipped, limit=LIMIT)
        skipped += LIMIT
        return [str(task["_id"]) for task in await tasks.to_list()]

    return next_page


@pytest.fixture
async def crowd(ann: httpx.AsyncClient, ann_elsewhere: httpx.AsyncClient, clock: FakeClock) -> Crowd:
    crowd = Crowd([ann, ann_elsewhere], clock)
    await crowd.settle()
    return crowd


class TestAWalkThroughABusyList:
    @pytest.mark.parametrize("sort", SORTS)
    async def test_meets_nothing_twice_and_misses_nothing_that_was_left_alone(
        self, ann: httpx.AsyncClient, crowd: Crowd, sort: str
    ) -> None:
        met = await crowd.watch(by_cursor(ann, sort))

        assert crowd.find_faults(met) == []

    async def test_keeps_the_order_of_what_was_left_alone(self, ann: httpx.AsyncClient, crowd: Crowd) -> None:
        met = await crowd.watch(by_cursor(ann, "due"))

        calm = [task["id"] for task in await walk(ann, "/tasks", sort="due")]
        untouched = set(crowd.untouched)
        assert [task_id for task_id in met if task_id in untouched] == [
            task_id for task_id in calm if task_id in untouched
        ]


class TestTheControls:
    """The crowd is busy enough for a careless walk to go wrong."""

    async def test_pages_by_number_meet_tasks_twice_or_miss_them(
        self, crowd: Crowd, raw_database: AsyncDatabase[dict[str, Any]]
    ) -> None:
        faults = []
        for sort in ("position", "-updated"):
            faults += crowd.find_faults(await crowd.watch(by_number(raw_database, sort)))

        assert any("twice" in fault for fault in faults)

    async def test_cursors_without_the_revision_of_the_walk_meet_tasks_twice(
        self, ann: httpx.AsyncClient, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        to_filter = Place.to_filter

        def to_careless_filter(*arguments: Any) -> dict[str, Any]:
            return {"$or": to_filter(*arguments)["$or"]}

        monkeypatch.setattr(Place, "to_filter", to_careless_filter)
        faults = []
        for sort in ("position", "priority", "due", "updated"):
            faults += crowd.find_faults(await crowd.watch(by_cursor(ann, sort)))

        assert any("twice" in fault for fault in faults)
