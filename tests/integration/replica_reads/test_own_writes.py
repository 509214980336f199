"""Reading one's own writes does not depend on lag; without the check of the revision it would."""

import asyncio

import pytest

from app.data import replica_reads
from tests.integration.replica_reads.conftest import OpenService, Replicated, Service
from tests.replica_set import ReplicaSet

pytestmark = pytest.mark.usefixtures("patient")

WRITES = 25


@pytest.fixture
async def services(open_service: OpenService, replicated: Replicated) -> tuple[Service, Service]:
    """Two processes whose replica reads go to the secondary that lags, and one user whom it has heard of."""
    first = await open_service("lagging")
    second = await open_service("lagging", like=first)
    await replicated("lagging", first)
    return first, second


async def count_stale_answers(first: Service, second: Service) -> int:
    """Write, and read through both processes after each write; no read is answered by the cache."""
    stale = 0
    for number in range(1, WRITES + 1):
        writer = (first, second)[number % 2]
        title = (await writer.add(f"task {number}"))["title"]
        answers = await asyncio.gather(
            first.client.get("/api/v1/tasks?limit=100"),
            second.client.get("/api/v1/tasks?limit=101"),
        )
        for answer in answers:
            answer.raise_for_status()
            stale += title not in [task["title"] for task in answer.json()["items"]]
    return stale


def count_look_ups(replica_set: ReplicaSet, *services: Service) -> int:
    address = replica_set.address("lagging")
    return sum(service.commands.count("find", "users", address) for service in services)


class TestReadingAfterWriting:
    async def test_never_shows_what_was_before(
        self, services: tuple[Service, Service], replica_set: ReplicaSet
    ) -> None:
        async with replica_set.holding("lagging"):
            stale = await count_stale_answers(*services)

        assert stale == 0
        # On a machine that is busy a request may find the cache too slow, and asks the primary at once.
        assert count_look_ups(replica_set, *services) >= WRITES
        assert sum(service.count("behind") for service in services) >= WRITES
        assert sum(service.count("secondary") for service in services) == 0

    async def test_never_does_so_while_the_secondary_catches_up_and_falls_behind(
        self, services: tuple[Service, Service], replica_set: ReplicaSet, replicated: Replicated
    ) -> None:
        async def keep_halting() -> None:
            while True:
                async with replica_set.holding("lagging"):
                    await asyncio.sleep(0.05)
                await asyncio.sleep(0.05)

        halting = asyncio.create_task(keep_halting())
        try:
            assert await count_stale_answers(*services) == 0
        finally:
            halting.cancel()
            await asyncio.gather(halting, return_exceptions=True)
        await replicated("lagging", services[0])
        second = services[1]
        second.commands.sent.clear()

        answer = await second.client.get("/api/v1/tasks?limit=200")

        assert len(answer.json()["items"]) == WRITES
        assert second.commands.addresses() == {replica_set.address("lagging")}


class TestWithoutTheCheckOfTheRevision:
    """The negative control."""

    async def test_shows_what_was_before(
        self, services: tuple[Service, Service], replica_set: ReplicaSet, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(replica_reads, "holds", lambda *_: True)

        async with replica_set.holding("lagging"):
            stale = await count_stale_answers(*services)

        assert stale >= WRITES
