"""Lists of tasks by every filter in every order, against a model in Python."""

import random
from collections.abc import Callable
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
    delete_task,
    expect_invalid,
    patch_task,
    read_task,
    run_batch,
    titles,
    walk,
)

SORT_KEYS: dict[str, Callable[[Json], Any]] = {
    "position": lambda task: task["position"],
    "due": lambda task: task["due_at"] or "9999",
    "priority": lambda task: task["priority"],
    "created": lambda task: task["created_at"],
    "updated": lambda task: task["updated_at"],
}
Keep = Callable[[Json], bool]
LABELS = ("home", "shop", "work", "käse & brot")


async def fill(ann: httpx.AsyncClient, clock: FakeClock) -> tuple[list[Json], list[str], list[str]]:
    """Add some 90 tasks, and return them as they then are, the lists and the parents."""
    dice = random.Random(7)
    lists = [(await add_list(ann, name))["id"] for name in ("one", "two")]
    parents = [(await add_task(ann, name, list_id=lists[0]))["id"] for name in ("a", "b")]
    operations = []
    for number in range(80):
        due = {"date": f"2026-12-{dice.randrange(1, 9):02}", "time": dice.choice([None, "09:00"])}
        placing = dice.choice([{}, {"list_id": dice.choice(lists)}, {"parent_id": dice.choice(parents)}])
        operations.append(
            {
                "op": "create",
                "title": str(number),
                "status": dice.choice(["todo", "in_progress", "done"]),
                "priority": dice.randrange(5),
                "due": dice.choice([None, due]),
                "labels": dice.sample(LABELS, dice.randrange(3)),
                **placing,
            }
        )
    for start in range(0, 80, 10):
        clock.advance(seconds=1)
        await run_batch(ann, *operations[start : start + 10])
    tasks = await walk(ann, "/tasks", limit=200)
    for task in dice.sample(tasks, 20):
        clock.advance(seconds=1)
        await patch_task(ann, task, notes="changed")
    return [await read_task(ann, task) for task in tasks], lists, parents


def expected(tasks: list[Json], sort: str, keep: Keep = lambda _: True) -> list[str]:
    key = SORT_KEYS[sort.removeprefix("-")]
    ordered = sorted(filter(keep, tasks), key=lambda task: (key(task), task["id"]), reverse=sort.startswith("-"))
    return [task["id"] for task in ordered]


async def ids(ann: httpx.AsyncClient, **parameters: Any) -> list[str]:
    return [task["id"] for task in await walk(ann, "/tasks", **parameters)]


class TestEveryFilterInEveryOrder:
    async def test_gives_what_the_model_gives(self, ann: httpx.AsyncClient, clock: FakeClock) -> None:
        tasks, (one, two), (a, _) = await fill(ann, clock)
        noon = "2026-12-04T12:00:00Z"
        filters: list[tuple[dict[str, Any], Keep]] = [
            ({}, lambda _: True),
            ({"status": "todo"}, lambda task: task["status"] == "todo"),
            ({"status": ["todo", "done", "todo"]}, lambda task: task["status"] in {"todo", "done"}),
            ({"list_id": one}, lambda task: task["list_id"] == one),
            ({"list_id": "inbox"}, lambda task: task["list_id"] is None),
            ({"list_id": NOBODYS_ID}, lambda _: False),
            ({"parent_id": a}, lambda task: task["parent_id"] == a),
            ({"label": "home"}, lambda task: "home" in task["labels"]),
            ({"label": "käse & brot"}, lambda task: "käse & brot" in task["labels"]),
            ({"label": "hom"}, lambda _: False),
            ({"priority_min": 0}, lambda _: True),
            ({"priority_min": 3}, lambda task: task["priority"] >= 3),
            ({"due_before": noon}, lambda task: (task["due_at"] or "x") < "2026-12-04T12:00:00.000Z"),
            ({"due_after": noon}, lambda task: (task["due_at"] or "") >= "2026-12-04T12:00:00.000Z"),
            (
                {"due_after": "2026-12-03T09:00:00Z", "due_before": "2026-12-05T10:00:00+01:00"},
                lambda task: "2026-12-03T09:00:00.000Z" <= (task["due_at"] or "") < "2026-12-05T09:00:00.000Z",
            ),
            (
                {"list_id": two, "label": "shop", "priority_min": 1, "status": ["todo", "in_progress"]},
                lambda task: (
                    task["list_id"] == two
                    and "shop" in task["labels"]
                    and task["priority"] >= 1
                    and task["status"] != "done"
                ),
            ),
        ]
        for sort in (direction + name for name in SORT_KEYS for direction in ("", "-")):
            for number, (parameters, keep) in enumerate(filters):
                limit = (200, 17, 5)[number % 3]
                found = await ids(ann, sort=sort, limit=limit, **parameters)
                assert found == expected(tasks, sort, keep), (sort, parameters)

    async def test_has_something_to_tell_apart(self, ann: httpx.AsyncClient, clock: FakeClock) -> None:
        """Every order differs from every other, so that one cannot pass for another."""
        tasks, _, _ = await fill(ann, clock)

        orders = [tuple(expected(tasks, direction + name)) for name in SORT_KEYS for direction in ("", "-")]

        assert len(tasks) == 82
        assert len(set(orders)) == len(orders)


