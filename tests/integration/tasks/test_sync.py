"""Reading what changed since a revision."""

import httpx
import pytest

from app.tasks.task_repository import TaskRepository
from tests.integration.tasks.calls import (
    API,
    Json,
    act,
    add_list,
    add_task,
    add_tasks,
    delete_list,
    delete_task,
    expect,
    expect_invalid,
    patch_task,
    read,
    revision_of,
    run_batch,
)
from tests.integration.tasks.replica import Replica


async def sync(client: httpx.AsyncClient, since: int = 0, **parameters: object) -> Json:
    return await read(client, "/sync", since=since, **parameters)


def told_titles(answer: Json) -> list[str]:
    return [task["title"] for task in answer["tasks"]]


class TestAFirstSync:
    async def test_tells_everything_that_is_there(self, ann: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
        home = await add_list(ann)
        task = await add_task(ann, list_id=home["id"])
        await add_task(bob)

        assert await sync(ann) == {
            "revision": 2,
            "has_more": False,
            "reset": False,
            "tasks": [task],
            "lists": [home],
            "deleted": {"tasks": [], "lists": []},
        }
        assert await read(ann, "/sync") == await sync(ann)

    async def test_tells_nothing_to_a_new_user(self, ann: httpx.AsyncClient) -> None:
        answer = await sync(ann)

        assert (answer["revision"], answer["has_more"], answer["tasks"], answer["lists"]) == (0, False, [], [])

    async def test_tells_nothing_of_what_is_gone(self, ann: httpx.AsyncClient) -> None:
        await delete_task(ann, await add_task(ann))
        await delete_list(ann, await add_list(ann))

        answer = await sync(ann)

        assert (answer["tasks"], answer["lists"]) == ([], [])
        assert answer["deleted"] == {"tasks": [], "lists": []}
        assert answer["revision"] == await revision_of(ann)


class TestASyncSinceARevision:
    async def test_tells_what_was_added_and_changed(self, ann: httpx.AsyncClient) -> None:
        first, _ = await add_tasks(ann, "first", "second")
        since = (await sync(ann))["revision"]
        changed = await patch_task(ann, first, title="changed")
        home, added = await add_list(ann), await add_task(ann, "added")

        answer = await sync(ann, since)

        assert (answer["tasks"], answer["lists"]) == ([changed, added], [home])
        assert (answer["revision"], answer["has_more"], answer["reset"]) == (added["revision"], False, False)

    async def test_tells_nothing_when_nothing_changed(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann)

        answer = await sync(ann, task["revision"])

        assert (answer["revision"], answer["tasks"], answer["has_more"]) == (task["revision"], [], False)

    async def test_tells_what_was_deleted(self, ann: httpx.AsyncClient) -> None:
        home = await add_list(ann)
        parent, listed = await add_task(ann), await add_task(ann, list_id=home["id"])
        subtask = await add_task(ann, parent_id=parent["id"])
        since = await revision_of(ann)
        await delete_task(ann, parent)
        await delete_list(ann, home)

        answer = await sync(ann, since)

        assert (answer["tasks"], answer["lists"]) == ([], [])
        assert set(answer["deleted"]["tasks"]) == {parent["id"], subtask["id"], listed["id"]}
        assert answer["deleted"]["lists"] == [home["id"]]

    async def test_tells_what_was_restored(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann)
        await delete_task(ann, task)
        since = await revision_of(ann)
        restored = await act(ann, task, "restore")

        answer = await sync(ann, since)

        assert (answer["tasks"], answer["deleted"]["tasks"]) == ([restored], [])

    async def test_tells_nothing_of_others(self, ann: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
        await add_tasks(bob, "a", "b")

        assert (await sync(ann))["tasks"] == []

    async def test_moves_on_with_changes_that_concern_no_task(self, ann: httpx.AsyncClient) -> None:
        since = await revision_of(ann)
        expect(await ann.patch(f"{API}/me", json={"name": "Anna"}))

        answer = await sync(ann, since)

        assert (answer["revision"], answer["tasks"], answer["has_more"]) == (since + 1, [], False)


class TestPagesOfChanges:
    @pytest.fixture
    async def revisions(self, ann: httpx.AsyncClient) -> dict[int, int]:
        """How many documents each revision holds: some one, some several."""
        for size in (1, 3, 1, 1, 5, 2):
            await run_batch(ann, *({"op": "create", "title": "x"} for _ in range(size)))
        await add_list(ann)
        return {1: 1, 2: 3, 3: 1, 4: 1, 5: 5, 6: 2, 7: 1}

    @pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 6, 13, 14, 15, 1_000])
    async def test_never_split_a_revision(
        self, ann: httpx.AsyncClient, revisions: dict[int, int], limit: int
    ) -> None:
        since, found = 0, {}
        while True:
            answer = await sync(ann, since, limit=limit)
            told = [document["revision"] for document in (*answer["tasks"], *answer["lists"])]
            assert not set(told) & found.keys()
            assert len(told) <= limit or len(set(told)) == 1
            assert max(told) == answer["revision"] > since
            found |= {revision: told.count(revision) for revision in told}
            since = answer["revision"]
            if not answer["has_more"]:
                break

        assert found == revisions

    async def test_are_as_full_as_whole_revisions_let_them_be(
        self, ann: httpx.AsyncClient, revisions: dict[int, int]
    ) -> None:
        sizes, since, has_more = [], 0, True
        while has_more:
            answer = await sync(ann, since, limit=5)
            since, has_more = answer["revision"], answer["has_more"]
            sizes.append(len(answer["tasks"]) + len(answer["lists"]))

        assert sizes == [5, 1, 5, 3]

    async def test_have_no_more_behind_the_last_one_though_it_is_full(self, ann: httpx.AsyncClient) -> None:
        await add_tasks(ann, "a", "b")

        assert not (await sync(ann, limit=2))["has_more"]
        assert (await sync(ann, limit=1))["has_more"]

    async def test_tell_tombstones_to_a_walk_that_began_before_the_deletion(self, ann: httpx.AsyncClient) -> None:
        first, *_ = await add_tasks(ann, "a", "b", "c")
        replica = Replica()
        await replica.pull_once(ann, limit=1)
        await delete_task(ann, first)

        await replica.pull(ann, limit=1)

        assert sorted(task["title"] for task in replica.tasks.values()) == ["b", "c"]

    async def test_end_well_when_a_large_revision_vanishes_between_two_reads(
        self, ann: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Its documents may all have got another revision since the server saw that it does not fit."""
        results = await run_batch(ann, *({"op": "create", "title": str(number)} for number in range(3)))
        ids = [result["task"]["id"] for result in results]
        last = await add_task(ann, "last")
        find_changed, reads = TaskRepository.find_changed, 0

        async def find_changed_after_a_change(*arguments: object, **options: object) -> list[Json]:
            nonlocal reads
            reads += 1
            if reads == 2:
                await run_batch(ann, *({"op": "update", "id": task_id, "notes": "x"} for task_id in ids))
            return await find_changed(*arguments, **options)

        monkeypatch.setattr(TaskRepository, "find_changed", find_changed_after_a_change)
        replica = Replica()

        assert await replica.pull_once(ann, limit=1)
        assert (replica.since, replica.tasks) == (1, {})
        await replica.pull(ann, limit=1)
        assert replica.tasks.keys() == {*ids, last["id"]}
        assert {replica.tasks[task_id]["notes"] for task_id in ids} == {"x"}

    @pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "since=x", "since=1.5", "since=1e3"])
    async def test_refuse_what_is_no_page(self, ann: httpx.AsyncClient, query: str) -> None:
        expect_invalid(await ann.get(f"{API}/sync?{query}"), f"/{query.partition('=')[0]}")

    @pytest.mark.parametrize("since", [str(2**53), str(-(2**53)), "9" * 5_000], ids=["above", "below", "far above"])
    async def test_refuse_revisions_that_no_reader_holds_exactly(self, ann: httpx.AsyncClient, since: str) -> None:
        expect_invalid(await ann.get(f"{API}/sync?since={since}"), "/since")


class TestOrderWithinAPage:
    async def test_is_by_revision(self, ann: httpx.AsyncClient) -> None:
        first, *_ = await add_tasks(ann, "a", "b", "c")
        await patch_task(ann, first, notes="x")

        assert told_titles(await sync(ann)) == ["b", "c", "a"]
