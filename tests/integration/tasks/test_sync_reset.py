"""Syncing after a long time: deletions are remembered for 30 days, and who was away for longer begins anew."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from pymongo.asynchronous.database import AsyncDatabase

from tests.conftest import SignIn
from tests.fakes.clock import FakeClock
from tests.integration.tasks.calls import (
    Json,
    act,
    add_list,
    add_task,
    add_tasks,
    delete_list,
    delete_task,
    patch_task,
    read,
    revision_of,
)
from tests.integration.tasks.replica import Replica

Raw = AsyncDatabase[dict[str, Any]]
TTL = timedelta(days=30)


class Ann:
    """A user over weeks: signs in again when time has passed, and tombstones vanish as they would."""

    def __init__(self, sign_in: SignIn, raw_database: Raw, clock: FakeClock) -> None:
        self._sign_in = sign_in
        self._raw_database = raw_database
        self._clock = clock

    async def after(self, **time: float) -> httpx.AsyncClient:
        """Let time pass and return the client."""
        self._clock.advance(**time)
        for name in ("tasks", "lists"):  # as MongoDB's reaper does
            await self._raw_database[name].delete_many({"deleted_at": {"$lte": self._clock.now() - TTL}})
        return await self._sign_in("ann@example.com")


@pytest.fixture
async def user(sign_in: SignIn, raw_database: Raw, clock: FakeClock) -> Ann:
    return Ann(sign_in, raw_database, clock)


async def sync(client: httpx.AsyncClient, since: int, **parameters: object) -> Json:
    return await read(client, "/sync", since=since, **parameters)


async def everything(client: httpx.AsyncClient) -> dict[str, Json]:
    return {task["id"]: task for task in (await read(client, "/tasks", limit=200))["items"]}


class TestAClientThatWasAway:
    @pytest.mark.parametrize(("days", "is_reset"), [(1, False), (28, False), (31, True), (400, True)])
    async def test_begins_anew_when_deletions_may_be_forgotten(self, user: Ann, days: int, is_reset: bool) -> None:
        ann = await user.after()
        kept, gone = await add_tasks(ann, "kept", "gone")
        replica = Replica()
        await replica.pull(ann)
        ann = await user.after(hours=1)
        await delete_task(ann, gone)
        ann = await user.after(days=days)
        await patch_task(ann, kept, notes="x")

        await replica.pull(ann)

        assert replica.tasks == await everything(ann)
        assert replica.resets == is_reset

    async def test_would_keep_what_is_gone_if_it_did_not_begin_anew(self, user: Ann) -> None:
        """The control: the deletion is told to nobody any more."""
        ann = await user.after()
        gone = await add_task(ann)
        replica = Replica()
        await replica.pull(ann)
        await delete_task(ann, gone)
        ann = await user.after(days=31)

        answer = await sync(ann, replica.since)

        assert answer["reset"]
        assert gone["id"] in replica.tasks
        assert answer["deleted"] == {"tasks": [], "lists": []}

    async def test_learns_of_deleted_lists_as_of_tasks(self, user: Ann) -> None:
        ann = await user.after()
        home = await add_list(ann)
        await add_task(ann, list_id=home["id"])
        replica = Replica()
        await replica.pull(ann)
        await delete_list(ann, home)
        ann = await user.after(days=40)

        await replica.pull(ann)

        assert (replica.tasks, replica.lists, replica.resets) == ({}, {}, 1)

    async def test_goes_on_when_nothing_has_changed_since(self, user: Ann) -> None:
        ann = await user.after()
        await add_task(ann)
        since = await revision_of(ann)
        ann = await user.after(days=400)

        answer = await sync(ann, since)

        assert (answer["reset"], answer["tasks"], answer["revision"]) == (False, [], since)

    async def test_goes_on_when_it_syncs_every_week(self, user: Ann) -> None:
        ann = await user.after()
        tasks = await add_tasks(ann, *map(str, range(12)))
        replica = Replica()
        for task in tasks:
            await replica.pull(ann)
            ann = await user.after(days=7)
            await delete_task(ann, task)
        await replica.pull(ann)

        assert (replica.tasks, replica.resets) == ({}, 0)

    async def test_begins_anew_when_it_is_ahead_of_the_service(self, user: Ann) -> None:
        """As after a backup was restored."""
        ann = await user.after()
        task = await add_task(ann)

        for since in (task["revision"] + 1, 2**53 - 1, -(2**53 - 1)):
            answer = await sync(ann, since)
            assert (answer["reset"], answer["tasks"], answer["revision"]) == (True, [task], task["revision"])


class TestAFirstWalkThroughOldChanges:
    @pytest.fixture
    async def ann(self, user: Ann) -> httpx.AsyncClient:
        """Five tasks were added long ago, one in the last days, and one of the old ones is gone for good."""
        ann = await user.after()
        _, gone, *_ = await add_tasks(ann, *"abcde")
        await delete_task(ann, gone)
        ann = await user.after(days=60)
        await add_task(ann, "f")
        return await user.after(days=2)

    async def test_is_told_apart_by_the_sign_of_its_revisions(self, ann: httpx.AsyncClient) -> None:
        replica, revisions = Replica(), []
        while await replica.pull_once(ann, limit=1):
            revisions.append(replica.since)

        assert revisions == [-1, -3, -4, -5]
        assert replica.since == await revision_of(ann) == 7

    @pytest.mark.parametrize("limit", [1, 2, 3, 200])
    async def test_comes_to_its_end_without_a_reset(self, ann: httpx.AsyncClient, limit: int) -> None:
        replica = Replica()

        await replica.pull(ann, limit=limit)

        assert (replica.tasks, replica.resets) == (await everything(ann), 0)

    async def test_learns_of_what_is_deleted_and_restored_meanwhile(self, ann: httpx.AsyncClient) -> None:
        replica = Replica()
        await replica.pull_once(ann, limit=1)
        (seen,) = replica.tasks.values()
        unseen = [task for task in (await everything(ann)).values() if task["id"] != seen["id"]]
        await delete_task(ann, seen)
        await replica.pull_once(ann, limit=1)
        await delete_task(ann, unseen[0])
        await act(ann, seen, "restore")
        await delete_task(ann, unseen[1])

        await replica.pull(ann, limit=1)

        assert (replica.tasks, replica.resets) == (await everything(ann), 0)

    async def test_is_a_reset_for_a_client_that_was_here_at_that_revision(self, ann: httpx.AsyncClient) -> None:
        for since in (1, 3, 5):
            answer = await sync(ann, since)
            assert answer["reset"]
            assert len(answer["tasks"]) == 5

    async def test_goes_on_after_a_reset_as_from_the_beginning(self, ann: httpx.AsyncClient) -> None:
        replica = Replica()
        replica.since = 3

        await replica.pull(ann, limit=1)

        assert (replica.tasks, replica.resets) == (await everything(ann), 1)