class TestTheOrder:
    async def test_is_by_position_when_none_is_named(self, ann: httpx.AsyncClient, clock: FakeClock) -> None:
        tasks, _, _ = await fill(ann, clock)

        assert await ids(ann) == expected(tasks, "position")

    async def test_puts_tasks_without_a_due_date_last(self, ann: httpx.AsyncClient) -> None:
        await add_task(ann, "never")
        await add_task(ann, "late", due={"date": "9998-12-31"})
        await add_task(ann, "soon", due={"date": "2026-12-01"})

        assert await titles(ann, sort="due") == ["soon", "late", "never"]
        assert await titles(ann, sort="-due") == ["never", "late", "soon"]


class TestTheTrash:
    async def test_is_a_list_like_the_other(self, ann: httpx.AsyncClient, clock: FakeClock) -> None:
        tasks, (one, _), _ = await fill(ann, clock)
        gone = [task for task in tasks if task["parent_id"] is not None][:10]
        for task in gone:
            await delete_task(ann, task)
        left = [task for task in tasks if task not in gone]

        assert await ids(ann, deleted="true", sort="priority", limit=3) == expected(gone, "priority")
        assert await ids(ann, deleted="true", list_id=one, limit=3) == expected(gone, "position")
        assert await ids(ann, deleted="false") == expected(left, "position")


class TestAnotherUser:
    async def test_sees_nothing_of_it(self, ann: httpx.AsyncClient, bob: httpx.AsyncClient, clock: FakeClock) -> None:
        _, (one, _), (a, _) = await fill(ann, clock)

        for parameters in ({}, {"list_id": one}, {"parent_id": a}, {"label": "home"}, {"q": "a"}):
            assert await titles(bob, **parameters) == []


class TestAStranger:
    async def test_is_told_nothing_of_the_question(self, client: httpx.AsyncClient) -> None:
        assert (await client.get(TASKS, params={"nonsense": "1"})).status_code == 401


class TestAQuestionThatIsRefused:
    @pytest.mark.parametrize(
        ("query", "pointer"),
        [
            ("status=finished", "/status/0"),
            ("status=todo&status=x", "/status/1"),
            ("list_id=x", "/list_id"),
            (f"list_id={NOBODYS_ID.upper()}", "/list_id"),
            ("parent_id=inbox", "/parent_id"),
            ("label=", "/label"),
            ("label=" + "x" * 51, "/label"),
            ("label=%00", "/label"),
            ("priority_min=5", "/priority_min"),
            ("priority_min=-1", "/priority_min"),
            ("priority_min=x", "/priority_min"),
            ("due_before=2026-12-1", "/due_before"),
            ("due_after=tomorrow", "/due_after"),
            ("due_after=2026-13-01T00:00:00Z", "/due_after"),
            ("due_after=2026-12-02T00:00:00Z&due_before=2026-12-01T00:00:00Z", "/due_after"),
            ("q=" + "x" * 201, "/q"),
            ("q=%00", "/q"),
            ("deleted=maybe", "/deleted"),
            ("sort=title", "/sort"),
            ("sort=--due", "/sort"),
            ("sort=due%0A", "/sort"),
            ("sort=", "/sort"),
            ("limit=0", "/limit"),
            ("limit=201", "/limit"),
            ("limit=-1", "/limit"),
            ("limit=1e1", "/limit"),
            ("limit=" + "9" * 5_000, "/limit"),
            ("cursor=" + "x" * 2_049, "/cursor"),
            ("unknown=1", "/unknown"),
            ("user_id=" + NOBODYS_ID, "/user_id"),
        ],
        ids=lambda value: value[:40],
    )
    async def test_names_the_culprit(self, ann: httpx.AsyncClient, query: str, pointer: str) -> None:
        expect_invalid(await ann.get(f"{TASKS}?{query}"), pointer)
